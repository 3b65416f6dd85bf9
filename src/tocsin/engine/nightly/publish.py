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
from tocsin.engine.lake.parquet import coded_columns, read_row_groups
from tocsin.engine.lake.schema import IDENTIFIER, gathered_schema
from tocsin.engine.nightly.delta import identity_hashes
from tocsin.engine.nightly.distinct import single
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
    empty = np.zeros(0, np.uint64)
    hi, lo, missing = [empty], [empty], [np.zeros(0, np.bool_)]
    for piece in pieces:
        column = single(piece.column(SUBJECT[0]))
        missing.append(column.is_null().to_numpy(zero_copy_only=False))
        for name, halves in zip(SUBJECT, (hi, lo), strict=True):
            filled = pc.fill_null(single(piece.column(name)), 0)
            halves.append(filled.to_numpy().astype(np.uint64))
    order = np.lexsort((np.concatenate(lo), np.concatenate(hi), np.concatenate(missing)))
    ranks: Ints = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def published_rows(
    gathered: Path, matched: Path, report_type: ReportType, aliases: Mapping[str, str]
) -> Iterator[pa.Table]:
    """The rows with their audiences, identities, and terms applied, by time and id.

    `matched`: `_audience` of each gathered row, and `_identity` where it was asked for.
    """
    coded = coded_columns(gathered)
    for rows, said in zip(
        read_row_groups(gathered, coded=coded), read_row_groups(matched), strict=True
    ):
        if "_identity" in said.column_names:
            identities = said.column("_identity")
        else:
            identities = identity_hashes(rows, report_type)
        whole = rows.append_column("_audience", said.column("_audience"))
        yield apply_terms(whole.append_column("_identity", identities), report_type, aliases)


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
