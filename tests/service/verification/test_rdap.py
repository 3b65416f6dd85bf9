"""What registries say becomes facts, whatever they say; and nothing worse."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.service.desk import Desk

from tocsin.service import clock
from tocsin.service.fakes.rdap_server import (
    FakeRdap,
    FakeRegister,
    autnum,
    domain,
    entity,
    fake_rdap,
    ip_network,
    remarks,
)
from tocsin.service.fakes.web_server import Lie
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.budget import Budget
from tocsin.service.verification.facts import RegistryContact, RegistryFacts
from tocsin.service.verification.guarded_http import GuardedHttp, Refused
from tocsin.service.verification.rdap import RdapRegistry
from tocsin.service.verification.rdap_answer import Unreadable, facts_of, object_of
from tocsin.service.verification.rdap_bootstrap import Places
from tocsin.service.verification.registry import RegistryUnreachable

PREFIX = any_network("192.0.2.0/24")
PEOPLE = [
    entity(
        "ORG-EX1-TEST",
        "Example Access Networks",
        ["registrant"],
        within=[entity("AB1-TEST", "Abuse Desk", ["abuse"], "Abuse@Example.ORG")],
    ),
    entity("AE1-TEST", "Ada Example", ["technical", "administrative"], "ada@example.org"),
]


@dataclass
class Asking:
    """A registry of ours that asks the fake, and the folder where it keeps its files."""

    fake: FakeRdap
    folder: Path

    def registry(self, places: dict[str, str] | None = None, **budget: int) -> RdapRegistry:
        http = GuardedHttp(loopback_allowed=True, seconds=0.7)
        limits = Budget(budget.get("per_minute", 100), budget.get("per_day", 1000))
        said = self.fake.places if places is None else places
        return RdapRegistry(
            http, Places(http, self.folder, said), limits, dt.timedelta(hours=20), clock.now
        )

    def look_up(self, name: str, *, fresh: bool = False) -> RegistryFacts:
        return self.registry().look_up(any_network(name), fresh=fresh)


@pytest.fixture
def asking(desk: Desk, tmp_path: Path) -> Iterator[Asking]:
    objects = [
        ip_network("192.0.2.0 - 192.0.2.255", "192.0.2.0/24", PEOPLE, remarks("hello", "world")),
        ip_network("NET6-TEST", "2001:db8::/32", PEOPLE),
        ip_network("OTHER", "198.51.100.0/24", PEOPLE),
        autnum(64496, PEOPLE),
        autnum(64499, []),
        domain("example.org", PEOPLE),
    ]
    with fake_rdap(FakeRegister(objects)) as fake:
        yield Asking(fake, tmp_path / "registries")


def test_a_prefix_is_told_with_holder_range_and_contacts(asking: Asking) -> None:
    assert asking.look_up("192.0.2.0/25") == RegistryFacts(
        registry="ripencc",
        handle="192.0.2.0 - 192.0.2.255",
        name="EXAMPLE-192.0.2.0 - 192.0.2.255",
        holder="Example Access Networks",
        holder_id="ORG-EX1-TEST",
        range="192.0.2.0 - 192.0.2.255",
        country="XX",
        made="2015-03-02",
        changed="2026-02-01",
        contacts=(
            RegistryContact("technical", "ada@example.org", "Ada Example", "AE1-TEST"),
            RegistryContact("administrative", "ada@example.org", "Ada Example", "AE1-TEST"),
            RegistryContact("abuse", "abuse@example.org", "Abuse Desk", "AB1-TEST"),
        ),
        remarks=("hello\nworld",),
        asked="127.0.0.1",
        looked_up_at="2026-11-23T09:00:00+00:00",
    )


def test_ipv6_numbers_and_domains_are_told_as_well(asking: Asking) -> None:
    assert asking.look_up("2001:db8:1::/48").range.startswith("2001:db8:: - 2001:db8:ffff:")
    assert asking.look_up("AS64496").range == "AS64496"
    found = asking.look_up("mail.example.org")
    assert (found.range, found.registry) == ("example.org", "org")


def test_nothing_registered_is_facts_without_a_handle(asking: Asking) -> None:
    found = asking.look_up("203.0.113.0/24")
    assert (found.handle, found.contacts, found.asked) == ("", (), "127.0.0.1")


@pytest.mark.parametrize("lie", ["large", "broken", "page", "bomb", "cut"])
def test_an_answer_that_is_none_is_asked_for_again_later(asking: Asking, lie: Lie) -> None:
    asking.fake.web.dials.lie = lie
    with pytest.raises(RegistryUnreachable):
        asking.look_up("192.0.2.0/24")
    asking.fake.web.dials.lie = ""
    assert asking.look_up("192.0.2.0/24").handle


@pytest.mark.parametrize("name", ["192.0.2.0/24", "AS64496"])
def test_another_object_than_was_asked_for_is_no_answer(asking: Asking, name: str) -> None:
    asking.fake.register.lying = True
    with pytest.raises(RegistryUnreachable, match="another"):
        asking.look_up(name)


def test_an_object_of_another_class_is_no_answer() -> None:
    said = object_of(json.dumps(autnum(64496, PEOPLE)).encode())
    with pytest.raises(Unreadable, match="something else"):
        facts_of(said, PREFIX, lambda _: "")


def test_a_slow_dead_or_refusing_registry_is_unreachable(asking: Asking) -> None:
    dials = asking.fake.web.dials
    dials.slow = True
    with pytest.raises(RegistryUnreachable, match="too long"):
        asking.look_up("192.0.2.0/24")
    dials.slow, dials.dead = False, "hangs up"
    with pytest.raises(RegistryUnreachable):
        asking.look_up("192.0.2.0/24")
    dials.dead, dials.redirect = "", "self"
    with pytest.raises(RegistryUnreachable, match="redirects to itself"):
        asking.look_up("192.0.2.0/24")
    dials.redirect = "http://10.0.0.1/"
    with pytest.raises(Refused):
        asking.look_up("192.0.2.0/24")


def test_who_asks_for_a_pause_gets_it(asking: Asking, desk: Desk) -> None:
    asking.fake.web.dials.busy = 3600
    with pytest.raises(RegistryUnreachable, match="429"):
        asking.look_up("192.0.2.0/24")
    asking.fake.web.dials.busy = 0
    desk.pass_time(dt.timedelta(minutes=59))
    with pytest.raises(RegistryUnreachable, match="before 10:00:00"):
        asking.look_up("AS64496")
    assert len(asking.fake.web.asked) == 1
    desk.pass_time(dt.timedelta(minutes=1))
    assert asking.look_up("AS64496").handle


def test_a_server_error_closes_a_registry_for_a_minute(asking: Asking, desk: Desk) -> None:
    asking.fake.web.dials.refuse = 1
    with pytest.raises(RegistryUnreachable, match="503"):
        asking.look_up("192.0.2.0/24")
    desk.pass_time(dt.timedelta(minutes=1))
    assert asking.look_up("192.0.2.0/24").handle


def test_what_was_said_is_remembered_and_asked_again_when_it_is_old_or_wanted(
    asking: Asking, desk: Desk
) -> None:
    first = asking.look_up("192.0.2.0/24")
    assert asking.look_up("192.0.2.0/24") == first
    assert len(asking.fake.web.asked) == 1
    asking.look_up("192.0.2.0/24", fresh=True)
    assert len(asking.fake.web.asked) == 2
    desk.pass_time(dt.timedelta(hours=20))
    asking.look_up("192.0.2.0/24")
    assert len(asking.fake.web.asked) == 3


def test_that_nothing_is_registered_is_remembered_for_an_hour(asking: Asking, desk: Desk) -> None:
    asking.look_up("203.0.113.0/24")
    asking.look_up("203.0.113.0/24")
    assert len(asking.fake.web.asked) == 1
    desk.pass_time(dt.timedelta(hours=1))
    asking.look_up("203.0.113.0/24")
    assert len(asking.fake.web.asked) == 2


def test_no_registry_is_asked_more_than_its_budget(asking: Asking, desk: Desk) -> None:
    frugal = asking.registry(per_minute=2, per_day=3)
    names = [any_network(f"192.0.2.{n}/32") for n in range(5)]
    frugal.look_up(names[0])
    frugal.look_up(names[1])
    with pytest.raises(RegistryUnreachable, match="2 times this minute"):
        frugal.look_up(names[2])
    frugal.look_up(names[0])
    desk.pass_time(dt.timedelta(minutes=1))
    frugal.look_up(names[2])
    with pytest.raises(RegistryUnreachable, match="3 times today"):
        frugal.look_up(names[3])
    desk.pass_time(dt.timedelta(days=1))
    frugal.look_up(names[3])
    assert len(asking.fake.web.asked) == 4


def test_those_named_by_a_link_alone_are_asked_for_on_the_same_server_only(asking: Asking) -> None:
    url = asking.fake.web.url
    named = [
        {"objectClassName": "entity", "handle": f"P{n}", "roles": ["technical"], "links": links}
        for n, links in enumerate(
            [
                [{"rel": "self", "href": f"{url}/entity/P0"}],
                [{"rel": "self", "href": "http://192.0.2.9/entity/P1"}],
                [],
                [{"rel": "self", "href": f"{url}/entity/OTHER"}],
                *[[{"rel": "self", "href": f"{url}/entity/P9"}]] * 9,
            ]
        )
    ]
    asking.fake.register.objects.append(ip_network("LINKED", "203.0.113.0/24", named))
    for handle in ("P0", "P1", "P2", "OTHER"):
        asking.fake.register.entities[handle] = entity(
            handle, handle, ["technical"], f"{handle.lower()}@example.org"
        )
    found = asking.look_up("203.0.113.0/24")
    assert [each.address for each in found.contacts] == ["p0@example.org", "p2@example.org"]
    assert len(asking.fake.web.asked) == 1 + 5


def test_a_contact_that_cannot_be_had_does_not_spoil_the_answer(asking: Asking) -> None:
    named = [
        {"objectClassName": "entity", "handle": each, "roles": ["abuse"]}
        for each in ("GONE", "OTHER")
    ]
    asking.fake.register.objects.append(ip_network("LINKED", "203.0.113.0/24", [*named, PEOPLE[1]]))
    asking.fake.register.entities["OTHER"] = entity("X", "X", ["abuse"], "x@example.org")
    found = asking.look_up("203.0.113.0/24")
    assert {each.address for each in found.contacts} == {"ada@example.org"}


def test_a_domain_without_a_handle_is_known_by_its_name(asking: Asking) -> None:
    nameless = domain("example.net", [])
    del nameless["handle"]
    asking.fake.register.objects.append(nameless)
    assert asking.look_up("example.net").handle == "EXAMPLE.NET"


def test_the_seller_of_a_domain_is_no_contact_of_it(asking: Asking) -> None:
    seller = entity(
        "SELLER",
        "Seller of domains",
        ["registrar"],
        "sales@example.net",
        within=[entity("SELLER-A", "Abuse", ["abuse"], "abuse@example.net")],
    )
    asking.fake.register.objects.append(domain("example.com", [seller, PEOPLE[1]]))
    found = asking.look_up("example.com")
    assert {each.address for each in found.contacts} == {"ada@example.org"}
    assert found.holder == ""


HOSTILE: list[Any] = [
    None,
    [],
    "text",
    {"objectClassName": "ip network"},
    {"entities": {"roles": 1}},
    {"entities": [{"roles": [[]], "vcardArray": ["vcard", [["email"]]], "links": [{"rel": 1}]}]},
    {"entities": [None, 1, "x", {"roles": "abuse", "handle": 7}]},
    {"events": [{"eventAction": None, "eventDate": "now"}, {"eventAction": "registration"}]},
    {"events": [{"eventAction": "registration", "eventDate": "99999999999999999999"}]},
    {"remarks": "text"},
    {"remarks": [{"description": [1, None]}]},
    {"startAddress": 7},
    {"startAddress": "192.0.2.255", "endAddress": "192.0.2.0"},
    {"handle": ["x"]},
    {"cidr0_cidrs": [{"length": "x"}]},
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_an_answer_holds_it_is_facts_or_unreachable(asking: Asking, hostile: Any) -> None:
    if isinstance(hostile, dict):
        asking.fake.register.objects[0] |= hostile
    else:
        asking.fake.register.objects[0]["entities"] = hostile
    with suppress(RegistryUnreachable):
        assert asking.look_up("192.0.2.0/24").asked


def test_thousands_of_people_deep_within_each_other_are_cut_down(asking: Asking) -> None:
    nested = entity("DEEP", "Deep", ["abuse"], "deep@example.org")
    for _ in range(50):
        nested = entity("DEEP", "Deep", ["technical"], within=[nested])
    many = [entity(f"M{n}", f"M{n}", ["abuse"], f"m{n}@example.org") for n in range(2000)]
    asking.fake.register.objects[0]["entities"] = [nested, *many]
    found = asking.look_up("192.0.2.0/24")
    assert len(found.contacts) == 20


def test_texts_and_addresses_of_a_registry_are_made_harmless(asking: Asking) -> None:
    odd = entity("ODD", "Evil\u202e\nName", ["registrant", "technical"], "x@example.org\r\nBcc: y")
    fine = entity("FINE", "Fine", ["technical"], "mailto:Fine@EXAMPLE.org")
    asking.fake.register.objects[0]["entities"] = [odd, fine]
    found = asking.look_up("192.0.2.0/24")
    assert found.holder == "Evil Name"
    assert [each.address for each in found.contacts] == ["fine@example.org"]


def bootstrap_of(url: str) -> dict[str, Any]:
    return {
        "asn": [[["64496-64511"], [url]]],
        "dns": [[["org"], [url]]],
        "ipv4": [[["198.0.0.0/8"], [url]]],
        "ipv6": [[["2001::/16"], [url]]],
        "object-tags": [[["x@example.org"], ["TEST"], [url]]],
    }


def test_the_list_of_registries_is_fetched_once_a_week_and_kept(asking: Asking, desk: Desk) -> None:
    fake = asking.fake
    fake.register.bootstrap = bootstrap_of(f"{fake.web.url}/")
    places = {"bootstrap": fake.web.url}
    assert asking.registry(places).look_up(any_network("AS64496")).handle == "AS64496"
    assert len(fake.web.asked) == 5 + 1
    again = asking.registry(places)
    assert again.look_up(any_network("example.org")).range == "example.org"
    assert len(fake.web.asked) == 5 + 2
    desk.pass_time(dt.timedelta(days=7))
    again.look_up(any_network("AS64496"))
    assert len(fake.web.asked) == 10 + 3


def test_the_old_list_of_registries_is_kept_while_there_is_no_new_one(
    asking: Asking, desk: Desk
) -> None:
    fake = asking.fake
    fake.register.bootstrap = bootstrap_of(f"{fake.web.url}/")
    registry = asking.registry({"bootstrap": fake.web.url})
    registry.look_up(any_network("AS64496"))
    fake.register.bootstrap = {}
    desk.pass_time(dt.timedelta(days=8))
    assert registry.look_up(any_network("AS64496"), fresh=True).handle == "AS64496"


def test_without_a_list_of_registries_the_look_up_waits(asking: Asking) -> None:
    registry = asking.registry({"bootstrap": asking.fake.web.url})
    with pytest.raises(RegistryUnreachable, match="404"):
        registry.look_up(any_network("AS64496"))


def test_what_no_registry_has_is_facts_without_a_handle(asking: Asking) -> None:
    fake = asking.fake
    fake.register.bootstrap = bootstrap_of(f"{fake.web.url}/")
    registry = asking.registry({"bootstrap": fake.web.url})
    assert registry.look_up(any_network("AS4200000")).handle == ""
    assert registry.look_up(any_network("example.museum")).handle == ""
    assert registry.look_up(any_network("co.uk")).handle == ""


def test_a_damaged_list_of_registries_is_fetched_anew(asking: Asking) -> None:
    fake = asking.fake
    fake.register.bootstrap = bootstrap_of(f"{fake.web.url}/")
    asking.folder.mkdir(parents=True)
    (asking.folder / "registries.json").write_text('{"timestamp": 1, "asn"')
    registry = asking.registry({"bootstrap": fake.web.url})
    assert registry.look_up(any_network("AS64496")).handle == "AS64496"
