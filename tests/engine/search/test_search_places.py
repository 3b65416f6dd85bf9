"""What the oracle does not ask: indexes, older files, limits, many at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.fakes.published_places import place_of, published_row

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.search.audience_index import audience_index
from tocsin.engine.search.conditions import Condition, time_span
from tocsin.engine.search.database import Budget, Database, Statement
from tocsin.engine.search.fields import class_of, fields_of
from tocsin.engine.search.find import count_values, find_rows
from tocsin.engine.search.statements import Asked
from tocsin.engine.search.values import Order, Place, Row
from tocsin.model.address import parse_address
from tocsin.model.errors import TransientError, UsageError

CATALOGUE = load_catalogue()
SINKHOLE = CATALOGUE.report_types["event4_sinkhole"]
DAY = dt.date(2026, 11, 22)
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def _asked(*said: Condition) -> Asked:
    return Asked(said, fields_of(CATALOGUE), CATALOGUE.column_aliases)


def _find(database: Database, places: Sequence[Place], *said: Condition) -> list[Row]:
    return find_rows(database, places, _asked(*said), Budget(60), order=Order.ASCENDING, most=1_000)


def _two_rows(folder: Path) -> Place:
    rows = [
        published_row("192.0.2.10", NOON, 1, (1, 5), src_ip="192.0.2.10", tag="a;a;b"),
        published_row("198.51.100.7", NOON, 2, (5,), src_ip="198.51.100.7"),
    ]
    return place_of(folder, DAY, SINKHOLE, rows, whole=(1,))


def test_an_index_tells_numbers_and_bounds_of_lists(tmp_path: Path) -> None:
    place = _two_rows(tmp_path)
    for _ in range(2):  # made, and read
        index = audience_index(place.rows, place.audiences, place.index)
        assert index.numbers_of([1]) == [1]
        assert index.numbers_of([5, 77]) == [1, 2]
        assert index.numbers_of([77]) == []
        assert index.bounds_of([77]) is None
        bounds = index.bounds_of([1])
        assert bounds is not None
        assert bounds.first_lo == bounds.last_lo == parse_address("192.0.2.10")
        assert place.index.exists()


@pytest.mark.parametrize("left", [b"", b"no index", b"ARROW1\x00\x00cut off"])
def test_a_damaged_index_is_made_again(tmp_path: Path, left: bytes) -> None:
    place = _two_rows(tmp_path)
    place.index.parent.mkdir(parents=True)
    place.index.write_bytes(left)
    assert audience_index(place.rows, place.audiences, place.index).numbers_of([1]) == [1]
    assert place.index.read_bytes() != left


def test_a_unit_without_rows_has_an_index_of_nobody(tmp_path: Path, database: Database) -> None:
    place = place_of(tmp_path, DAY, SINKHOLE, [], whole=(1,))
    assert audience_index(place.rows, place.audiences, place.index).numbers_of([1]) == []
    assert _find(database, [place]) == []


def test_rows_without_a_subject_are_found(tmp_path: Path, database: Database) -> None:
    victims = CATALOGUE.report_types["ransomware_victim"]
    rows = [
        published_row("", NOON, 1, (1,), website="a.example.org", _domains=["a.example.org"]),
        published_row("", NOON, 2, (2,), website="example.net", _domains=["example.net"]),
    ]
    place = place_of(tmp_path, DAY, victims, rows, whole=(1,))
    (found,) = _find(database, [place], Condition("domain", ("example.org",)))
    assert found.cells["website"] == "a.example.org"


def test_what_an_older_file_lacks_is_absent_and_matches_nothing(
    tmp_path: Path, database: Database
) -> None:
    rows = [published_row("192.0.2.10", NOON, 1, (1,), src_ip="192.0.2.10", src_port=80)]
    place = place_of(tmp_path, DAY, SINKHOLE, rows, whole=(1,), drop=["family", "tag"])
    (found,) = _find(database, [place])
    assert found.cells["family"] is None
    assert list(found.cells) == list(SINKHOLE.column_names)
    assert _find(database, [place], Condition("family", ("*",))) == []
    assert count_values(database, [place], _asked(), "tag", Budget(60)) == []


def test_items_of_a_list_count_once_a_row(tmp_path: Path, database: Database) -> None:
    place = _two_rows(tmp_path)
    assert count_values(database, [place], _asked(), "tag", Budget(60)) == [("a", 1), ("b", 1)]


def test_emptied_cells_are_not_found_by_what_they_held(tmp_path: Path, database: Database) -> None:
    hidden = published_row(
        "192.0.2.10", NOON, 1, (1,), src_ip="192.0.2.10", dst_ip=None,
        _extra='{"dst_ip":"203.0.113.5"}', _file="203.0.113.5.log", _sensor="203.0.113.5",
    )  # fmt: skip
    place = place_of(tmp_path, DAY, SINKHOLE, [hidden], whole=(1,))
    for field in ("dst_ip", "text"):
        assert _find(database, [place], Condition(field, ("203.0.113.5",))) == []


def test_many_ask_at_once_and_each_gets_its_own_rows(tmp_path: Path, database: Database) -> None:
    days = [DAY + dt.timedelta(days=number) for number in range(8)]
    rows = [
        published_row(f"192.0.2.{n}", NOON, n, (n % 7 + 1,), src_ip=f"192.0.2.{n}")
        for n in range(140)
    ]

    def asks(number: int) -> set[str]:
        places = [
            place_of(tmp_path / str(number), day, SINKHOLE, rows, whole=(number,)) for day in days
        ]
        found = _find(database, places)
        assert len(found) == 20 * len(days)
        return {str(each.cells["src_ip"]) for each in found}

    with ThreadPoolExecutor(7) as pool:
        found = list(pool.map(asks, range(1, 8)))
    for number, theirs in enumerate(found, 1):
        assert theirs == {f"192.0.2.{n}" for n in range(140) if n % 7 + 1 == number}


def test_one_index_is_made_by_many_at_once(tmp_path: Path) -> None:
    place = _two_rows(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        made = pool.map(
            lambda _: audience_index(place.rows, place.audiences, place.index).numbers_of([5]),
            range(32),
        )
    assert list(made) == [[1, 2]] * 32
    assert [each.name for each in place.index.parent.iterdir()] == [place.index.name]


def test_a_search_that_takes_too_long_ends(database: Database) -> None:
    endless = Statement("SELECT sum(a.range * b.range) FROM range(10000000) a, range(1000000) b")
    with pytest.raises(TransientError, match="longer than"):
        database.run([endless, endless, endless], Budget(0.2))
    (answer,) = database.run([Statement("SELECT 1 AS one")], Budget(30))
    assert answer.to_pylist() == [{"one": 1}]


def test_a_search_that_needs_too_much_memory_says_so() -> None:
    small = Database("16MB", 1)
    large = Statement("SELECT count(*) FROM (SELECT DISTINCT range FROM range(9000000))")
    try:
        with pytest.raises(UsageError, match="memory"):
            small.run([large], Budget(60))
    finally:
        small.close()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("2026", 365 * 86_400),
        ("2026-11", 30 * 86_400),
        ("2026-12", 31 * 86_400),
        ("2026-11-22", 86_400),
        ("2026-11-22 04", 3_600),
        ("2026-11-22T04:05Z", 60),
        ("2026-11-22 04:05:06.5Z", 1),
    ],
)
def test_a_time_means_all_of_its_span(said: str, seconds: int) -> None:
    span = time_span(said)
    assert span is not None
    assert span[1] - span[0] == seconds * 1_000_000 - 1


@pytest.mark.parametrize(
    "said", ["", "26", "2026-13", "2026-11-31", "0000", "9999", "2026-11-22 24"]
)
def test_what_is_no_time_means_none(said: str) -> None:
    assert time_span(said) is None


def test_classes_of_types_are_where_their_rows_come_from() -> None:
    kinds = {class_of(each) for each in CATALOGUE.report_types}
    assert {"sinkhole", "honeypot", "scan", "population", "sandbox", "compromised"} <= kinds
    assert class_of("scan6_http") == "scan"
    assert class_of("event6_sinkhole_http") == "sinkhole"
