"""The published tier: the rows of a unit as reported, matched or not, with their audiences.

Everything that people see later (pages, API, explain) reads these rows, so that it can show no
more, and nothing else, than the reports did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.entries import ReportType
from tocsin.engine.files import canonical_json, read_object
from tocsin.engine.lake.parquet import read_row_groups
from tocsin.engine.lake.schema import IDENTIFIER, gathered_schema
from tocsin.engine.nightly.delta import identity_hashes
from tocsin.engine.nightly.distinct import single
from tocsin.engine.nightly.gathered import GatheredRows
from tocsin.engine.nightly.terms_applied import NO_ALIASES, apply_terms
from tocsin.model.address import Ints
from tocsin.model.errors import RunError

AUDIENCES_FORMAT = 1
"""Number of the audience table's form."""


def published_table(
    matched: pa.Table, report_type: ReportType, aliases: Mapping[str, str] = NO_ALIASES
) -> pa.Table:
    """Matched rows in any order, with their terms applied, by subject, time and id.

    `aliases`: older name -> name of a column, of the whole catalogue.
    """
    in_time = matched.sort_by([("timestamp", "ascending"), ("_id", "ascending")])
    order = np.argsort(subject_ranks([in_time.select(list(SUBJECT))]))
    return apply_terms(in_time, report_type, aliases).take(pa.array(order))


SUBJECT = ("_subject_hi", "_subject_lo")


def subject_ranks(pieces: Iterable[pa.Table]) -> Ints:
    """The ranks of rows by subject, rows of one subject as they come, `(n,)`.

    Sorted so, a reader finds an address or a prefix in a few row groups; rows without an
    address come last. `pieces`: the rows' columns SUBJECT.
    """
    subjects = Subjects()
    for piece in pieces:
        subjects.add(piece)
    return subjects.ranks()


class Subjects:
    """The subjects of rows on their way to their ranks; see `subject_ranks`."""

    def __init__(self) -> None:
        self._missing = [np.zeros(0, np.bool_)]
        self._halves = [[np.zeros(0, np.uint64)] for _ in SUBJECT]

    def add(self, piece: pa.Table) -> None:
        """Take the next rows."""
        column = single(piece.column(SUBJECT[0]))
        self._missing.append(column.is_null().to_numpy(zero_copy_only=False))
        for name, halves in zip(SUBJECT, self._halves, strict=True):
            filled = pc.fill_null(single(piece.column(name)), 0)
            halves.append(filled.to_numpy().astype(np.uint64))

    def ranks(self) -> Ints:
        """The rank of each row, `(n,)`."""
        hi, lo = (np.concatenate(halves) for halves in self._halves)
        order = np.lexsort((lo, hi, np.concatenate(self._missing)))
        ranks: Ints = np.empty(len(order), np.int64)
        ranks[order] = np.arange(len(order))
        return ranks


def published_rows(
    gathered: GatheredRows,
    matched: Path,
    aliases: Mapping[str, str],
    *,
    identified: bool,
) -> Iterator[tuple[pa.Table, Ints]]:
    """The rows with their audiences and terms applied, by time and id, and their ranks by subject.

    `matched`: `_audience` and `_rank` of each gathered row. `identified`: whether delta mode will
    compare later rows with these; `_identity` is empty if not.
    """
    report_type = gathered.lake.report_type
    names = gathered_schema(report_type).names
    for rows, said in zip(gathered.pieces(names), read_row_groups(matched), strict=True):
        identities = pa.nulls(rows.num_rows, IDENTIFIER)
        if identified:
            identities = identity_hashes(rows, report_type)
        whole = rows.append_column("_audience", said.column("_audience"))
        whole = apply_terms(whole.append_column("_identity", identities), report_type, aliases)
        yield whole, single(said.column("_rank")).to_numpy()


def published_schema(report_type: ReportType) -> pa.Schema:
    """A published row's columns."""
    added = [pa.field("_audience", pa.int32()), pa.field("_identity", IDENTIFIER)]
    return pa.schema([*gathered_schema(report_type), *added])


def audiences_json(audiences: Sequence[Sequence[int]]) -> bytes:
    """The table that the column `_audience` points into: list ids by number."""
    return canonical_json(
        {"format": AUDIENCES_FORMAT, "audiences": [list(lists) for lists in audiences]}
    )


def read_audiences(path: Path) -> list[tuple[int, ...]]:
    """Read what `audiences_json` made; RunError for another format."""
    said = read_object(path)
    found = said.get("format")
    if found != AUDIENCES_FORMAT:
        raise RunError(
            f"the audiences have format {found!r}, this Tocsin reads {AUDIENCES_FORMAT}",
            where=str(path),
            todo="use the Tocsin that wrote them",
        )
    return [tuple(lists) for lists in cast("list[list[int]]", said["audiences"])]
