"""Under which names a published file has a type's columns: it may be older than the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq

from tocsin.catalogue.entries import ReportType


@dataclass(frozen=True)
class Stored:
    """The columns of a file. older: mappings from older names of columns to those of today.

    kinds: of each column how it is kept, in words of the file. Files of equal kinds share one.
    """

    kinds: Mapping[str, str]
    older: tuple[Mapping[str, str], ...]

    def name(self, column: str) -> str:
        """How the file names a column; "" if it has none such."""
        if column in self.kinds:
            return column
        names = (old for each in self.older for old, new in each.items() if new == column)
        return next((old for old in names if old in self.kinds), "")


def stored_columns(path: Path, report_type: ReportType, aliases: Mapping[str, str]) -> Stored:
    """What a file has. aliases: older name -> name of a column, of the whole catalogue."""
    return Stored(_kinds(path), (report_type.column_aliases, aliases))


@lru_cache(maxsize=8192)
def _kinds(path: Path) -> Mapping[str, str]:
    # Under one name there is never other content.
    schema = pq.read_schema(path)
    return _shared(tuple((field.name, str(field.type)) for field in schema))


@lru_cache(maxsize=1024)
def _shared(kinds: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return dict(kinds)
