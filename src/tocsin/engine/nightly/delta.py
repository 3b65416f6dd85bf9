"""Delta mode: the whole report on Sunday, on other days what Sunday's did not say.

A row is the same row on another day if the type's identity columns say the same; times and
changing source ports are none of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.entries import ReportType
from tocsin.engine.nightly.audience import Audiences
from tocsin.engine.nightly.distinct import distinct_rows, encoded, one_array, single, united
from tocsin.model.address import Ints

_PERSON = b"tocsin-identity1"


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
    rows = pa.repeat(b"", table.num_rows).cast(pa.large_binary())
    pieces = [_pieces(one_array(table, name), name) for name in sorted(set(report_type.identity))]
    if pieces:
        nothing = pa.scalar(b"", pa.large_binary())
        # Not "skip": that loses the rows in which every cell is missing (pyarrow 26).
        rows = pc.binary_join_element_wise(
            *pieces, nothing, null_handling="replace", null_replacement=b""
        )
    dictionary = rows.dictionary_encode()
    hashes = [_hash(content) for content in dictionary.dictionary.to_pylist()]
    return pa.array(hashes, pa.binary(16)).take(dictionary.indices)


def _pieces(column: pa.Array, name: str) -> pa.Array:
    """Each cell as bytes that say where it ends; null where it is missing."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    values, codes = encoded(column.cast(pa.string()))
    written = pa.array([_piece(name, value) for value in values], pa.large_binary())
    return written.take(pa.array(codes))


def _piece(name: str, cell: object) -> bytes | None:
    if not isinstance(cell, str):
        return None
    content = cell.encode()
    return b"%s=%d:%s" % (name.encode(), len(content), content)


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16, person=_PERSON).digest()


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
    known, codes = encoded(single(base.identities))
    reduced = [before.number([n for n in each if n in changing]) for each in base.audiences]
    numbers = np.array(reduced, np.int64)[np.asarray(base.audience, np.int64)]

    def union(members: Sequence[int]) -> int:
        return before.number(sorted({each for n in members for each in before.members[n]}))

    told = united(len(known), codes, numbers, union)
    places = pc.index_in(identities, value_set=pa.array(known[:-1], pa.binary(16)))
    # The last of the known is None, which stands for all that Sunday did not say.
    filled: Ints = places.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)
    return told[filled]
