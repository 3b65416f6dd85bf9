"""The laws of terms: the strictest never gives more than either side, in whatever order."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.model.terms import Credit, Terms, Tlp, strictest

# A text stands only with a form of credit that shows one, and is kept sorted and without
# repetition when several are joined; so are the texts drawn here.
TEXTS = st.lists(st.sampled_from(["A", "B", "example", "\u20ac"]), unique=True, max_size=3).map(
    lambda words: "; ".join(sorted(words))
)
CREDITS = st.one_of(
    st.tuples(st.sampled_from([Credit.NAME, Credit.LABEL]), TEXTS),
    st.just((Credit.HIDDEN, "")),
)


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    credit, text = draw(CREDITS)
    return Terms(
        tlp=draw(st.sampled_from(list(Tlp))),
        owners=draw(st.booleans()),
        national_certs=draw(st.booleans()),
        lists=draw(st.frozensets(st.integers(1, 4))),
        statistics=draw(st.booleans()),
        credit=credit,
        credit_text=text,
        masked=draw(st.frozensets(st.sampled_from(["dst_ip", "dst_hostname", "ip"]))),
    )


TERMS = terms()
LAWS = settings(max_examples=cases(100), deadline=None)


def _order_of_credit(credit: Credit) -> int:
    return [Credit.NAME, Credit.LABEL, Credit.HIDDEN].index(credit)


@LAWS
@given(TERMS, TERMS, TERMS)
def test_it_does_not_matter_which_are_joined_first(one: Terms, two: Terms, three: Terms) -> None:
    left = strictest([strictest([one, two]), three])
    right = strictest([one, strictest([two, three])])
    assert left == right == strictest([one, two, three])


@LAWS
@given(TERMS, TERMS)
def test_the_order_does_not_matter(one: Terms, two: Terms) -> None:
    assert strictest([one, two]) == strictest([two, one])


@LAWS
@given(TERMS)
def test_a_record_of_one_input_twice_has_its_terms(one: Terms) -> None:
    assert strictest([one]) == strictest([one, one]) == one


@LAWS
@given(TERMS, TERMS)
def test_joining_again_with_an_input_changes_nothing(one: Terms, two: Terms) -> None:
    both = strictest([one, two])
    assert strictest([both, one]) == strictest([both, two]) == both


@LAWS
@given(TERMS, TERMS, st.integers(1, 5), st.booleans())
def test_nobody_gets_what_one_side_withholds(
    one: Terms, two: Terms, list_id: int, is_cert: bool
) -> None:
    both = strictest([one, two])
    if both.allows(list_id, national_cert=is_cert):
        assert one.allows(list_id, national_cert=is_cert)
        assert two.allows(list_id, national_cert=is_cert)


@LAWS
@given(TERMS, TERMS)
def test_nothing_is_shown_that_one_side_hides(one: Terms, two: Terms) -> None:
    both = strictest([one, two])
    for side in (one, two):
        assert both.tlp >= side.tlp
        assert both.masked >= side.masked
        assert side.statistics or not both.statistics
        assert side.allows_counting or not both.allows_counting
        assert _order_of_credit(both.credit) >= _order_of_credit(side.credit)


@LAWS
@given(TERMS)
def test_terms_come_back_from_their_text(one: Terms) -> None:
    assert Terms.from_text(one.to_text()) == one


@LAWS
@given(TERMS, TERMS)
def test_equal_terms_have_equal_texts_and_no_others(one: Terms, two: Terms) -> None:
    assert (one.to_text() == two.to_text()) is (one == two)


def test_the_text_is_one_line_of_json_with_sorted_keys() -> None:
    text = Terms(lists=frozenset([30, 4]), masked=frozenset(["b", "a"])).to_text()
    said = json.loads(text)
    assert list(said) == sorted(said)
    assert (said["lists"], said["masked"]) == ([4, 30], ["a", "b"])
    assert "\n" not in text


def test_the_strictest_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no terms"):
        strictest([])


def test_a_hidden_credit_takes_every_name_away() -> None:
    named = Terms(credit=Credit.NAME, credit_text="example")
    assert strictest([named, Terms(credit=Credit.HIDDEN)]).credit_text == ""


def test_names_of_several_givers_stand_side_by_side() -> None:
    texts = [Terms(credit_text=text) for text in ("B", "A", "B")]
    assert strictest(texts).credit_text == "A; B"


@pytest.mark.parametrize("word", ["amber+strict", "TLP:AMBER+STRICT", " amber_strict "])
def test_the_colours_are_read_as_people_write_them(word: str) -> None:
    assert Tlp.from_word(word) is Tlp.AMBER_STRICT
    assert Tlp.AMBER_STRICT.word == "amber+strict"


def test_an_unknown_colour_is_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="'white' is none of clear, green, amber"):
        Tlp.from_word("white")


@pytest.mark.parametrize(
    ("tlp", "owner", "national_cert", "counted"),
    [
        (Tlp.CLEAR, True, True, True),
        (Tlp.GREEN, True, True, True),
        (Tlp.AMBER, True, True, True),
        (Tlp.AMBER_STRICT, True, False, False),
        (Tlp.RED, False, False, False),
    ],
)
def test_the_colour_holds_whatever_else_the_terms_say(
    tlp: Tlp, owner: bool, national_cert: bool, counted: bool
) -> None:
    generous = Terms(tlp=tlp, lists=frozenset([7]))
    assert generous.allows(8, national_cert=False) is owner
    assert generous.allows(8, national_cert=True) is national_cert
    assert generous.allows(7, national_cert=False)
    assert generous.allows(7, national_cert=True)
    assert generous.allows_counting is counted


def test_red_without_named_lists_is_for_nobody() -> None:
    assert not Terms(tlp=Tlp.RED).allows_anybody
    assert Terms(tlp=Tlp.RED, lists=frozenset([7])).allows_anybody
    assert not Terms(tlp=Tlp.AMBER_STRICT, owners=False).allows_anybody
    assert Terms(tlp=Tlp.AMBER_STRICT).allows_anybody


@LAWS
@given(TERMS)
def test_anybody_is_somebody_whom_they_allow(one: Terms) -> None:
    lists = (*range(1, 5), 99)
    allowed = [one.allows(each, national_cert=cert) for each in lists for cert in (True, False)]
    assert one.allows_anybody is any(allowed)
