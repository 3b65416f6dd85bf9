"""Whatever JSON a registry sends becomes facts, or is unreadable: nothing else happens."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.service.fakes.rdap_server import autnum, domain, entity, ip_network
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.facts import facts_from_json, facts_to_json
from tocsin.service.verification.rdap_answer import (
    MOST_CONTACTS,
    ROLES,
    Unreadable,
    facts_of,
    object_of,
)

KEYS = (
    "handle", "name", "entities", "roles", "vcardArray", "links", "events", "eventAction",
    "eventDate", "remarks", "description", "title", "startAddress", "endAddress", "country",
    "cidr0_cidrs", "startAutnum", "endAutnum", "ldhName", "port43", "notices", "publicIds",
    "status", "nameservers", "secureDNS", "rel", "href", "objectClassName", "redacted",
)  # fmt: skip

WORDS = st.sampled_from(
    ["entity", "ip network", "192.0.2.0", "abuse", "registrant", "vcard", "email", "self", "v4",
     "a@example.org", "registration", "2015-03-02T10:00:00Z", "0001-01-01T00:00:00-14:00", ""]
)  # fmt: skip

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.text()
values: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=25,
)

PEOPLE = [entity("A", "Ada", ["registrant", "abuse"], "ada@example.org")]
SOUND = {
    "192.0.2.0/24": ip_network("N", "192.0.2.0/24", PEOPLE),
    "AS64496": autnum(64496, PEOPLE),
    "example.org": domain("example.org", PEOPLE),
}


@given(st.sampled_from(sorted(SOUND)), st.dictionaries(st.sampled_from(KEYS), values, max_size=4))
@settings(max_examples=cases(133), deadline=None)
@example("192.0.2.0/24", {"handle": "\ud800"})
def test_any_answer_is_facts_or_unreadable(name: str, odd: dict[str, Any]) -> None:
    content = json.dumps({**SOUND[name], **odd}).encode("utf-8", "surrogatepass")
    try:
        facts = facts_of(object_of(content), any_network(name), lambda _: "ripencc")
    except Unreadable:
        return
    assert facts.handle
    assert len(facts.contacts) <= MOST_CONTACTS
    assert {each.role for each in facts.contacts} <= set(ROLES)
    stored = json.loads(json.dumps(facts_to_json(facts)))
    assert facts_from_json(stored) == facts
    assert "\x00" not in json.dumps(stored, ensure_ascii=False)


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[" * 200_000, b'{"a":' * 100_000, b"\xff\xfe", b"NaN", b"1" * 100_000],
)
def test_what_is_no_object_is_unreadable(content: bytes) -> None:
    with pytest.raises(Unreadable):
        object_of(content)


def test_a_megabyte_of_people_is_read_in_no_time() -> None:
    small = {"roles": list(ROLES), "handle": "X", "links": [{"rel": "self"}] * 20}
    many = {**SOUND["192.0.2.0/24"], "entities": [{**small, "entities": [small] * 50}] * 100}
    begin = time.monotonic()
    facts_of(object_of(json.dumps(many).encode()), any_network("192.0.2.0/24"), lambda _: "")
    assert time.monotonic() - begin < 2
