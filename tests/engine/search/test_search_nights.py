"""What the oracle does not ask of the index of a night: damage, packs, ties, and many rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.fakes.published_places import index_of, place_of, published_row

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.search import night_making, night_search
from tocsin.engine.search.conditions import Condition
from tocsin.engine.search.database import Budget, Database
from tocsin.engine.search.fields import fields_of
from tocsin.engine.search.find import count_values, find_rows
from tocsin.engine.search.indexed import indexed
from tocsin.engine.search.night_index import night_index
from tocsin.engine.search.statements import Asked
from tocsin.engine.search.values import Mark, Order, Place, Row

CATALOGUE = load_catalogue()
SINKHOLE = CATALOGUE.report_types["event4_sinkhole"]
DAY = dt.date(2026, 11, 22)
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def _asked(*said: Condition) -> Asked:
    return Asked(said, fields_of(CATALOGUE), CATALOGUE.column_aliases)


def _find(
    database: Database,
    places: Sequence[Place],
    *said: Condition,
    order: Order = Order.ASCENDING,
    most: int = 1_000,
    after: Mark | None = None,
) -> list[Row]:
    budget = Budget(60)
    return find_rows(database, places, _asked(*said), budget, order=order, most=most, after=after)


def _place(folder: Path, *, day: dt.date = DAY, drop: Sequence[str] = ()) -> Place:
    rows = [
        published_row(
            f"192.0.2.{number}", NOON, number, (1, 5) if number % 2 else (5,),
            src_ip=f"192.0.2.{number}", src_asn=64496, src_port=number, _origins=[64496],
            infection=("plain", 'a "quoted", word', "two\nlines", None, "")[number % 5],
        )
        for number in range(10)
    ]  # fmt: skip
    return place_of(folder, day, SINKHOLE, rows, whole=(1,), drop=drop)


def _ports(rows: Sequence[Row]) -> list[object]:
    return [each.cells["src_port"] for each in rows]


def test_rows_are_found_and_given_without_opening_published_files(
    tmp_path: Path, database: Database
) -> None:
    place = _place(tmp_path)
    expected = _find(database, [place], Condition("asn", ("64496",)))
    index_of([place])
    index = night_index(place.night)
    assert index is not None
    place.rows.write_bytes(b"not a published file any more")
    plain = [each for each in expected if "\n" not in str(each.cells["infection"])]
    found = _find(database, [place], Condition("asn", ("64496",)), Condition("ip", ("192.0.2.9",)))
    assert found == plain[-1:]
    assert _ports(found) == [9]
    assert count_values(database, [place], _asked(), "type", Budget(60)) == [(SINKHOLE.id, 5)]
    assert count_values(database, [place], _asked(), "asn", Budget(60)) == [(64496, 5)]


def test_a_cell_that_a_pack_holds_otherwise_is_given_as_it_is(
    tmp_path: Path, database: Database
) -> None:
    place = _place(tmp_path)
    expected = _find(database, [place])
    index_of([place])
    found = _find(database, [place])
    assert found == expected
    assert [each.cells["infection"] for each in found] == [
        'a "quoted", word', None, "plain", "two\nlines", "",
    ]  # fmt: skip


@pytest.mark.parametrize("left", [None, b"", b"x" * 4_000, b"1,2\n" * 2_000])
def test_what_a_pack_does_not_tell_any_more_published_files_do(
    tmp_path: Path, database: Database, left: bytes | None
) -> None:
    place = _place(tmp_path)
    expected = _find(database, [place])
    index_of([place])
    assert place.pack is not None
    if left is None:
        place.pack.unlink()
    else:
        place.pack.write_bytes(left)
    assert _find(database, [place]) == expected


@pytest.mark.parametrize("left", [b"", b"no index", b"tocsarr1" + bytes(90)])
def test_a_damaged_index_of_a_night_is_as_good_as_none(
    tmp_path: Path, database: Database, left: bytes
) -> None:
    place = _place(tmp_path)
    expected = _find(database, [place])
    index_of([place])
    assert place.night is not None
    whole = place.night.read_bytes()
    for damaged in (left, whole[:-64]):
        place.night.write_bytes(damaged)
        assert night_index(place.night) is None
        assert _find(database, [place]) == expected
    index_of([place])
    assert place.night.read_bytes() == whole


def test_making_that_is_killed_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = _place(tmp_path)
    index_of([place])
    assert place.night is not None
    whole = place.night.read_bytes()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(night_making, "_place", killed)
    with pytest.raises(KeyboardInterrupt):
        index_of([place])
    assert place.night.read_bytes() == whole
    assert [each.name for each in place.night.parent.iterdir()] == [place.night.name]


def test_an_older_pack_lacks_columns_as_its_rows_do(tmp_path: Path, database: Database) -> None:
    place = _place(tmp_path, drop=["family", "tag", "src_asn"])
    asn = Condition("asn", ("64496",))
    expected = _find(database, [place]), _find(database, [place], asn)
    index_of([place])
    assert (_find(database, [place]), _find(database, [place], asn)) == expected
    assert expected[0][0].cells["family"] is None
    assert expected[1] == []


@pytest.mark.parametrize("order", list(Order))
def test_of_many_rows_of_one_moment_each_comes_once_and_in_order(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch, order: Order
) -> None:
    monkeypatch.setattr(night_search, "AT_ONCE", 16)
    days = [DAY, DAY + dt.timedelta(1)]
    rows = [
        published_row(
            f"192.0.2.{number % 50}", NOON, number * 7_919 % 1_000, (1, number % 3 + 2),
            src_ip=f"192.0.2.{number % 50}", src_port=number,
        )
        for number in range(300)
    ]  # fmt: skip
    places = [place_of(tmp_path, day, SINKHOLE, rows, whole=(1,)) for day in days]
    expected = _find(database, places, order=order)
    assert len(expected) == 600
    index_of(places)
    found: list[Row] = []
    while page := _find(
        database, places, order=order, most=37, after=found[-1].mark if found else None
    ):
        found += page
    assert found == expected


def test_what_lies_in_very_broad_networks_is_read_in_files(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = _place(tmp_path)
    asked = Condition("ip", ("192.0.2.0/29", "192.0.2.4/30", "198.51.100.0/24"))
    index_of([place])
    expected = [1, 3, 5, 7]
    assert _ports(_find(database, [place], asked)) == expected
    monkeypatch.setattr(night_search, "MOST_BY_ADDRESS", 3)
    assert _ports(_find(database, [place], asked)) == expected
    nights, _, others = indexed([place], _asked(asked))
    assert (others, [each.places for each in nights]) == ([place], [[]])


def test_a_night_without_rows_has_an_index(tmp_path: Path, database: Database) -> None:
    place = place_of(tmp_path, DAY, SINKHOLE, [], whole=(1,))
    index_of([place])
    assert night_index(place.night) is not None
    assert _find(database, [place]) == []
    assert count_values(database, [place], _asked(), "type", Budget(60)) == []
