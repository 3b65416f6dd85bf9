"""Where in a unit's pack the line of each row begins, so that a row is read without its columns.

A row that several lists got is in several reports; its line is looked for in the shortest.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tocsin.engine.files import as_written, read_object
from tocsin.engine.lake.coded import is_coded
from tocsin.engine.lake.parquet import coded_columns
from tocsin.engine.nightly.packs import INDEX
from tocsin.engine.search.night_index import NOWHERE
from tocsin.model.address import Flags, Ints

_LINE_END = 10
_HARMFUL = r"[\r\n\x00]"
_LAST_HARMFUL = 13
_CHUNK = 1 << 22
"""Bytes of a pack that are read at a time."""

Lines = NDArray[np.uint32]


@dataclass(frozen=True)
class PackLines:
    """Of each row of a unit the line, NOWHERE where none tells it as it is, `(rows,)`.

    begins: of each audience where in the pack the report begins in which its lines are counted.
    """

    lines: Lines
    begins: Ints


def pack_columns(pack: Path) -> tuple[str, ...]:
    """The columns of a pack's lines; none if there is no pack."""
    index = _index(pack)
    if not (pack.exists() and index.exists()):
        return ()
    with as_written(index):
        return tuple(map(str, cast("list[object]", read_object(index)["columns"])))


def pack_lines(
    rows: Path, pack: Path, audiences: Sequence[Sequence[int]], numbers: Ints, order: Ints
) -> PackLines:
    """The lines of a unit's rows. numbers: their audiences, `(rows,)`.

    order: the rows by time and id, without those that share both: which of these comes first, a
    pack does not tell.
    """
    if not (pack.exists() and _index(pack).exists()):
        nowhere = np.full(len(numbers), NOWHERE, np.uint32)
        return PackLines(nowhere, np.zeros(len(audiences), np.int64))
    reports = _reports(_index(pack))
    shortest = [
        min((each for each in lists if each in reports), key=lambda n: reports[n].rows, default=-1)
        for lists in audiences
    ]
    lines = _lines(pack, reports, audiences, np.array(shortest, np.int64), numbers, order)
    lines[_changed(rows, len(numbers))] = NOWHERE
    begins = [reports[each].offset if each in reports else 0 for each in shortest]
    return PackLines(lines, np.array(begins, np.int64))


@dataclass(frozen=True, slots=True)
class _Report:
    rows: int
    offset: int
    length: int


def _index(pack: Path) -> Path:
    return pack.with_name(pack.name.removesuffix(".pack") + INDEX)


def _reports(index: Path) -> dict[int, _Report]:
    """The reports in a pack by list."""
    said = read_object(index)
    with as_written(index):
        return {
            int(str(each["list"])): _Report(*(int(str(each[name])) for name in _Report.__slots__))
            for each in cast("list[dict[str, object]]", said["reports"])
        }


def _lines(
    pack: Path,
    reports: dict[int, _Report],
    audiences: Sequence[Sequence[int]],
    shortest: Ints,
    numbers: Ints,
    order: Ints,
) -> Lines:
    lines = np.full(len(numbers), NOWHERE, np.uint32)
    used = np.unique(shortest[shortest >= 0])
    listed, those = _by_list(audiences, used, numbers, order)
    starts = np.searchsorted(listed, [*range(len(used)), len(used)])
    own = shortest[numbers[those]] == used[listed] if len(those) else np.zeros(0, bool)
    with pack.open("rb", buffering=0) as stream:
        for number, list_id in enumerate(used.tolist()):
            span = slice(starts[number], starts[number + 1])
            found = _begins(stream, reports[list_id])
            if len(found) == span.stop - span.start:
                lines[those[span][own[span]]] = found[own[span]]
    return lines


def _by_list(
    audiences: Sequence[Sequence[int]], used: Ints, numbers: Ints, order: Ints
) -> tuple[Ints, Ints]:
    """Pairs of a list, as its place in `used`, and a row that it got, by list and then in order."""
    flat = np.array([each for one in audiences for each in one], np.int64)
    known = np.isin(flat, used)
    of_member = np.repeat(np.arange(len(audiences)), [len(each) for each in audiences])
    sizes = np.bincount(of_member[known], minlength=len(audiences))
    flat = np.searchsorted(used, flat[known])
    firsts = np.cumsum(sizes) - sizes
    of_row = numbers[order]
    pairs = np.repeat(order, sizes[of_row])
    ends = np.cumsum(sizes[of_row])
    within = np.arange(len(pairs)) - np.repeat(ends - sizes[of_row], sizes[of_row])
    listed = flat[np.repeat(firsts[of_row], sizes[of_row]) + within]
    by_list = np.argsort(listed, kind="stable")
    return listed[by_list], pairs[by_list]


def _begins(stream: FileIO, report: _Report) -> Lines:
    """Where the lines of a report begin, but for its header's, from its own beginning."""
    ends, done = [np.zeros(0, np.int64)], 0
    while done < report.length:
        held = os.pread(stream.fileno(), min(_CHUNK, report.length - done), report.offset + done)
        if not held:
            break
        ends.append(np.flatnonzero(np.frombuffer(held, np.uint8) == _LINE_END) + done)
        done += len(held)
    return np.minimum(np.concatenate(ends)[:-1] + 1, NOWHERE).astype(np.uint32)


def _changed(rows: Path, count: int) -> Flags:
    """The rows with a cell that a pack holds otherwise: one with a line break or a NUL in it."""
    changed = np.zeros(count, np.bool_)
    with pq.ParquetFile(rows, read_dictionary=sorted(coded_columns(rows))) as file:
        names = [
            each.name
            for each in file.schema_arrow
            if (each.type == pa.string() or is_coded(each.type)) and not each.name.startswith("_")
        ]
        done = 0
        for group in range(file.num_row_groups):
            piece = file.read_row_group(group, columns=names)
            for column in piece.columns:
                _mark(column, changed[done : done + piece.num_rows])
            done += piece.num_rows
    return changed


def _mark(column: pa.ChunkedArray, changed: Flags) -> None:
    done = 0
    for chunk in column.chunks:
        texts = chunk.dictionary if is_coded(chunk.type) else chunk
        if _has_harmful(texts):
            harmful = pc.match_substring_regex(texts, _HARMFUL)
            found = harmful.take(chunk.indices) if is_coded(chunk.type) else harmful
            marks = pc.fill_null(found, False).to_numpy(zero_copy_only=False)
            changed[done : done + len(chunk)] |= marks
        done += len(chunk)


def _has_harmful(texts: pa.Array) -> bool:
    content = texts.buffers()[2]
    if content is None or not len(texts):
        return False
    return bool((np.frombuffer(content, np.uint8) <= _LAST_HARMFUL).any())
