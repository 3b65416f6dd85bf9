"""SPF says what a receiver that keeps to RFC 7208 would say."""

from __future__ import annotations

import ipaddress

import pytest

from tocsin.service.fakes.registry import FakeResolver
from tocsin.service.verification.spf import MOST_QUESTIONS, Spf, spf_of
from tocsin.service.verification.spf_macros import Broken, Undecided

OURS = "192.0.2.25"
SENDER = "strong-bad@d.example.net"
SIX = "2001:db8::cb01"


def resolver(record: str) -> FakeResolver:
    """A DNS in which d.example.net has that record, with names that records may ask for."""
    return FakeResolver(
        {
            "d.example.net": ("something else", record),
            "other.example.net": ("v=spf1 ip4:198.51.100.0/24 -all",),
            "soft.example.net": ("v=spf1 ~all",),
            "broken.example.net": ("v=spf1 nonsense",),
            "twice.example.net": ("v=spf1 -all", "V=SPF1 +all"),
            "loop.example.net": ("v=spf1 include:loop.example.net -all",),
        },
        hosts={
            "d.example.net": ("192.0.2.7", "2001:db8::7"),
            "in.example.net": ("192.0.2.8",),
            "six.example.net": ("2001:db8::8",),
            "25.2.0.192.in-addr.d.example.net": ("127.0.0.2",),
            "strong.bad.lp.d.example.net": ("127.0.0.2",),
            "bad.strong.192.0.2.25.d.example.net": ("127.0.0.2",),
            "strong-bad%40d.example.net.mx.example.org": ("127.0.0.2",),
            "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.d.example.net": (
                "127.0.0.2",
            ),
        },
        mail_servers={
            "d.example.net": ("in.example.net",),
            "many.example.net": tuple(f"in{each}.example.net" for each in range(11)),
        },
    )


