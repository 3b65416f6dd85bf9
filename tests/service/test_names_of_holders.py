"""Names of organisations are compared as people would compare them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.service.verification.names import Likeness, domain_fits, likeness, registrable

WORDS = st.sampled_from(
    ["example", "alpha", "bravo", "delta", "zürich", "société", "networks", "telecom", "the"]
)
NAMES = st.lists(WORDS, min_size=1, max_size=4, unique=True)
FORMS = st.sampled_from(["", "Ltd.", "GmbH", "S.A.", "s.r.o.", "Sp. z o.o.", "Inc", "A.S."])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Example Access Networks", "EXAMPLE ACCESS NETWORKS LTD.", Likeness.SAME),
        ("Example Access Networks", "Networks, Access: Example", Likeness.SAME),
        ("Exämple Netz GmbH", "Example Netz", Likeness.SAME),
        ("Example & Sons", "Example and Sons, Inc.", Likeness.SAME),
        ("Przykład Sp. z o.o.", "PRZYKLAD", Likeness.SAME),
        ("Example Net", "ExampleNet", Likeness.SAME),
        ("Example", "Example Holding", Likeness.ALIKE),
        ("Example Access", "Example Mobile Services", Likeness.ALIKE),
        ("Federal Institute of Technology", "FIOT", Likeness.ALIKE),
        ("Example Networks", "Transit Networks", Likeness.UNLIKE),
        ("Example Telecom", "Other Telecom Ltd", Likeness.UNLIKE),
        ("Telecom Networks", "Internet Networks", Likeness.UNLIKE),
        ("Пример", "Primer LLC", Likeness.UNKNOWN),
        ("", "Example", Likeness.UNKNOWN),
        ("REDACTED FOR PRIVACY", "Example", Likeness.UNKNOWN),
        ("!!!", "Example", Likeness.UNKNOWN),
        ("GmbH", "gmbh", Likeness.SAME),
    ],
)
def test_two_names_are_compared(one: str, other: str, expected: Likeness) -> None:
    assert likeness(one, other) is expected
    assert likeness(other, one) is expected


@given(NAMES, FORMS, FORMS, st.randoms(use_true_random=False))
def test_case_order_accents_and_legal_forms_do_not_count(
    words: list[str], form: str, other_form: str, random: object
) -> None:
    turned = list(words)
    random.shuffle(turned)  # type: ignore[attr-defined] # hypothesis gives a Random
    one = " ".join([*words, form])
    other = " ".join([*turned, other_form]).upper().replace("Ü", "U").replace("É", "E")
    assert likeness(one, other) is Likeness.SAME


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_two_texts_are_compared_otherwise_the_other_way_round(one: str, other: str) -> None:
    assert likeness(one, other) is likeness(other, one)


@given(NAMES, NAMES)
def test_names_without_a_common_word_are_never_the_same(one: list[str], other: list[str]) -> None:
    if not set(one) & set(other):
        assert likeness(" ".join(one), " ".join(other)) is not Likeness.SAME


@pytest.mark.parametrize(
    ("domain", "name", "fits"),
    [
        ("example.org", "Example Access Networks", True),
        ("mail.noc.example.org", "Example Access Networks", True),
        ("example-access-networks.net", "Example Access Networks Ltd", True),
        ("ean.example", "Example Access Networks", False),
        ("ean.net", "Example Access Networks", True),
        ("network.com", "Example Network", False),
        ("other.org", "Example Access Networks", False),
        ("example.co.uk", "Example", True),
        ("co.uk", "Co", False),
        ("ex.org", "Ex", False),
    ],
)
def test_a_domain_goes_with_a_name(domain: str, name: str, *, fits: bool) -> None:
    assert domain_fits(domain, name) is fits


def test_the_domain_that_somebody_registered_is_told() -> None:
    assert registrable("a.b.example.co.uk") == "example.co.uk"
    assert registrable("org") == ""
    assert registrable("") == ""
