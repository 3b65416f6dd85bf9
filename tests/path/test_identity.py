"""Identity: the same row is one event, however and how often it arrives."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
from tests.fakes.small_home import SmallHome, event, ndjson, report_names, rows_of

from tocsin.engine.intake.ledger import Ledger

REPORT = "2026-11-22-event4_sinkhole-alpha-asn.csv"


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def _events(number: int) -> list[dict[str, object]]:
    return [dict(event(n, f"192.0.2.{n % 200 + 1}")) for n in range(number)]


def test_the_same_file_twice_is_taken_once(small: SmallHome) -> None:
    path = small.put("a.ndjson", ndjson(_events(5)))
    first = small.collect(path)
    second = small.collect(path)
    assert [record.batch for record in first.records]
    assert (second.records, second.known) == ([], [path])


def test_a_renamed_or_repacked_copy_is_the_same_content(small: SmallHome) -> None:
    content = ndjson(_events(5))
    small.collect(small.put("a.ndjson", content))
    renamed = small.put("b.ndjson", content)
    packed = small.put("c.ndjson.gz", gzip.compress(content))
    collected = small.collect(renamed, packed)
    assert collected.records == []
    assert collected.known == [renamed, packed]


def test_a_copy_within_one_call_is_taken_once(small: SmallHome) -> None:
    content = ndjson(_events(5))
    collected = small.collect(small.put("a.ndjson", content), small.put("b.ndjson", content))
    assert sum(piece.rows for record in collected.records for piece in record.pieces) == 5


def test_a_grown_file_brings_only_what_is_new(small: SmallHome) -> None:
    events = _events(8)
    small.collect(small.put("log.ndjson", ndjson(events[:5])))
    grown = small.collect(small.put("log.ndjson", ndjson(events)))
    (record,) = grown.records
    (piece,) = record.pieces
    assert grown.already == 5
    assert (piece.rows, piece.first_line) == (3, 6)
    run = small.night()
    assert len(rows_of(small, run, REPORT)) == 8


def test_identical_lines_in_a_grown_file_stay_apart(small: SmallHome) -> None:
    line = ndjson([event(1)])
    small.collect(small.put("log.ndjson", line * 2))
    small.collect(small.put("log.ndjson", line * 5))
    run = small.night()
    unit = run.manifest["units"]["event4_sinkhole"]  # type: ignore[index]
    assert (unit["events"], unit["repeated"], unit["rows"]) == (5, 0, 1)


def test_identical_lines_within_a_file_are_real_repeats(small: SmallHome) -> None:
    small.collect(small.put("log.ndjson", ndjson([event(1)] * 7)))
    run = small.night()
    unit = run.manifest["units"]["event4_sinkhole"]  # type: ignore[index]
    assert (unit["events"], unit["repeated"], unit["merged"], unit["rows"]) == (7, 0, 6, 1)


def test_two_files_with_the_same_rows_count_them_once(small: SmallHome) -> None:
    events = _events(4)
    small.collect(small.put("a.ndjson", ndjson(events)))
    small.collect(small.put("b.ndjson", ndjson([*reversed(events)])))
    run = small.night()
    unit = run.manifest["units"]["event4_sinkhole"]  # type: ignore[index]
    assert (unit["events"], unit["repeated"], unit["rows"]) == (8, 4, 4)


def test_another_source_with_the_same_rows_is_another_witness(small: SmallHome) -> None:
    text = "extends: sensors\ntitle: Others\ndescription: Other sensors.\n"
    small.write_source("others", text)
    path = small.put("a.ndjson", ndjson(_events(3)))
    small.collect(path)
    small.collect(path, source="others")
    run = small.night()
    unit = run.manifest["units"]["event4_sinkhole"]  # type: ignore[index]
    assert (unit["events"], unit["repeated"], unit["merged"], unit["rows"]) == (6, 0, 3, 3)


def test_slices_make_the_same_events_as_the_whole(tmp_path: Path) -> None:
    content = ndjson(_events(50) + _events(50))
    reports = []
    for rows in (1_000, 7):
        (tmp_path / str(rows)).mkdir()
        small = SmallHome.make(tmp_path / str(rows))
        small.collect(small.put("a.ndjson", content), slice_rows=rows)
        reports.append(rows_of(small, small.night(), REPORT))
    assert reports[0] == reports[1]
    assert len(reports[0]) == 50


def test_every_row_of_every_batch_adds_up(small: SmallHome) -> None:
    bad = b'{"report_type": "event4_sinkhole"}\nnot json\n\n'
    path = small.put("a.ndjson", ndjson(_events(5)) + bad + ndjson([event(9, "10.0.0.1")]))
    small.collect(path)
    (record,) = Ledger(small.home.ledger).records()
    (piece,) = record.pieces
    assert piece.adds_up
    assert (piece.rows, piece.accepted) == (8, 5)
    assert piece.dropped == {"reserved": 1}
    assert piece.rejected == {"bad_json": 1, "no_time": 1}
    assert piece.notes["blank_lines"] == 1


def test_reports_of_the_day_are_named_by_day_type_list_and_filter(small: SmallHome) -> None:
    small.collect_events(_events(3))
    assert report_names(small.night()) == [
        "2026-11-22-event4_sinkhole-alpha-asn.csv",
        "2026-11-22-event4_sinkhole-cert-xa-geo.csv",
    ]


def test_a_zip_that_is_turned_away_takes_nothing_from_its_neighbours(small: SmallHome) -> None:
    content = ndjson(_events(5))
    packed = small.put("a.zip", b"")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("events.ndjson", content)
        archive.writestr("README.txt", "what this is about")
    collected = small.collect(packed, small.put("b.ndjson", content))
    assert [refused.path for refused in collected.refused] == [packed]
    assert sum(piece.rows for record in collected.records for piece in record.pieces) == 5


def test_batches_are_named_alike_whether_their_type_is_new_or_known(tmp_path: Path) -> None:
    content = b'timestamp,ip,colour\n"2026-11-22 01:00:00",192.0.2.9,red\n'
    names = []
    for name in ("new", "known"):
        (tmp_path / name).mkdir()
        small = SmallHome.make(tmp_path / name)
        path = small.put("2026-11-22-scan_colour-x-asn.csv", content)
        if name == "known":
            other = small.put("2026-11-22-scan_colour-y-asn.csv", b"timestamp,ip,colour\n")
            small.collect(other, source="shadowserver-csv")
        collected = small.collect(path, source="shadowserver-csv")
        names.append([record.batch for record in collected.records])
    assert names[0] == names[1]
