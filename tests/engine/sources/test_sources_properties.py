"""What holds for every content, however bad."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.strategies.source_files import (
    CSV,
    HEADER,
    NDJSON,
    Whole,
    csv_contents,
    ndjson_contents,
    read_whole,
)

from tocsin.engine.sources import json_template, records
from tocsin.engine.sources.blocks import BOM
from tocsin.engine.sources.csv_cells import split_cells
from tocsin.engine.sources.csv_rows import split_rows
from tocsin.model.errors import InputError

_QUICK = settings(
    max_examples=cases(70),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def _told(whole: Whole) -> tuple[object, ...]:
    return whole.rows, whole.rejects, whole.dropped, whole.notes


def _check_lines(whole: Whole, content: bytes) -> None:
    """Every row's bytes stand on the line that is said, and no line that says something is lost."""
    physical = content.removeprefix(BOM).split(b"\n")
    covered = set()
    for line, raw in [(row[0], row[5]) for row in whole.rows] + [
        (line, raw) for line, _, _, raw in whole.rejects
    ]:
        extent = raw.count(b"\n") + 1
        assert b"\n".join(physical[line - 1 : line - 1 + extent]).removesuffix(b"\r") == raw
        covered |= set(range(line, line + extent))
    said = {number + 1 for number, line in enumerate(physical) if line.strip()}
    missing = said - covered
    assert len(missing) == sum(whole.dropped.values()) + whole.notes["header_lines"]


@given(content=csv_contents(), size=st.integers(1, 7), block=st.integers(1, 60))
@_QUICK
def test_csv_is_the_same_in_one_slice_and_in_many(
    tmp_path: Path, content: bytes, size: int, block: int
) -> None:
    path = tmp_path / "made.csv"
    path.write_bytes(content)
    whole = read_whole(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_BLOCK_BYTES", block)
        cut = read_whole(path, slice_records=size)
    assert _told(whole) == _told(cut)
    _check_lines(whole, content)


@given(content=ndjson_contents(), size=st.integers(1, 7), block=st.integers(1, 60))
@_QUICK
def test_ndjson_is_the_same_in_one_slice_and_in_many(
    tmp_path: Path, content: bytes, size: int, block: int
) -> None:
    path = tmp_path / "made.ndjson"
    path.write_bytes(content)
    whole = read_whole(path, NDJSON)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_BLOCK_BYTES", block)
        patch.setattr(json_template, "WORTH_IT", 1)
        cut = read_whole(path, NDJSON, slice_records=size)
    assert _told(whole) == _told(cut)
    _check_lines(whole, content)


@given(content=st.binary(max_size=200), headed=st.booleans(), kind=st.sampled_from([CSV, NDJSON]))
@_QUICK
def test_random_bytes_are_accounted_for_or_refused_whole(
    tmp_path: Path, content: bytes, headed: bool, kind: str
) -> None:
    path = tmp_path / "random"
    begin = (HEADER if kind == CSV else b"{}\n") if headed else b""
    path.write_bytes(begin + content)
    try:
        whole = read_whole(path, kind)
    except InputError:
        return
    _check_lines(whole, begin + content)


@given(texts=st.lists(st.text(st.sampled_from('ab,"\r\\é'), min_size=1, max_size=9), max_size=30))
@_QUICK
def test_the_fast_way_reads_what_the_exact_one_reads(texts: list[str]) -> None:
    assert split_rows(texts) == [split_cells(text) for text in texts]


@given(
    rows=st.lists(
        st.lists(
            st.text(
                st.characters(exclude_categories=["Cs"], exclude_characters="\r\0\\"), max_size=8
            ),
            min_size=4,
            max_size=4,
        ),
        max_size=12,
    ),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
@_QUICK
def test_what_a_csv_writer_wrote_comes_back_cell_by_cell(
    tmp_path: Path, rows: list[list[str]], quoting: int
) -> None:
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    path = tmp_path / "written.csv"
    names = ["timestamp", "ip", "port", "tag"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=quoting, lineterminator="\n")  # type: ignore[arg-type]  # typeshed wants its literals
        writer.writerow(names)
        writer.writerows(rows)
    whole = read_whole(path)
    assert whole.rejects == []
    assert whole.cells == [
        {name: cell for name, cell in zip(names, row, strict=True) if cell not in ("", "-")}
        for row in rows
        if row != names
    ]
