"""Questions of which the index tells a part, and lines in packs the rest."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.fakes.published_places import index_of, place_of, published_row

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.search import line_walk
from tocsin.engine.search.cells_hold import lower
from tocsin.engine.search.conditions import Condition
from tocsin.engine.search.database import Budget, Database, Statement
from tocsin.engine.search.fields import fields_of
from tocsin.engine.search.find import count_values, find_rows, places_with_rows
from tocsin.engine.search.statements import Asked
from tocsin.engine.search.values import Mark, Order, Place, Row

CATALOGUE = load_catalogue()
SINKHOLE = CATALOGUE.report_types["event4_sinkhole"]
HTTP = CATALOGUE.report_types["scan_http"]
SSL = CATALOGUE.report_types["scan_ssl"]
DAY = dt.date(2026, 11, 22)
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
WORD = Condition("infection", ("exam*",))


def _asked(*said: Condition) -> Asked:
    return Asked(said, fields_of(CATALOGUE), CATALOGUE.column_aliases)


def _find(
    database: Database,
    places: Sequence[Place],
    *said: Condition,
    order: Order = Order.ASCENDING,
    most: int = 1_000,
    skip: int = 0,
    after: Mark | None = None,
) -> list[Row]:
    return find_rows(
        database, places, _asked(*said), Budget(60), order=order, most=most, skip=skip, after=after
    )


def _days(folder: Path, count: int = 3, rows: int = 40) -> list[Place]:
    """Days of which every third row has the word."""
    return [
        place_of(folder, DAY - dt.timedelta(number), SINKHOLE, [
            published_row(
                f"192.0.2.{row}", NOON + dt.timedelta(seconds=row * 7 % 11), row, (1, 5),
                src_ip=f"192.0.2.{row}", src_asn=64496 + row % 2, src_port=row, dst_port=row % 5,
                infection=("Example", "other", None)[row % 3], tag="iot;mirai" if row % 2 else "",
                _origins=[64496 + row % 2],
            )
            for row in range(rows)
        ], whole=(1,))
        for number in range(count)
    ]  # fmt: skip


def _garbage(places: Sequence[Place]) -> None:
    for each in places:
        each.rows.write_bytes(b"not a published file any more")


QUESTIONS = (
    (WORD,),
    (Condition("asn", ("64496",)), WORD),
    (Condition("tag", every_of=("iot", "MIRAI")), Condition("dst_port", ("2", "3"))),
    (Condition("text", ("xampl",)), Condition("ip", ("192.0.2.0/28",))),
    (Condition("require", every_of=("tag", "infection")), Condition("geo", ("XA",))),
)


@pytest.mark.parametrize("said", QUESTIONS)
def test_other_columns_are_asked_of_lines_without_opening_published_files(
    tmp_path: Path, database: Database, said: Sequence[Condition]
) -> None:
    places = _days(tmp_path)
    expected = [_find(database, places, *said, order=order) for order in Order]
    assert bool(expected[0]) is (Condition("geo", ("XA",)) not in said)
    index_of(places)
    _garbage(places)
    assert [_find(database, places, *said, order=order) for order in Order] == expected


def test_values_are_counted_in_lines_without_opening_published_files(
    tmp_path: Path, database: Database
) -> None:
    places = _days(tmp_path)
    fields = ("infection", "tag", "dst_port", "timestamp", "asn", "type", "http_agent")

    def counts() -> list[object]:
        asked = (_asked(), _asked(WORD))
        by_field = [
            count_values(database, places, each, field, Budget(60))
            for each in asked
            for field in fields
        ]
        return [*by_field, places_with_rows(database, places, asked[1], Budget(60)) == places]

    expected = counts()
    assert expected[0] == [("Example", 42), ("other", 39)]
    assert expected[-1] is True
    index_of(places)
    _garbage(places)
    assert counts() == expected


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("lines", [0, 5, 30, 60, 100, 10_000])
def test_a_search_reads_so_many_lines_and_then_files_and_finds_the_same(
    tmp_path: Path,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    order: Order,
    lines: int,
) -> None:
    places = _days(tmp_path)
    expected = _find(database, places, WORD, order=order)
    index_of(places)
    monkeypatch.setattr(line_walk, "MOST_LINES", lines)
    monkeypatch.setattr(line_walk, "_LEAST", 4)
    by_mark: list[Row] = []
    while page := _find(
        database, places, WORD, order=order, most=9, after=by_mark[-1].mark if by_mark else None
    ):
        by_mark += page
    by_page = [
        row
        for skip in range(0, len(expected), 9)
        for row in _find(database, places, WORD, order=order, most=9, skip=skip)
    ]
    assert by_mark == by_page == expected
    counted = count_values(database, places, _asked(WORD), "dst_port", Budget(60))
    assert sum(count for _, count in counted) == len(expected)


def test_no_more_lines_are_read_than_a_search_may_read(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = _days(tmp_path)
    index_of(places)
    _garbage(places)
    monkeypatch.setattr(line_walk, "MOST_LINES", 119)
    monkeypatch.setattr(line_walk, "_LEAST", 4)
    assert len(_find(database, places, WORD, most=29)) == 29
    with pytest.raises(pa.ArrowInvalid, match="magic bytes"):
        _find(database, places, WORD)
    monkeypatch.setattr(line_walk, "MOST_LINES", 120)
    assert len(_find(database, places, WORD)) == 42


def test_twice_as_many_lines_are_counted_as_are_read_to_find_rows(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = _days(tmp_path)
    index_of(places)
    _garbage(places)
    monkeypatch.setattr(line_walk, "MOST_LINES", 59)
    with pytest.raises(pa.ArrowInvalid, match="magic bytes"):
        count_values(database, places, _asked(WORD), "type", Budget(60))
    monkeypatch.setattr(line_walk, "MOST_LINES", 60)
    assert count_values(database, places, _asked(WORD), "type", Budget(60)) == [(SINKHOLE.id, 42)]


def test_places_that_files_alone_tell_of_are_merged_with_those_of_lines(
    tmp_path: Path, database: Database
) -> None:
    indexed = _days(tmp_path / "indexed")
    others = _days(tmp_path / "not", 4, 30)
    expected = _find(database, [*indexed, *others], WORD)
    index_of(indexed)
    assert _find(database, [*others, *indexed], WORD) == expected


TOUGH = (
    "\u0130stanbul", "istanbul", "\u0391\u03a3", "\u03b1\u03c2", "\u03b1\u03c3",
    "STRASSE", "straße", "ÄÖ", "\u212a", "",
    "a;B;c", ";", "b;;c", 'say "hi"', '"', ",", "two\nlines", "cr\rlf", "nul\0", " a", "a ",
    "%", "x*", "192.0.2.1", "192.0.2.01", "999.1.1.1", "2001:db8::1", "2001:db8:0::1",
    "2001:DB8::1", "::ffff:192.0.2.1", "::1", "12:34:56", "fe80::1%eth0", None,
)  # fmt: skip


def _tough(folder: Path) -> list[Place]:
    def row(number: int, cell: str | None) -> dict[str, Any]:
        moment = (NOON, dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC), None)
        return {
            "infection": cell, "tag": cell, "dst_ip": cell, "src_hostname": cell,
            "dst_port": (0, -5, 2**63 - 1, None)[number % 4],
            "device_version": cell, "public_source": cell,
            "http_agent": cell, "cert_issue_date": moment[number % 3],
            "cert_expiration_date": moment[number % 3], "http_date": cell,
        }  # fmt: skip

    places = []
    for place, report_type in enumerate((SINKHOLE, HTTP, SSL)):
        has = set(report_type.column_names)
        rows = [
            published_row(
                f"192.0.2.{number}", NOON, number, (1,),
                **{name: said for name, said in row(number, cell).items() if name in has},
            )
            for number, cell in enumerate(TOUGH)
        ]  # fmt: skip
        drop = [[], ["tag"], ["cert_issue_date"]][place]
        drop = [each for each in drop if each in has]
        places.append(place_of(folder, DAY, report_type, rows, whole=(1,), drop=drop))
    return places


ASKED = {
    "infection": (
        "*",
        "i*",
        "\u0130*",
        "istanbul",
        "\u03b1\u03c2",
        "\u0391\u03a3",
        "strasse",
        "k",
        "two*",
        ",",
        '"',
        "",
    ),
    "tag": ("b", "B*", "", "*", "a", ";", "i*", "two\nlines", "nul*"),
    "dst_ip": ("192.0.2.1", "192.0.2.0/24", "2001:db8::/32", "::/0", "0.0.0.0/0", "::/96", "2001*"),
    "dst_port": ("0", "-5", "9223372036854775807", "9223372036854775808", "x", "80"),
    "hostname": ("STRASSE", "äö", "%", "x**"),
    "text": ("", "i", "\u03c3", "\n", "\u0130"),
    "require": ("infection", "tag", "dst_port", "cert_issue_date", "nothing", "type", "DST_IP"),
    "cert_issue_date": ("1969", "1969-12-31 23:59:59", "2026-11-22 12", "2026-11-22 12:00:00.5Z"),
    "http_date": ("\u0130*", "two\nlines"),
    "agent": ("say*", "12:34:56"),
}


@pytest.mark.parametrize("field", sorted(ASKED))
def test_lines_mean_what_files_mean(tmp_path: Path, database: Database, field: str) -> None:
    places = _tough(tmp_path)

    def answers() -> list[object]:
        some = [_asked(Condition(field, (said,))) for said in ASKED[field]]
        some += [_asked(Condition(field, (), ASKED[field][:2]))]
        found = [_find(database, places, *each.conditions) for each in some]
        counts = [count_values(database, places, each, "type", Budget(60)) for each in some]
        return [found, counts, count_values(database, places, _asked(), field, Budget(60))]

    expected = answers()
    index_of(places)
    assert answers() == expected


def test_small_letters_are_those_of_the_database(database: Database) -> None:
    letters = [chr(code) for code in range(1, sys.maxunicode) if not 0xD800 <= code < 0xE000]
    every = "".join(letters)
    asked = Statement("SELECT lower(?) AS small", (every,))
    assert database.run([asked], Budget(60))[0].column("small").to_pylist() == [lower(every)]
    assert lower("\u0391\u03a3 ÇA") == "\u03b1\u03c3 ça"
