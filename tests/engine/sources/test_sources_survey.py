"""Surveying: checksums, slices that cover every byte, and grown files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.strategies.source_files import (
    CSV,
    HEADER,
    MOST,
    NDJSON,
    Whole,
    a_source,
    csv_contents,
    read_whole,
)

from tocsin.engine.sources import records, slicer
from tocsin.engine.sources.compression import members
from tocsin.engine.sources.formats import FORMATS
from tocsin.engine.sources.identity import record_digest
from tocsin.engine.sources.raw import Slice, Survey
from tocsin.engine.sources.survey import head_of, survey
from tocsin.model.errors import InputError


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
    max_examples=cases(50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
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


def test_a_row_that_was_open_at_the_old_end_is_read_whole_once_the_file_has_grown(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.csv"
    old = HEADER + _rows(0, 1) + b'a,"b\n'
    path.write_bytes(old)
    before = read_whole(path)
    path.write_bytes(old + b'c",d,e\n' + _rows(1, 2))
    grown = read_whole(path, known={before.survey.size: before.survey.sha256})
    assert before.reasons == [(3, "unbalanced_quote")]
    assert grown.reasons == []
    assert (grown.survey.skipped_bytes, grown.survey.skipped_records) == (0, 0)
    assert grown.lines == [2, 3, 5]
    assert grown.ids[:1] == before.ids


def test_a_stray_quote_in_the_old_last_line_does_not_have_it_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    old = HEADER + _rows(0, 1) + b'a,"b,c,d\n\n'
    path.write_bytes(old)
    before = read_whole(path)
    path.write_bytes(old + _rows(1, 3) + b'a,b",c,d,"e,f\n')
    grown = read_whole(path, known={before.survey.size: before.survey.sha256})
    assert grown.survey.skipped_bytes == len(old)
    assert grown.lines == [5, 6]
    assert before.reasons + grown.reasons == read_whole(path).reasons


def test_of_beginnings_the_longest_that_ends_with_a_record_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    known: dict[int, str] = {}
    parts = [HEADER + _rows(0, 2), b'a,"b\n', b'c\nd",e,f\n']
    for end in (1, 2, 3):
        path.write_bytes(b"".join(parts[:end]))
        found = read_whole(path, known=dict(list(known.items())[:end])).survey
        known.setdefault(found.size, found.sha256)
    path.write_bytes(b"".join(parts) + _rows(2, 3))
    sizes = list(known)
    assert read_whole(path, known=known).survey.skipped_bytes == sizes[2]
    del known[sizes[2]]
    assert read_whole(path, known=known).survey.skipped_bytes == sizes[0]


@given(
    content=csv_contents(most_rows=8),
    block=st.integers(1, 60),
    size=st.integers(1, 5),
    within=st.integers(0, 100),
)
@settings(
    max_examples=cases(50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_wherever_a_file_was_cut_its_grown_self_gives_every_row(
    tmp_path: Path, content: bytes, block: int, size: int, within: int
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    whole = read_whole(path)
    lines = [place + 1 for place, byte in enumerate(content) if byte == 10]
    ends = {*lines[::2], min(len(HEADER) + within, len(content))}
    _check_growth(path, content, whole, ends, block=block, size=size)


def test_a_small_file_with_quoted_line_ends_may_be_cut_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = b't1,192.0.2.1,"a\nb"\nt2,192.0.2.2,"c\n\n""d""\n"\r\n\nt3,192.0.2.3,e\n' * 2
    content = b"timestamp,ip,banner\n" + rows
    path.write_bytes(content)
    whole = read_whole(path)
    assert (len(whole.ids), whole.rejects) == (6, [])
    _check_growth(path, content, whole, range(20, len(content) + 1), block=1 << 19, size=4)


def _check_growth(
    path: Path, content: bytes, whole: Whole, ends: Iterable[int], *, block: int, size: int
) -> None:
    """What was read of a beginning, and then of the grown file, holds all of the whole."""
    for end in ends:
        path.write_bytes(content[:end])
        before = read_whole(path)
        path.write_bytes(content)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(records, "_BLOCK_BYTES", block)
            grown = read_whole(path, known={end: before.survey.sha256}, slice_records=size)
        assert grown.survey.skipped_bytes in (0, end)
        assert grown.survey.sha256 == whole.survey.sha256
        if grown.survey.skipped_bytes:
            assert sorted(before.rows + grown.rows) == sorted(whole.rows)
            assert sorted(before.rejects + grown.rejects) == sorted(whole.rejects)
        else:
            assert grown.ids == whole.ids
            assert grown.rejects == whole.rejects


def _changed_at(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.parametrize("format_name", [CSV, NDJSON])
def test_a_file_rewritten_with_the_same_length_and_lines_is_refused(
    tmp_path: Path, format_name: str
) -> None:
    path = tmp_path / "a"
    content = HEADER + _rows(0, 6)
    if format_name == NDJSON:
        content = b'{"report_type":"special","ip":"192.0.2.1"}\n' * 6
    path.write_bytes(content)
    found = read_whole(path, format_name, slice_records=2).survey
    assert len(found.slices) == 3
    for part in found.slices:
        piece = content[part.offset : part.offset + part.length]
        assert part.digest == hashlib.blake2b(piece, digest_size=16).hexdigest()
        for place in (0, len(piece) // 2, len(piece) - 2):
            with pytest.raises(InputError, match="changed while it was read"):
                _read_piece(found, part, _changed_at(piece, place), format_name)
        _read_piece(found, replace(part, digest=""), piece, format_name)


def _read_piece(found: Survey, part: Slice, piece: bytes, format_name: str) -> None:
    FORMATS[format_name].read_slice(
        BytesIO(piece), part, found, source=a_source(format_name), report_type="special"
    )


def test_digests_hold_around_lines_that_are_longer_than_any_record(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    long = b"x" * (9 << 20) + b"\n"
    content = b"\xef\xbb\xbf" + HEADER + (_rows(0, 2) + long) * 2 + _rows(0, 1)
    path.write_bytes(content)
    for size in (1, 2, 3):
        found = read_whole(path, slice_records=size).survey
        for part in found.slices:
            piece = content[part.offset : part.offset + part.length]
            assert part.digest == hashlib.blake2b(piece, digest_size=16).hexdigest()
    grown = read_whole(path, known=_known_of(content[: 3 + len(HEADER + _rows(0, 2) + long)]))
    assert grown.survey.skipped_records == 3
    assert grown.lines == [5, 6, 8]


def _known_of(content: bytes) -> dict[int, str]:
    return {len(content): hashlib.sha256(content).hexdigest()}


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
    monkeypatch.setattr(slicer, "SLICE_BYTES", 1 << 20)
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
