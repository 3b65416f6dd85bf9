"""Questions as clients put them: what is read, and what is refused with what would do."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.atlas.lookup import Cover
from tocsin.engine.nightly.subscribers import FilterKind, SubscribedNetwork
from tocsin.engine.search.conditions import Condition
from tocsin.engine.search.values import Mark, Order
from tocsin.model.address import Network
from tocsin.service.api.query.asking import MOST, Question, read_question
from tocsin.service.api.query.own_filters import names_own
from tocsin.service.api.query.refusal import QueryRefused

CATALOGUE = load_catalogue()
OWN = {"asn": 64496}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"query": {"asm": 64496}}, "'asn'"),
        ({"query": {"_audience": 1}}, "no field"),
        ({"query": {'src_ip" OR 1=1 --': 1}}, "no field"),
        ({"query": {"asn": "many"}}, "number"),
        ({"query": {"asn": {"$gt": 0}}}, "takes texts"),
        ({"query": {"asn": True}}, "takes texts"),
        ({"query": {"asn": 2**70}}, "too large"),
        ({"query": {"asn": " * "}}, "empty"),
        ({"query": {"ip": "192.0.2.1/24"}}, "192.0.2.0/24"),
        ({"query": {"ip": "192.0.2"}}, "not an IP address"),
        ({"query": {"isp_name": "Example"}}, "isp_name is in no report here"),
        ({"query": {"dst_latitude": 1}}, "dst_latitude is in no report here"),
        ({"query": {"require": "tagg"}}, "'tag'"),
        ({"query": {"require": "text"}}, "could be filled"),
        ({"query": OWN, "facet": "tld"}, "counted"),
        ({"query": {"type": "sinkhold"}}, "sinkhole"),
        ({"query": {"timestamp": "yesterday"}}, "a time"),
        ({"query": {"infection": "x" * 1000}}, "longer"),
        ({"query": {"asn": [64496] * 1000}}, "more than"),
        ({"query": [1]}, "no object"),
        ({"query": OWN, "sort": "upwards"}, "ascending or descending"),
        ({"query": OWN, "limit": "0"}, "from 1 on"),
        ({"query": OWN, "page": "-1"}, "from 1 on"),
        ({"query": OWN, "page": "\uff11"}, "from 1 on"),
        ({"query": OWN, "limit": True}, "from 1 on"),
        ({"query": OWN, "facet": "text"}, "counted"),
        ({"query": OWN, "facet": "infektion"}, "'infection'"),
        ({"query": OWN, "after": "20261122.0.zz.x.0"}, "go on"),
        ({"query": OWN, "after": 5}, "go on"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_would_do(
    said: dict[str, object], told: str
) -> None:
    with pytest.raises(QueryRefused, match=told):
        read_question(said, CATALOGUE)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, Question()),
        ({"limit": "50", "page": 3}, Question(limit=50, page=3)),
        ({"limit": 10**9, "sort": "ascending"}, Question(limit=MOST, order=Order.ASCENDING)),
        ({"report": "alpha", "help": "true"}, Question(reports=("alpha",), help=True)),
        ({"query": {"ASN": ["AS1", "|2"]}}, Question((Condition("asn", ("1", "2")),))),
        ({"query": {"tag": ["a", "|b", "|c"]}}, Question((Condition("tag", ("b", "c"), ("a",)),))),
        ({"query": {"tag": "a"}}, Question((Condition("tag", ("a",)),))),
        ({"query": {"type": ["|sinkhole"]}}, Question((Condition("type", ("sinkhole",)),))),
    ],
)  # fmt: skip
def test_what_is_read(said: dict[str, object], expected: Question) -> None:
    assert read_question(said, CATALOGUE) == expected


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
HOSTILE = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(st.text(max_size=5), PLAIN)
KEYS = st.sampled_from(("query", "sort", "limit", "page", "facet", "report", "after", "help"))
FIELDS = st.sampled_from(("asn", "ip", "type", "text", "tag", "timestamp", "geo"))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KEYS, HOSTILE | st.dictionaries(FIELDS, HOSTILE)))
def test_whatever_is_asked_is_read_or_refused(said: dict[str, object]) -> None:
    try:
        told = str(read_question(said, CATALOGUE).limit)
    except QueryRefused as refused:
        told = str(refused)
    assert 0 < len(told) < 1_000


@given(
    st.dates(), st.integers(-(10**15), 10**16), st.binary(min_size=16, max_size=16),
    st.sampled_from(("scan_http", "event4_sinkhole-delayed")), st.integers(0, 10**9),
)  # fmt: skip
def test_a_mark_is_read_as_it_was_written(
    day: dt.date, moment: int, identifier: bytes, stem: str, row: int
) -> None:
    mark = Mark(day, moment, identifier, stem, row)
    assert Mark.from_text(str(mark)) == mark


NETWORKS = {
    "as": [SubscribedNetwork(FilterKind.ASN, "64496")],
    "prefix": [SubscribedNetwork(FilterKind.CIDR, "192.0.2.0/24")],
    "country": [SubscribedNetwork(FilterKind.GEO, "XA")],
    "domain": [SubscribedNetwork(FilterKind.DOMAIN, "example.org")],
    "none": [],
}


def no_map(_: Network) -> tuple[Cover, ...]:
    """Where nothing is known."""
    return ()


@pytest.mark.parametrize(
    ("of", "field", "value", "own"),
    [
        ("as", "asn", "64496", True),
        ("as", "dst_asn", "64496", True),
        ("as", "asn", "64497", False),
        ("as", "geo", "XA", False),
        ("as", "ip", "203.0.113.1", True),
        ("country", "geo", "xa", True),
        ("country", "ip", "203.0.113.1", True),
        ("prefix", "ip", "192.0.2.0/25", True),
        ("prefix", "ip", "192.0.0.0/16", True),
        ("prefix", "ip", "198.51.100.1", False),
        ("prefix", "ip", "::/0", False),
        ("prefix", "ip", "192.0.2.*", False),
        ("prefix", "asn", "64496", False),
        ("domain", "domain", "www.example.org", True),
        ("domain", "hostname", "EXAMPLE.org", True),
        ("domain", "domain", "badexample.org", False),
        ("domain", "tld", "org", False),
        ("domain", "infection", "example.org", False),
        ("none", "ip", "192.0.2.1", False),
        ("none", "asn", "64496", False),
    ],
)
def test_which_questions_name_a_network_of_ones_own(
    of: str, field: str, value: str, *, own: bool
) -> None:
    assert names_own([Condition(field, (value,))], NETWORKS[of], no_map) is own


HERE, ELSEWHERE = Cover((64496,), ("XA",)), Cover((64497,), ("XB",))
NOT_TOLD = Cover((), ())


@pytest.mark.parametrize(
    ("of", "maps", "own"),
    [
        ("as", (HERE,), True),
        ("as", (ELSEWHERE,), False),
        ("as", (ELSEWHERE, HERE), True),
        ("as", (ELSEWHERE, NOT_TOLD), True),
        ("as", (Cover((64496, 64497), ()),), True),
        ("country", (HERE,), True),
        ("country", (ELSEWHERE,), False),
        ("country", (Cover((64497,), ()),), True),
        ("prefix", (HERE,), False),
        ("domain", (HERE,), False),
    ],
)
def test_an_address_is_ones_own_if_any_map_puts_it_there_or_one_does_not_tell(
    of: str, maps: tuple[Cover, ...], *, own: bool
) -> None:
    asked = [Condition("ip", ("203.0.113.0/24",))]
    assert names_own(asked, NETWORKS[of], lambda _: maps) is own
