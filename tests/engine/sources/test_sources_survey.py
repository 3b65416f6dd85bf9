"""Surveying: checksums, slices that cover every byte, and grown files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies.source_files import CSV, HEADER, MOST, NDJSON, csv_contents, read_whole

from tocsin.engine.sources import survey as survey_module
from tocsin.engine.sources.compression import members
from tocsin.engine.sources.identity import record_digest
from tocsin.engine.sources.survey import head_of, survey


def _rows(first: int, end: int) -> bytes:
    return b"".join(b"2026-11-22 00:00:00,192.0.2.1,%d,x\n" % n for n in range(first, end))


def _head(path: Path) -> str:
    (member,) = members(path)
    return head_of(member, most_bytes=MOST)


def test_a_survey_tells_size_checksum_header_and_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    content = b"\xef\xbb\xbf" + HEADER + _rows(0, 10)
    path.write_bytes(content)
    found = read_whole(path, slice_records=4).survey
    assert found.size == len(content)
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.header == HEADER.rstrip()
    assert (found.records, found.skipped_records, found.skipped_bytes) == (10, 0, 0)
    assert [part.records for part in found.slices] == [4, 4, 2]
    assert [part.first_line for part in found.slices] == [1, 6, 10]
    assert found.head == _head(path)


@given(content=csv_contents(), size=st.integers(1, 5))
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_slices_cover_every_byte_and_know_their_lines(
    tmp_path: Path, content: bytes, size: int
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    found = read_whole(path, slice_records=size).survey
    place = 0
    for part in found.slices:
        assert part.offset == place
        assert part.first_line == content[:place].count(b"\n") + 1
        assert part.records <= size
        place += part.length
    assert place == len(content) == found.size
    assert sum(part.records for part in found.slices) == found.records


def test_records_seen_in_earlier_slices_are_carried(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [b"a,b,c,d", b"e,f,g,h", b"a,b,c,d", b"a,b,c,d", b"i,j,k,l", b"a,b,c,d"]
    path.write_bytes(HEADER + b"\n".join(rows) + b"\n")
    whole = read_whole(path, slice_records=2)
    key = record_digest(rows[0]).hex()
    assert [part.carried for part in whole.survey.slices] == [{}, {key: 1}, {key: 3}]
    assert whole.ids == read_whole(path).ids


def test_a_grown_file_is_read_from_where_it_grew(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    old = HEADER + _rows(0, 5) + _rows(0, 2)
    path.write_bytes(old)
    before = read_whole(path)
    known = {before.survey.size: before.survey.sha256, 3: "0" * 64, 10**9: "0" * 64}
    path.write_bytes(old + _rows(1, 8))
    grown = read_whole(path, known=known, slice_records=3)
    assert grown.survey.head == before.survey.head
    assert (grown.survey.skipped_bytes, grown.survey.skipped_records) == (len(old), 7)
    assert grown.survey.records == 7
    assert grown.lines == list(range(9, 16))
    afresh = read_whole(path)
    assert afresh.ids == before.ids + grown.ids
    assert afresh.survey.sha256 == grown.survey.sha256


def test_of_several_known_beginnings_the_longest_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    known: dict[int, str] = {}
    for rows in (2, 4, 6):
        path.write_bytes(HEADER + _rows(0, rows))
        found = read_whole(path, known=known).survey
        known[found.size] = found.sha256
    path.write_bytes(HEADER + _rows(0, 7))
    assert read_whole(path, known=known).survey.skipped_records == 6


def test_a_beginning_that_ends_within_a_line_is_not_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((HEADER + _rows(0, 3))[:-4])
    cut = read_whole(path)
    path.write_bytes(HEADER + _rows(0, 5))
    grown = read_whole(path, known={cut.survey.size: cut.survey.sha256})
    assert (grown.survey.skipped_bytes, grown.survey.records) == (0, 5)
    assert cut.ids == grown.ids[:2]


def test_a_row_left_open_at_the_old_end_does_not_eat_into_the_new_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    old = HEADER + b'a,"b\n'
    path.write_bytes(old)
    before = read_whole(path)
    path.write_bytes(old + b'c",d,e\n' + _rows(0, 1))
    grown = read_whole(path, known={before.survey.size: before.survey.sha256})
    assert before.reasons == [(2, "unbalanced_quote")]
    assert grown.survey.skipped_bytes == len(old)
    assert grown.lines == [4]


def test_a_content_that_is_known_whole_has_no_slices(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(HEADER + _rows(0, 3))
    found = read_whole(path).survey
    again = read_whole(path, known={found.size: found.sha256}).survey
    assert again.slices == ()
    assert (again.records, again.skipped_records) == (0, 3)
    assert again.sha256 == found.sha256


def test_a_head_does_not_depend_on_packing_line_ends_or_what_follows(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_bytes(HEADER + _rows(0, 3))
    second.write_bytes((b"\xef\xbb\xbf" + HEADER + _rows(0, 9)).replace(b"\n", b"\r\n"))
    assert _head(first) == _head(second)
    second.write_bytes(HEADER + _rows(1, 9))
    assert _head(first) != _head(second)


def test_slices_are_cut_by_bytes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey_module, "SLICE_BYTES", 1 << 20)
    path = tmp_path / "a.csv"
    path.write_bytes(HEADER + (b"a,b,c," + b"x" * 1000 + b"\n") * 4000)
    whole = read_whole(path)
    assert len(whole.survey.slices) > 2
    assert len(whole.rows) == 4000
    assert len(set(whole.ids)) == 4000


def test_an_empty_ndjson_file_is_a_content_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"")
    whole = read_whole(path, NDJSON)
    assert (whole.survey.size, whole.survey.records, len(whole.survey.slices)) == (0, 0, 1)


def test_a_slice_has_at_least_one_record(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(HEADER)
    (member,) = members(path)
    with pytest.raises(ValueError, match="at least one"):
        survey(member, CSV, known={}, slice_records=0, most_bytes=MOST)
