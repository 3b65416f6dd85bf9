"""Which units are not opened for an address, and what many files in one statement give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.published_places import place_of, published_row

from tocsin.catalogue.entries import ReportType
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.search.conditions import Condition
from tocsin.engine.search.database import Budget, Database
from tocsin.engine.search.fields import fields_of
from tocsin.engine.search.find import count_values, find_rows
from tocsin.engine.search.statements import Asked, groups_of
from tocsin.engine.search.subjects import may_have, subjects_of, subjects_path
from tocsin.engine.search.values import Order, Place, Row
from tocsin.model.address import parse_network

CATALOGUE = load_catalogue()
FIELDS = fields_of(CATALOGUE)
SINKHOLE = CATALOGUE.report_types["event4_sinkhole"]
DAY = dt.date(2026, 11, 22)
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)

ADDRESSES = ("192.0.2.10", "192.0.2.200", "203.0.113.5", "2001:db8::1", "2001:db8:1::1", "")
ASKED = (
    "192.0.2.10", "192.0.2.0/24", "192.0.2.128/25", "198.51.100.0/24", "0.0.0.0/0", "203.0.113.6",
    "2001:db8::1", "2001:db8::2", "2001:db8::/32", "2001:db8:1::/48", "2001:db8:2::/48", "::/0",
)  # fmt: skip


def _asked(*said: Condition) -> Asked:
    return Asked(said, FIELDS, CATALOGUE.column_aliases)


def _find(database: Database, places: Sequence[Place], *said: Condition) -> list[Row]:
    return find_rows(database, places, _asked(*said), Budget(60), order=Order.ASCENDING, most=1_000)


def _place(folder: Path, *subjects: str, day: dt.date = DAY) -> Place:
    rows = [
        published_row(each, NOON, number, (1,), src_ip=each or None, src_port=number)
        for number, each in enumerate(subjects)
    ]
    return place_of(folder, day, SINKHOLE, rows, whole=(1,))


@settings(deadline=None)
@given(st.sets(st.sampled_from(ADDRESSES)), st.sets(st.sampled_from(ASKED), min_size=1))
def test_a_unit_that_has_an_address_is_never_left_out(subjects: set[str], asked: set[str]) -> None:
    networks = [parse_network(each) for each in asked]
    hosts = [parse_network(each).first for each in subjects if each]
    has = any(each.first <= host <= each.last for each in networks for host in hosts)
    with TemporaryDirectory() as folder:
        place = _place(Path(folder), *sorted(subjects))
        told = may_have(place, [Condition("ip", tuple(sorted(asked)))], FIELDS)
    assert told or not has


def test_a_unit_without_an_address_is_not_opened(tmp_path: Path) -> None:
    place = _place(tmp_path, "192.0.2.10", "2001:db8::1")
    for said in ("192.0.2.11", "198.51.100.0/24", "2001:db8:1::/48"):
        assert groups_of([place], _asked(Condition("ip", (said,)))) == []
    assert not place.index.exists()


@pytest.mark.parametrize("said", ["192.0.2.1*", "no address"])
def test_what_is_no_network_leaves_nothing_out(tmp_path: Path, said: str) -> None:
    place = _place(tmp_path, "203.0.113.5")
    assert may_have(place, [Condition("ip", ("192.0.2.10", said))], FIELDS)
    assert may_have(place, [Condition("dst_ip", ("192.0.2.10",))], FIELDS)


@pytest.mark.parametrize("left", [b"", b"short", b"subject1" + bytes(7), bytes(32)])
def test_a_damaged_list_of_subjects_is_made_again(tmp_path: Path, left: bytes) -> None:
    place = _place(tmp_path, "192.0.2.10", "192.0.2.10", "")
    path = subjects_path(place.index)
    path.parent.mkdir(parents=True)
    path.write_bytes(left)
    assert subjects_of(place.rows, place.index).tolist() == [parse_network("192.0.2.10").first]
    assert path.read_bytes() != left


def test_files_that_keep_a_column_otherwise_are_not_read_as_one(
    tmp_path: Path, database: Database
) -> None:
    days = [DAY + dt.timedelta(number) for number in range(3)]
    places = [_place(tmp_path, "192.0.2.10", "192.0.2.200", day=day) for day in days]
    older = pq.ParquetFile(places[1].rows).read()
    number = older.schema.get_field_index("src_port")
    as_text = older.column("src_port").cast(pa.string())
    pq.write_table(older.set_column(number, "src_port", as_text), places[1].rows)
    assert [each.cells["src_port"] for each in _find(database, places)] == [0, 1, "0", "1", 0, 1]
    counts = dict(count_values(database, places, _asked(), "src_port", Budget(60)))
    assert counts == {0: 2, 1: 2, "0": 1, "1": 1}


def _tagged(folder: Path, report_type: ReportType, day: int) -> Place:
    tag = f"{report_type.id} {day}"
    row = published_row("192.0.2.10", NOON, 1, (1,), src_ip="192.0.2.10", tag=tag)
    return place_of(folder, DAY + dt.timedelta(day), report_type, [row], whole=(1,))


def test_rows_of_many_types_and_days_are_whole(tmp_path: Path, database: Database) -> None:
    types = [
        each
        for each in CATALOGUE.report_types.values()
        if {"src_ip", "tag"} <= set(each.column_names) and each.subject.column == "src_ip"
    ][:24]
    places = [
        _tagged(tmp_path, each, day)
        for number, each in enumerate(types)
        for day in range(6 if number % 4 == 0 else 1)
    ]
    found = _find(database, places)
    assert len(found) == len(places) > 24
    for row in found:
        day = (row.mark.day - DAY).days
        assert row.cells["tag"] == f"{row.report_type.id} {day}"
        assert list(row.cells) == list(row.report_type.column_names)
