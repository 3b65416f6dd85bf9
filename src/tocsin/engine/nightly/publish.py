"""The published tier: the rows of a unit as reported, matched or not, with their audiences.

Everything that people see later (pages, API, explain) reads these rows, so that it can show no
more, and nothing else, than the reports did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.entries import ReportType
from tocsin.engine.files import canonical_json, read_object
from tocsin.engine.nightly.terms_applied import NO_ALIASES, apply_terms
from tocsin.model.errors import RunError

AUDIENCES_FORMAT = 1
"""Number of the audience table's form."""

_BY_SUBJECT = ("_subject_hi", "_subject_lo", "timestamp", "_id")


def published_table(
    matched: pa.Table, report_type: ReportType, aliases: Mapping[str, str] = NO_ALIASES
) -> pa.Table:
    """The matched rows with their terms applied, by subject, time and id.

    `aliases`: older name -> name of a column, of the whole catalogue.
    Sorted so, a reader finds an address or a prefix in a few row groups; rows without an
    address come last.
    """
    shown = apply_terms(matched, report_type, aliases)
    order = pc.sort_indices(shown, [(name, "ascending", "at_end") for name in _BY_SUBJECT])
    return shown.take(order)


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