@pytest.mark.parametrize(
    ("record", "address", "result"),
    [
        ("v=spf1", OURS, "neutral"),
        ("v=spf10 -all", OURS, "none"),
        ("V=SPF1  -ALL", OURS, "fail"),
        ("v=spf1 -all", OURS, "fail"),
        ("v=spf1 ?all", OURS, "neutral"),
        ("v=spf1 ~all", OURS, "softfail"),
        ("v=spf1 all", OURS, "pass"),
        ("v=spf1 a -all", "192.0.2.7", "pass"),
        ("v=spf1 a/24 -all", "192.0.2.200", "pass"),
        ("v=spf1 a/0 -all", "203.0.113.1", "pass"),
        ("v=spf1 a//64 -all", "2001:db8::99", "pass"),
        ("v=spf1 a//64 -all", "192.0.2.200", "fail"),
        ("v=spf1 a/24//64 -all", "192.0.2.200", "pass"),
        ("v=spf1 a:in.example.net/30 -all", "192.0.2.9", "pass"),
        ("v=spf1 mx ~all", "192.0.2.8", "pass"),
        ("v=spf1 mx ~all", "192.0.2.9", "softfail"),
        ("v=spf1 mx/29 ~all", "192.0.2.9", "pass"),
        ("v=spf1 mx:d.example.net -all", "192.0.2.8", "pass"),
        ("v=spf1 mx:many.example.net -all", OURS, "permerror"),
        ("v=spf1 include:other.example.net ?all", "198.51.100.1", "pass"),
        ("v=spf1 include:other.example.net ?all", "192.0.2.1", "neutral"),
        ("v=spf1 include:soft.example.net -all", OURS, "fail"),
        ("v=spf1 include:broken.example.net +all", OURS, "permerror"),
        ("v=spf1 include:twice.example.net +all", OURS, "permerror"),
        ("v=spf1 include:none.example.net -all", OURS, "permerror"),
        ("v=spf1 include:loop.example.net -all", OURS, "permerror"),
        ("v=spf1 include: -all", OURS, "permerror"),
        ("v=spf1 redirect=other.example.net", "198.51.100.1", "pass"),
        ("v=spf1 redirect=other.example.net -all", "198.51.100.1", "fail"),
        ("v=spf1 redirect=none.example.net", OURS, "permerror"),
        ("v=spf1 redirect=soft.example.net redirect=soft.example.net", OURS, "permerror"),
        ("v=spf1 unknown=%{i} exp=why.example.net -all", OURS, "fail"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8:1::1", "pass"),
        ("v=spf1 ip4:192.0.2.0/24", "198.51.100.1", "neutral"),
        ("v=spf1 ip4:192.0.2.0/24 -all", SIX, "fail"),
        ("v=spf1 ip4:nonsense -all", OURS, "permerror"),
        ("v=spf1 ip4:2001:db8::/32 -all", OURS, "permerror"),
        ("v=spf1 ip4:192.0.2.0/33 -all", OURS, "permerror"),
        ("v=spf1 a/33 -all", OURS, "permerror"),
        ("v=spf1 all/24", OURS, "permerror"),
        ("v=spf1 ipv4:192.0.2.1 -all", OURS, "permerror"),
        ("v=spf1 +all nonsense", OURS, "permerror"),
        ("v=spf1 ptr -all", OURS, "fail"),
        ("v=spf1 ptr:example.net +all", OURS, "pass"),
        ("v=spf1 exists:in.example.net -all", OURS, "pass"),
        ("v=spf1 exists:six.example.net -all", SIX, "fail"),
        ("v=spf1 exists:%{ir}.%{v}.%{d} -all", OURS, "pass"),
        ("v=spf1 exists:%{ir}.%{v}.%{d} -all", SIX, "pass"),
        ("v=spf1 exists:%{ir}.%{v}.%{d} -all", "192.0.2.26", "fail"),
        ("v=spf1 exists:%{l-}.lp.%{d} -all", OURS, "pass"),
        ("v=spf1 exists:%{lr-}.%{i}.%{o3} -all", OURS, "pass"),
        ("v=spf1 exists:%{S}.%{h} -all", OURS, "pass"),
        ("v=spf1 exists:%{p}.%{d}%_%-%% -all", OURS, "fail"),
        ("v=spf1 exists:%{x}.example.net -all", OURS, "permerror"),
        ("v=spf1 exists:%{d0}.example.net -all", OURS, "permerror"),
        ("v=spf1 exists:%(d).example.net -all", OURS, "permerror"),
        ("v=spf1 exists:%{t}.example.net -all", OURS, "permerror"),
        ("v=spf1 a:x1.example.net a:x2.example.net +all", OURS, "pass"),
        ("v=spf1 a:x1.example.net a:x2.example.net a:x3.example.net +all", OURS, "permerror"),
        (f"v=spf1 {'a ' * 10}+all", OURS, "pass"),
        (f"v=spf1 {'a ' * 11}+all", OURS, "permerror"),
        (f"v=spf1 {'ip4:203.0.113.1 ' * 100}+all", OURS, "permerror"),
    ],
)
def test_spf_says_what_a_receiver_would(record: str, address: str, result: str) -> None:
    found = spf_of(resolver(record), ipaddress.ip_address(address), SENDER, "mx.example.org")
    assert (found.result, found.domain) == (result, "d.example.net")


def test_mail_from_nobody_is_held_against_the_name_that_the_server_told() -> None:
    dns = resolver("v=spf1 ip4:192.0.2.25 -all")
    found = spf_of(dns, ipaddress.ip_address(OURS), "", "d.example.net")
    assert (found.result, found.domain) == ("pass", "d.example.net")


@pytest.mark.parametrize("helo", ["", "localhost", "a..example.net", "[192.0.2.25]", "x" * 300])
def test_what_is_no_name_has_no_record(helo: str) -> None:
    assert spf_of(resolver("v=spf1 +all"), ipaddress.ip_address(OURS), "", helo).result == "none"


def test_a_dns_that_does_not_answer_is_no_verdict() -> None:
    dns = resolver("v=spf1 -all")
    dns.dead = True
    assert spf_of(dns, ipaddress.ip_address(OURS), SENDER, "x").result == "temperror"


def test_a_record_that_makes_us_ask_and_ask_comes_to_an_end() -> None:
    dns = resolver(f"v=spf1 {'mx:many.example.net ' * 9}-all")
    hosts = tuple(f"in{each}.example.net" for each in range(10))
    dns.mail_servers["many.example.net"] = hosts
    dns.hosts |= dict.fromkeys(hosts, ("203.0.113.1",))
    question = Spf(dns, ipaddress.ip_address(OURS), SENDER)
    with pytest.raises(Broken):
        question.result("d.example.net")
    assert question.questions == MOST_QUESTIONS + 1


@pytest.mark.parametrize("term", ["exists:%{l}.example.net", "include:%{o}", "ptr"])
def test_what_depends_on_the_mail_is_not_guessed_without_one(term: str) -> None:
    question = Spf(resolver(f"v=spf1 {term} -all"), ipaddress.ip_address(OURS))
    with pytest.raises(Undecided):
        question.result("d.example.net")
