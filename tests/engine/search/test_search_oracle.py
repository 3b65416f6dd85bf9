"""The search against the same in plain Python, over rows of all sorts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.search.naive import naive_cells, naive_counts, naive_rows
from tests.fakes.published_places import index_of, place_of, published_row

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.nightly.subscribers import FilterKind, ReportList, SubscribedNetwork
from tocsin.engine.search import line_walk
from tocsin.engine.search.conditions import Condition
from tocsin.engine.search.database import Budget, Database
from tocsin.engine.search.fields import fields_of
from tocsin.engine.search.find import count_values, find_rows, places_with_rows
from tocsin.engine.search.statements import Asked
from tocsin.engine.search.values import Mark, Order, Place, Row, Without

CATALOGUE = load_catalogue()
FIELDS = fields_of(CATALOGUE)
DAY = dt.date(2026, 11, 22)
TYPES = {
    "event4_sinkhole": ("192.0.2.10", "192.0.2.11", "198.51.100.7", "203.0.113.9"),
    "event6_sinkhole": ("2001:db8::1", "2001:db8:1::9", "2001:db8:ffff::"),
    "scan_http": ("192.0.2.10", "192.0.2.200", "198.51.100.7"),
    "scan6_http": ("2001:db8::1", "2001:db8::2"),
    "event4_honeypot_ddos_target": ("192.0.2.0/24", "192.0.2.128/25", "198.51.100.7"),
    "ransomware_victim": ("",),
}
WORDS = (
    "Example-Bot", "example", "other", 'say "hi"', "a;b", "%", "_", "*", "é' OR 1=1 --", "",
    "example\nof lines",
)  # fmt: skip
TAGS = ("iot;mirai", "mirai", "mirai2;CVE-2026-1", "iot", None)
NAMES = ("example.org", "www.example.org", "badexample.org", "example.net")
ADDRESSES = ("192.0.2.10", "198.51.100.7", "2001:db8::1", "2001:db8:1::9", "no address", None)


@st.composite
def rows(draw: st.DrawFn, type_id: str) -> dict[str, Any]:
    """A row of a type with cells in the columns that questions are about."""
    report_type = CATALOGUE.report_types[type_id]
    subject = draw(st.sampled_from(TYPES[type_id]))
    beside = report_type.subject.column.removesuffix("ip")
    asn = draw(st.sampled_from((64496, 64497, None)))
    country = draw(st.sampled_from(("XA", "XB", None)))
    cells: dict[str, Any] = {
        report_type.subject.column: subject or "example.org",
        f"{beside}asn": asn,
        f"{beside}geo": country,
        f"{beside}port": draw(st.sampled_from((80, 443, None))),
        "port": draw(st.sampled_from((80, 443, None))),
        "infection": draw(st.sampled_from((*WORDS, None))),
        "http_agent": draw(st.sampled_from((*WORDS, None))),
        "tag": draw(st.sampled_from(TAGS)),
        "dst_ip": draw(st.sampled_from(ADDRESSES)),
    }
    if report_type.subject.column == "dst_ip":
        cells["dst_ip"] = subject
        cells["src_ip"] = draw(st.sampled_from(ADDRESSES))
    has = set(report_type.column_names)
    origins = draw(st.sampled_from(([64496], [64496, 64499], [64497], None)))
    made = published_row(
        subject,
        dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
        + dt.timedelta(microseconds=draw(st.integers(-2, 5)) * 600_000),
        draw(st.integers(1, 4)),
        draw(st.sets(st.sampled_from((1, 2, 3, 9)))),  # type: ignore[arg-type]
        _origins=origins,
        _countries=None if country is None else [country],
        _domains=draw(st.sampled_from((None, [], [NAMES[0]], [NAMES[1], NAMES[3]], [NAMES[2]]))),
        **{name: value for name, value in cells.items() if name in has and name != "timestamp"},
    )
    made["_rule"] = draw(st.sampled_from(("a-rule", "another", None)))
    made["_source"] = draw(st.sampled_from(("sensors", "partner")))
    return made


NETWORKS = {
    FilterKind.ASN: ("64496", "64497", "64499"),
    FilterKind.GEO: ("XA", "XB"),
    FilterKind.CIDR: ("192.0.2.0/25", "192.0.2.192/26", "198.51.100.7/32", "2001:db8::/32", "::/0"),
    FilterKind.DOMAIN: ("example.org",),
}


@st.composite
def lists(draw: st.DrawFn, number: int) -> ReportList:
    """A list with networks of one kind, or none."""
    kind = draw(st.sampled_from(tuple(FilterKind)))
    values = draw(st.sets(st.sampled_from(NETWORKS[kind]), max_size=2))
    networks = tuple(SubscribedNetwork(kind, each) for each in sorted(values))
    return ReportList(number, f"list-{number}", "alpha", kind, networks)


VALUES = {
    "type": ("event4_sinkhole", "sinkhole", "scan", "drones", "exposure"),
    "asn": ("64496", "64499", "1"),
    "geo": ("XA", "xb"),
    "src_geo": ("XA",),
    "port": ("80", "65535"),
    "ip": (
        "192.0.2.10", "192.0.2.0/24", "192.0.2.0/31", "192.0.0.0/8".replace("192.0", "192.0", 1),
        "0.0.0.0/0", "2001:db8::/32", "2001:db8::1", "::/0", "192.0.2.1*",
    ),
    "src_ip": ("198.51.100.7", "198.51.100.0/24", "2001:db8::/47", "::/0"),
    "dst_ip": ("198.51.100.7", "198.51.100.0/24", "2001:db8::/47", "0.0.0.0/0", "::/0", "no*"),
    "infection": ("example-bot", "EXAMPLE*", "%", "_", "é' OR 1=1 --", 'say "hi"'),
    "tag": ("mirai", "MIRAI*", "iot", "b"),
    "text": ("exa", "%", "mirai", "' OR 1=1"),
    "domain": ("example.org", "www.example.org", "org"),
    "tld": ("org", ".NET", "example"),
    "require": ("port", "infection", "tag", "domain", "dst_ip", "asn", "type"),
    "agent": ("example-bot", "exa*"),
    "timestamp": ("2026-11-22 00:00:00", "2026-11-22", "2026-11-21 23:59", "2026"),
    "cc_ip": ("198.51.100.7",),
}  # fmt: skip
VALUES["ip"] = tuple(each for each in VALUES["ip"] if each != "192.0.0.0/8")


BY_LINE = ("infection", "tag", "text", "port", "agent", "dst_ip", "src_ip", "require")
"""Fields of which lines tell, in most types."""


@st.composite
def conditions(
    draw: st.DrawFn, fields: tuple[str, ...] = tuple(sorted(VALUES)), least: int = 0
) -> Condition:
    """A question of one field, with so many values at least."""
    field = draw(st.sampled_from(fields))
    values = st.sampled_from(VALUES[field])
    every: tuple[str, ...] = ()
    if field in ("tag", "text", "require"):
        every = tuple(draw(st.lists(values, max_size=2)))
    return Condition(field, tuple(draw(st.lists(values, min_size=least, max_size=2))), every)


KINDS = st.sampled_from(
    (tuple(sorted(TYPES)), ("event4_sinkhole",), ("scan_http", "event6_sinkhole"))
)
"""Of one type there are many days, which are read together."""


@st.composite
def worlds(
    draw: st.DrawFn, *, plain: bool = False
) -> list[tuple[dt.date, str, bool, list[dict[str, Any]], dict[str, Any]]]:
    """Units of some days, with who may see what of them; plain: lists see all that they got."""
    units = draw(
        st.lists(
            st.tuples(st.integers(0, 4), st.sampled_from(draw(KINDS)), st.booleans()),
            min_size=1,
            max_size=6,
            unique=True,
        )
    )
    plain = plain or draw(st.booleans())
    shown: dict[str, Any] = {
        "whole": tuple(sorted(draw(st.sets(st.sampled_from((1, 2, 7)), min_size=int(plain))))),
        "cut": () if plain else draw(st.sampled_from(((), (draw(lists(2)), draw(lists(3)))))),
        "without": Without()
        if plain
        else Without(
            rules=frozenset(draw(st.sets(st.just("another")))),
            sources=frozenset(draw(st.sets(st.just("partner")))),
            ids=frozenset(draw(st.sets(st.just((4).to_bytes(16, "big"))))),
        ),
    }
    return [
        (
            DAY + dt.timedelta(days),
            type_id,
            delayed,
            draw(st.lists(rows(type_id), max_size=6)),
            shown,
        )
        for days, type_id, delayed in units
    ]


def _made(folder: str, world: list[Any], *, indexed: bool) -> list[Place]:
    places = [
        place_of(Path(folder), day, CATALOGUE.report_types[type_id], said, delayed=delayed, **shown)
        for day, type_id, delayed, said, shown in world
    ]
    if indexed:
        index_of(places)
    return places


def _asked(*said: Condition) -> Asked:
    return Asked(said, FIELDS, CATALOGUE.column_aliases)


BOUNDS = st.sampled_from((line_walk.MOST_LINES, 60, 4, 1))
"""So many lines are read at most before published files are."""


@contextmanager
def _bounded(lines: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_walk, "MOST_LINES", lines)
        patch.setattr(line_walk, "_LEAST", 2)
        yield


def _check_rows(
    database: Database,
    world: list[Any],
    said: list[Condition],
    order: Order,
    limit: int,
    *,
    indexed: bool,
) -> None:
    ascending = order is Order.ASCENDING
    with TemporaryDirectory() as folder:
        places = _made(folder, world, indexed=indexed)
        expected = [naive_cells(*each) for each in naive_rows(places, said, ascending=ascending)]

        def find(skip: int, after: Mark | None) -> list[Row]:
            return find_rows(
                database, places, _asked(*said), Budget(60),
                order=order, most=limit, skip=skip, after=after,
            )  # fmt: skip

        by_page = [
            row for page in range(0, len(expected) + limit, limit) for row in find(page, None)
        ]
        assert [row.cells for row in by_page] == expected
        by_mark, after = [], None
        while found := find(0, after):
            by_mark += found
            after = Mark.from_text(str(found[-1].mark))
        assert by_mark == by_page


ORDERS = st.sampled_from(Order)


@settings(deadline=None)
@given(
    worlds(), st.lists(conditions(), max_size=2), st.booleans(), ORDERS, st.integers(1, 5), BOUNDS
)
def test_rows_are_those_of_a_naive_reader_on_pages_and_behind_marks(
    database: Database,
    world: list[Any],
    said: list[Condition],
    indexed: bool,
    order: Order,
    limit: int,
    lines: int,
) -> None:
    with _bounded(lines):
        _check_rows(database, world, said, order, limit, indexed=indexed)


@settings(deadline=None)
@given(
    worlds(plain=True),
    conditions(BY_LINE, 1),
    st.lists(conditions(), max_size=1),
    ORDERS,
    st.integers(1, 5),
    BOUNDS,
)
def test_rows_by_their_lines_are_those_of_a_naive_reader(
    database: Database,
    world: list[Any],
    said: Condition,
    beside: list[Condition],
    order: Order,
    limit: int,
    lines: int,
) -> None:
    with _bounded(lines):
        _check_rows(database, world, [said, *beside], order, limit, indexed=True)


@settings(deadline=None)
@given(worlds(plain=True), conditions(BY_LINE, 1), st.sampled_from(sorted(VALUES)), BOUNDS)
def test_counts_by_lines_are_those_of_a_naive_reader(
    database: Database, world: list[Any], said: Condition, field: str, lines: int
) -> None:
    with TemporaryDirectory() as folder, _bounded(lines):
        places = _made(folder, world, indexed=True)
        found = count_values(database, places, _asked(said), field, Budget(60))
        having = places_with_rows(database, places, _asked(said), Budget(60))
        rows = naive_rows(places, [said], ascending=True)
    assert dict(found) == (naive_counts(rows, field) if field != "text" else {})
    assert {str(each.rows) for each in having} == {str(place.rows) for place, _ in rows}


@settings(deadline=None)
@given(worlds(), st.lists(conditions(), max_size=2), st.booleans(), BOUNDS)
def test_places_with_rows_are_those_of_a_naive_reader(
    database: Database, world: list[Any], said: list[Condition], indexed: bool, lines: int
) -> None:
    with TemporaryDirectory() as folder, _bounded(lines):
        places = _made(folder, world, indexed=indexed)
        found = places_with_rows(database, places, _asked(*said), Budget(60))
        expected = [each for each in places if naive_rows([each], said, ascending=True)]
    by_file = [str(each.rows) for each in found]
    assert sorted(by_file) == sorted(str(each.rows) for each in expected)


@settings(deadline=None)
@given(
    worlds(),
    st.lists(conditions(), max_size=1),
    st.booleans(),
    st.sampled_from(sorted(VALUES)),
    BOUNDS,
)
def test_counts_are_those_of_a_naive_reader(
    database: Database,
    world: list[Any],
    said: list[Condition],
    indexed: bool,
    field: str,
    lines: int,
) -> None:
    with TemporaryDirectory() as folder, _bounded(lines):
        places = _made(folder, world, indexed=indexed)
        found = count_values(database, places, _asked(*said), field, Budget(60))
        expected = naive_counts(naive_rows(places, said, ascending=True), field)
    assert dict(found) == expected if field != "text" else found == []
    assert [count for _, count in found] == sorted((c for _, c in found), reverse=True)
