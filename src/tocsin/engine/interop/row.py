"""One row of a report as it is to be said in another vocabulary, and who says it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.engine.sources.csv_cells import Fault, split_cells
from tocsin.model.terms import Tlp


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports. Empty where it is not said."""

    organisation: str = ""
    contact: str = ""
    domain: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether all of it is said."""
        return bool(self.organisation and self.contact and self.domain)

    @property
    def node(self) -> str:
        """A name for this installation: the domain backwards, in letters, digits and dots."""
        labels = re.sub(r"[^a-z0-9_.]", "_", self.domain.lower()).split(".")
        return ".".join([*(label for label in reversed(labels) if label), "tocsin"])


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a report: header and line as the report has them, without line ends.

    cells: those that are not empty, by column. id: a UUID. tlp: of the row's terms.
    """

    header: str
    line: str
    cells: Mapping[str, str]
    id: str
    tlp: Tlp


def cells_of_line(columns: Sequence[str], line: str) -> Mapping[str, str]:
    """The cells that are not empty, by column; ValueError for a line that does not fit."""
    cells = taken_apart(line)
    return {name: cell for name, cell in zip(columns, cells, strict=True) if cell}


def taken_apart(line: str) -> list[str]:
    """The cells of a line of a report; ValueError if it is none."""
    # The standard library's reader refuses cells of more than 128 KiB.
    cells = split_cells(line)
    if isinstance(cells, Fault):
        raise ValueError(cells.value)
    return cells
