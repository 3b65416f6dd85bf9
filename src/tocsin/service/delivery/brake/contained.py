"""Which reports have rows of some parts, and samples of the rows: one pass over published rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.engine.lake.layout import Unit
from tocsin.model.address import Flags
from tocsin.service.delivery.brake.figures import PublishedUnit
from tocsin.service.delivery.brake.part import COLUMNS, Part, PartKind
from tocsin.service.texts import harmless

SAMPLES = 3
_CELLS = 14
_LONGEST = 120


@dataclass(slots=True)
class Contained:
    """lists: how many rows of the part the report of a unit and list has; of row parts alone.

    samples: some rows that went to somebody, as texts by column; empty cells are left out.
    """

    lists: Counter[tuple[Unit, int]] = field(default_factory=Counter)
    samples: list[dict[str, str]] = field(default_factory=list)


def contained(
    units: Iterable[PublishedUnit], parts: Iterable[Part], *, samples: int = SAMPLES
) -> Mapping[Part, Contained]:
    """Look through units, row group by row group."""
    found = {part: Contained() for part in parts}
    # Nothing is fetched for nothing.
    for each in units if found else ():
        asked = {part: said for part, said in found.items() if _may_have(part, each.unit)}
        if asked:
            _look_through(each, asked, samples)
    return found


def _may_have(part: Part, unit: Unit) -> bool:
    return part.kind is not PartKind.TYPE or part.name == unit.report_type


def _look_through(each: PublishedUnit, asked: Mapping[Part, Contained], samples: int) -> None:
    given = np.array([bool(lists) for lists in each.audiences], np.bool_)
    with pq.ParquetFile(each.rows) as file:
        for number in range(file.num_row_groups):
            rows = file.read_row_group(number, columns=[*COLUMNS, "_audience"])
            audiences = np.asarray(rows["_audience"])
            for part, said in asked.items():
                marks = _marks(part, rows, audiences, each) & given[audiences]
                if not marks.any():
                    continue
                if not part.kind.is_of_reports:
                    _count(said, audiences[marks], each)
                left = samples - len(said.samples)
                if left > 0:
                    places = np.flatnonzero(marks)[:left]
                    said.samples += _samples(file, number, places.tolist(), each.unit)


def _marks(part: Part, rows: pa.Table, audiences: Any, each: PublishedUnit) -> Flags:
    if part.kind is PartKind.TYPE:
        return np.ones(rows.num_rows, np.bool_)
    if part.kind is PartKind.LIST:
        wanted = [n for n, lists in enumerate(each.audiences) if int(part.name) in lists]
        return np.isin(audiences, wanted)
    return part.mask(rows)


def _count(said: Contained, audiences: Any, each: PublishedUnit) -> None:
    numbers, counts = np.unique(audiences, return_counts=True)
    for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
        for a_list in each.audiences[number]:
            said.lists[each.unit, a_list] += count


def _samples(
    file: pq.ParquetFile, group: int, places: list[int], unit: Unit
) -> list[dict[str, str]]:
    names = [each for each in file.schema_arrow.names if not each.startswith("_")]
    rows = file.read_row_group(group, columns=names).take(pa.array(places)).to_pylist()
    return [_sample(row, unit) for row in rows]


def _sample(row: Mapping[str, Any], unit: Unit) -> dict[str, str]:
    cells = {name: _text(value) for name, value in row.items() if value is not None}
    return {"report": unit.stem, **dict(list(cells.items())[:_CELLS])}


def _text(value: object) -> str:
    said = value.strftime("%Y-%m-%d %H:%M:%S") if hasattr(value, "strftime") else str(value)
    return harmless(said, _LONGEST)
