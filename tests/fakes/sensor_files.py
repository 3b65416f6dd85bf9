"""Files of sensors that are taken in, and what the lake has of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pyarrow.parquet as pq
from tests.fakes.small_home import SmallHome

from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_files
from tocsin.engine.intake.ledger import PieceAccount

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
_SAID = load_files(SHIPPED, None).examples
EXAMPLES = {name: said["content"] for name, said in _SAID.items() if said.get("content")}
"""By source: the content that it shows as an example."""

_NUMBERS = count()
Row = dict[str, object]


@dataclass(frozen=True)
class Lake:
    """A small home, by what its lake holds."""

    small: SmallHome

    @classmethod
    def make(cls, root: Path) -> Lake:
        return cls(SmallHome.make(root))

    def records(self, report_type: str) -> list[Row]:
        """All records of a type, by source and line."""
        return self._rows("records", report_type)

    def observations(self, kind: str) -> list[Row]:
        """All observations of a kind, by source and line."""
        return self._rows("observations", kind)

    def text(self) -> str:
        """Everything that is kept but what was turned away, as one text."""
        files = sorted(self.small.home.lake.rglob("*.parquet"))
        return "\n".join(str(pq.read_table(path).to_pylist()) for path in files)

    def _rows(self, tier: str, kind: str) -> list[Row]:
        files = sorted((self.small.home.lake / tier).rglob("*.parquet"))
        rows = [row for path in files if kind in path.parts for row in _read(path)]
        return sorted(rows, key=lambda row: (row["_source"], row["_line"]))


def _read(path: Path) -> list[Row]:
    rows: list[Row] = pq.read_table(path).to_pylist()
    return rows


def lines(content: str) -> list[str]:
    """The lines of an example."""
    return content.splitlines()


def taken(lake: Lake, source: str, content: str | bytes) -> PieceAccount:
    """Take a content in as a file of that source; what became of its rows, which add up."""
    raw = content.encode() if isinstance(content, str) else content
    path = lake.small.put(f"{source}-{next(_NUMBERS)}", raw)
    collected = lake.small.collect(path, source=source, now=NOW, switched_off=("reserved",))
    assert [each.why for each in collected.refused] == []
    ((piece,),) = (record.pieces for record in collected.records)
    assert piece.adds_up
    return piece
