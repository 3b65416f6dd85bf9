"""Delta mode: the whole report on Sunday, on other days what Sunday's did not say.

A row is the same row on another day if the type's identity columns say the same; times and
changing source ports are none of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.catalogue.entries import ReportType
from tocsin.engine.nightly.audience import Audiences
from tocsin.engine.nightly.coded import COMPILED_FROM, Coded, coded, lines_of, text_buffers, whole
from tocsin.engine.nightly.distinct import distinct_rows, single, united
from tocsin.model.address import Ints

FULL_REPORT_ON = 6
"""The weekday, as `date.weekday` counts, whose reports say all: a Sunday. Only with its rows are
others compared, so that only its published rows have identities."""

_PERSON = b"tocsin-identity1"
_HASH_BYTES = 16


@dataclass(frozen=True)
class DeltaBase:
    """What the last full reports of a unit said.

    `identities`: identity hashes of its rows, 16 bytes each. `audience`: per row the number of its
    audience in `audiences`.
    """

    identities: pa.ChunkedArray | pa.Array
    audience: pa.ChunkedArray | Sequence[int]
    audiences: Sequence[tuple[int, ...]]


def identity_hashes(table: pa.Table, report_type: ReportType) -> pa.Array:
    """For each row 16 bytes that are equal where the type's identity columns are.

    BLAKE2b with 16 bytes over the cells that are not missing, in order of their columns' names:
    name, `=`, length of the cell in bytes, `:`, cell. So a column that the type gains later does
    not change rows that lack it, and no two rows' cells can read alike.
    """
    names = sorted(set(report_type.identity))
    pieces = [_pieces(whole(table.column(name)), name) for name in names]
    content = lines_of(pieces, table.num_rows).texts()
    bounds, data = text_buffers(content)
    hashes = _hash_all(bounds, data)
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(_HASH_BYTES), table.num_rows, [None, pa.py_buffer(hashes)]
    )


def _pieces(column: pa.Array, name: str) -> Coded:
    """Each cell as text that says where it ends; nothing where it is missing."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    distinct = not pa.types.is_string(column.type)
    return coded(column, partial(_written, name), distinct=distinct)


def _written(name: str, values: pa.Array) -> pa.Array:
    texts = values.cast(pa.string())
    lengths = pc.binary_length(texts).cast(pa.string())
    return pc.binary_join_element_wise(f"{name}=", lengths, ":", texts, "")


def _hash_all(bounds: Ints, data: NDArray[np.uint8]) -> bytes:
    if len(bounds) > COMPILED_FROM:
        # Not loaded for few rows, see COMPILED_FROM.
        from tocsin.engine.kernels.blake2b import digests  # noqa: PLC0415 - compiled, see above

        edges = bounds.astype(np.uint64)
        return digests(data, edges[:-1], edges[1:], b"", b"", person=_PERSON).tobytes()
    view = data.data
    return b"".join(_hash(view[first:last]) for first, last in pairwise(bounds.tolist()))


def _hash(content: memoryview) -> bytes:
    return hashlib.blake2b(content, digest_size=_HASH_BYTES, person=_PERSON).digest()


def only_changes(
    rows: Ints,
    audiences: Audiences,
    identities: pa.Array,
    base: DeltaBase,
    changing: frozenset[int],
) -> tuple[Ints, int]:
    """Take rows that Sunday's report said already from the lists in `changing`.

    `rows`: numbers of their audiences. Returns the new ones, and how many rows of reports were
    held back.
    """
    if not len(rows):
        return rows, 0
    before = Audiences()
    known = _told_before(identities, base, changing, before)
    first, inverse = distinct_rows([rows, known])
    kept: list[int] = []
    withheld: list[int] = []
    for row in first.tolist():
        members = audiences.members[int(rows[row])]
        told = set(before.members[int(known[row])])
        left = [each for each in members if each not in told]
        kept.append(audiences.number(left))
        withheld.append(len(members) - len(left))
    return np.array(kept, np.int64)[inverse], int(np.array(withheld, np.int64)[inverse].sum())


def _told_before(
    identities: pa.Array, base: DeltaBase, changing: frozenset[int], before: Audiences
) -> Ints:
    """For each row the number, in `before`, of the lists in `changing` that Sunday told it."""
    reduced = [before.number([n for n in each if n in changing]) for each in base.audiences]
    numbers = np.array(reduced, np.int64)[np.asarray(base.audience, np.int64)]
    sunday = single(base.identities)

    def union(members: Sequence[int]) -> int:
        return before.number(sorted({each for n in members for each in before.members[n]}))

    told: Ints = np.zeros(len(identities), np.int64)
    parts = 1 + len(sunday) // _MOST_AT_ONCE
    part_of_row, part_of_told = _parts(identities, parts), _parts(sunday, parts)
    for part in range(parts):
        rows, said = np.flatnonzero(part_of_row == part), np.flatnonzero(part_of_told == part)
        known = sunday.take(pa.array(said)).dictionary_encode()
        codes = known.indices.to_numpy().astype(np.int64)
        of_known = united(len(known.dictionary), codes, numbers[said], union)
        places = pc.index_in(identities.take(pa.array(rows)), value_set=known.dictionary)
        filled = places.fill_null(len(of_known)).to_numpy()
        told[rows] = np.append(of_known, 0)[filled]
    return told


_MOST_AT_ONCE = 1 << 22
"""Of Sunday's rows so many are looked up at once, so that the table of them stays small."""


def _parts(identities: pa.Array, parts: int) -> Ints:
    """In which part of all hashes each lies."""
    _, data = identities.buffers()
    words = np.frombuffer(data, np.uint64) if data is not None else np.zeros(0, np.uint64)
    first = words[2 * identities.offset : 2 * (identities.offset + len(identities)) : 2]
    return (first % np.uint64(parts)).astype(np.int64)
