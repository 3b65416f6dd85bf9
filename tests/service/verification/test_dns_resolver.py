"""The DNS is asked in bounded time, and what it does not say is not taken for a no."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tocsin.configuration.load import Configuration
from tocsin.configuration.service import ProofRules
from tocsin.model.errors import ConfigurationError
from tocsin.service.fakes.dns_server import FakeDns, fake_dns
from tocsin.service.verification.dns_resolver import DnsResolver, resolver_of
from tocsin.service.verification.registry import RegistryUnreachable

RECORDS = {
    ("_tocsin.example.org", "TXT"): ['"tocsin-proof=ABCD" "2345"', '"other"'],
    ("example.org", "MX"): ["10 mail.example.org."],
    ("null.example.org", "MX"): ["0 ."],
    ("v6.example.org", "AAAA"): ["2001:db8::1"],
    ("v4.example.org", "A"): ["192.0.2.1"],
    ("text.example.org", "TXT"): ['"no mail here"'],
}


@pytest.fixture
def dns_here() -> Iterator[FakeDns]:
    with fake_dns(RECORDS) as server:
        yield server


def asking(server: FakeDns, seconds: float = 1.0) -> DnsResolver:
    real = resolver_of(Configuration(proof=ProofRules(resolver=server.place)))
    return DnsResolver(real.resolver, seconds)


def test_texts_are_put_together_and_a_name_without_any_has_none(dns_here: FakeDns) -> None:
    resolver = asking(dns_here)
    assert sorted(resolver.texts("_tocsin.example.org")) == ["other", "tocsin-proof=ABCD2345"]
    assert resolver.texts("nobody.example.org") == ()
    assert resolver.texts("example.org") == ()
    assert resolver.texts("not..a.name") == ()
    assert resolver.texts("x" * 70 + ".example.org") == ()


@pytest.mark.parametrize(
    ("domain", "has_mail"),
    [
        ("example.org", True),
        ("null.example.org", False),
        ("v4.example.org", True),
        ("v6.example.org", True),
        ("text.example.org", False),
        ("nobody.example.org", False),
    ],
)
def test_a_domain_takes_mail_by_mx_or_address_unless_it_says_that_it_does_not(
    dns_here: FakeDns, domain: str, has_mail: bool
) -> None:
    assert asking(dns_here).has_mail(domain) is has_mail


def test_an_answer_too_long_for_udp_is_asked_for_over_tcp(dns_here: FakeDns) -> None:
    dns_here.dials.truncate = True
    assert len(asking(dns_here).texts("_tocsin.example.org")) == 2
    assert [over for _, _, over in dns_here.asked] == ["udp", "tcp"]


def test_a_question_that_was_lost_is_asked_again(dns_here: FakeDns) -> None:
    dns_here.dials.refuse = 1
    assert len(asking(dns_here, seconds=6).texts("_tocsin.example.org")) == 2


def test_a_dead_or_failing_server_is_unreachable_soon(dns_here: FakeDns) -> None:
    dns_here.dials.dead = True
    begin = time.monotonic()
    with pytest.raises(RegistryUnreachable):
        asking(dns_here, seconds=0.5).texts("_tocsin.example.org")
    assert time.monotonic() - begin < 3
    dns_here.dials.dead, dns_here.dials.failing = False, True
    with pytest.raises(RegistryUnreachable):
        asking(dns_here, seconds=0.5).has_mail("example.org")


@pytest.mark.parametrize("lie", ["other name", "other id", "noise"])
def test_a_forged_answer_holds_no_proof(dns_here: FakeDns, lie: str) -> None:
    dns_here.dials.lying = lie  # type: ignore[assignment]
    try:
        assert asking(dns_here, seconds=0.5).texts("_tocsin.example.org") == ()
    except RegistryUnreachable:
        return


@pytest.mark.parametrize("said", ["resolver.example.org:53", "192.0.2.53:many", "192.0.2.53:99999"])
def test_what_is_no_address_of_a_resolver_is_told(said: str) -> None:
    with pytest.raises(ConfigurationError, match="no address of a resolver"):
        resolver_of(Configuration(proof=ProofRules(resolver=said)))


def test_a_resolver_may_have_an_ipv6_address_or_no_port() -> None:
    for said in ("192.0.2.53", "[2001:db8::53]:5353", "192.0.2.53:5353", "2001:db8::53"):
        assert resolver_of(Configuration(proof=ProofRules(resolver=said))).resolver.nameservers
    assert resolver_of(Configuration()).resolver.nameservers
