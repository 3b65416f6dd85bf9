"""Whose network it is by the registry, and that an upstream's is not its customer's."""

from __future__ import annotations

import pytest
from tests.service.proven import ORGANISATION, contact, facts

from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.facts import RegistryFacts
from tocsin.service.verification.ranges import range_of
from tocsin.service.verification.upstream import Fit, covers_claim, holder_fit

OTHER = "Big Transit Carrier"
ABUSE = contact("abuse", "abuse@carrier.example.net")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (facts(), Fit.FITS),
        (facts(holder="EXAMPLE ACCESS NETWORKS, S.A.", range="192.0.0.0/8"), Fit.FITS),
        (facts(holder="Example Holding"), Fit.UNSURE),
        (facts(holder=""), Fit.UNSURE),
        (facts(holder="Data redacted"), Fit.UNSURE),
        (facts(ABUSE, holder=OTHER, range="192.0.2.0/24"), Fit.OTHER),
        (facts(ABUSE, holder=OTHER, range="192.0.2.0 - 192.0.3.255"), Fit.OTHER),
        (facts(ABUSE, holder=OTHER, range="192.0.0.0/20"), Fit.UPSTREAM),
        (facts(ABUSE, holder=OTHER, range="192.0.0.0 - 192.0.255.255"), Fit.UPSTREAM),
        (facts(ABUSE, holder=OTHER, range="no range"), Fit.OTHER),
        (facts(contact("technical", "x@example.org"), holder=OTHER), Fit.UNSURE),
        (
            facts(contact("technical", "x@mail.example.org"), holder=OTHER, range="192.0.0.0/16"),
            Fit.UNSURE,
        ),
    ],
)
def test_a_holder_fits_or_not(found: RegistryFacts, expected: Fit) -> None:
    fit = holder_fit(any_network("192.0.2.0/24"), found, ORGANISATION, "ada@example.org")
    assert fit.fit is expected
    assert fit.why.endswith(".")


def test_an_as_number_has_no_upstream_but_another_holder() -> None:
    fit = holder_fit(any_network("AS64496"), facts(holder=OTHER), ORGANISATION, "a@example.org")
    assert fit.fit is Fit.OTHER


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("192.0.2.0/24", True),
        ("192.0.2.0/25", False),
        ("192.0.2.0/25, 192.0.2.128/25", True),
        ("192.0.2.0 - 192.0.2.255", True),
        ("192.0.2.1 - 192.0.2.255", False),
        ("", True),
        ("192.0.2.255 - 192.0.2.0", True),
    ],
)
def test_an_object_covers_the_claim_or_not(text: str, *, whole: bool) -> None:
    assert covers_claim(any_network("192.0.2.0/24"), facts(range=text)) is whole


def test_ranges_are_read_as_registries_write_them() -> None:
    assert range_of("2001:db8:: - 2001:db8::ff") == range_of("2001:db8::/120")
    assert range_of("x") is None
