"""Rows of one kind as they gather: objects first, columns from time to time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.sources.identity import Identities
from tocsin.engine.sources.json_rows import (
    JsonObject,
    cell_text,
    json_text,
    needs_exact,
    read_exact,
)
from tocsin.engine.sources.json_template import Template
from tocsin.engine.sources.raw import RawGroup
from tocsin.engine.sources.row_bytes import RowBytes
from tocsin.engine.sources.slice_reading import text_column

_ABOUT_THE_ROW = ("report_type", "observation", "hostname_confirmed")
_SENSOR = "sensor"
_MOST_COLUMNS = 200

Cells = Sequence[str | None]


@dataclass
class _Waiting:
    """Rows that are no columns yet, except for their cells."""

    records: list[bytes] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    occurrences: list[int] = field(default_factory=list)


@dataclass
class _Shaped(_Waiting):
    """Rows read with one template."""

    cells: list[tuple[str, ...]] = field(default_factory=list)

    def columns(self, template: Template) -> dict[str, Cells]:
        columns: dict[str, Cells] = dict(
            zip(template.captured, zip(*self.cells, strict=True), strict=True)
        )
        for name, cell in template.constant.items():
            columns[name] = [cell] * len(self.cells)
        return columns


@dataclass
class _Parsed(_Waiting):
    """Rows read as objects."""

    values: list[JsonObject] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)

    def columns(self) -> dict[str, Cells]:
        return {name: self._cells(name) for name in self.names if name not in _ABOUT_THE_ROW}

    def _cells(self, name: str) -> Cells:
        """One column. Most hold nothing but texts, numbers as they were written among them."""
        cells = [value.get(name) for value in self.values]
        return [
            cell if cell is None or type(cell) is str else _other_cell(cell, record, name)
            for cell, record in zip(cells, self.records, strict=True)
        ]


class GatheredRows:
    """Rows of one kind; `settle` makes columns of those that wait."""

    def __init__(
        self, targets: tuple[str, ...], observation: str, missing: pa.Array, ids: Identities
    ) -> None:
        self._targets = targets
        self._observation = observation
        self._missing = missing
        self._ids = ids
        self._parsed = _Parsed()
        self._shaped: dict[int, tuple[Template, _Shaped]] = {}
        self._settled: list[RawGroup] = []

    def extend_shaped(
        self,
        template: Template,
        cells: Sequence[tuple[str, ...]],
        records: Sequence[bytes],
        lines: Sequence[int],
        occurrences: Sequence[int],
    ) -> None:
        """More rows, read with a template."""
        found = self._shaped.get(id(template))
        if found is None:
            found = self._shaped[id(template)] = (template, _Shaped())
        shaped = found[1]
        shaped.cells += cells
        shaped.records += records
        shaped.lines += lines
        shaped.occurrences += occurrences

    def add(self, value: JsonObject, record: bytes, line: int, occurrence: int) -> None:
        """One more row, read as an object."""
        parsed = self._parsed
        if not value.keys() <= parsed.names.keys():
            wider = parsed.names | dict.fromkeys(value)
            if len(wider) > _MOST_COLUMNS and parsed.values:
                # Data used as keys would make a table of rows times rows.
                self._settle_parsed()
                parsed, wider = self._parsed, dict.fromkeys(value)
            parsed.names = wider
        parsed.values.append(value)
        parsed.records.append(record)
        parsed.lines.append(line)
        parsed.occurrences.append(occurrence)

    @property
    def waiting(self) -> int:
        """How many rows wait."""
        return len(self._parsed.lines) + sum(len(rows.lines) for _, rows in self._shaped.values())

    def settle(self) -> None:
        """Make columns of the rows that wait."""
        for template, shaped in self._shaped.values():
            confirmed = np.full(len(shaped.lines), _is_confirmed(template.example))
            self._keep(shaped, shaped.columns(template), confirmed)
        self._shaped = {}
        if self._parsed.values:
            self._settle_parsed()

    def _settle_parsed(self) -> None:
        parsed = self._parsed
        flags = map(_is_confirmed, parsed.values)
        confirmed = np.fromiter(flags, np.bool_, len(parsed.values))
        self._keep(parsed, parsed.columns(), confirmed)
        self._parsed = _Parsed()

    def _keep(self, rows: _Waiting, cells: dict[str, Cells], confirmed: NDArray[np.bool_]) -> None:
        count = len(rows.lines)
        nothing: Cells = [None] * count
        sensors = text_column(cells.pop(_SENSOR, nothing), self._missing)
        # A table needs a column to have rows; every type has a timestamp.
        cells = cells or {"timestamp": nothing}
        self._settled.append(
            RawGroup(
                targets=self._targets,
                observation=self._observation,
                cells=pa.table(
                    {name: text_column(column, self._missing) for name, column in cells.items()}
                ),
                lines=np.array(rows.lines, dtype=np.int64),
                ids=self._ids.ids(rows.records, rows.occurrences),
                raws=rows.records,
                sensors=sensors,
                confirmed=confirmed,
            )
        )

    def keep(self, group: RawGroup) -> None:
        """More rows, whose columns are made."""
        self._settled.append(group)

    def groups(self) -> list[RawGroup]:
        """One group, or several where the rows' keys differ too much."""
        joined: list[list[RawGroup]] = []
        names: set[str] = set()
        for part in self._settled:
            names = names | set(part.cells.column_names)
            if not joined or len(names) > _MOST_COLUMNS:
                joined.append([])
                names = set(part.cells.column_names)
            joined[-1].append(part)
        return [_concatenated(parts) for parts in joined]


def _other_cell(value: object, record: bytes, name: str) -> str | None:
    if needs_exact(value):
        return json_text(read_exact(record.decode())[name])
    return cell_text(value)


def _is_confirmed(value: JsonObject) -> bool:
    return value.get("hostname_confirmed") is True


def _concatenated(parts: list[RawGroup]) -> RawGroup:
    if len(parts) == 1:
        return parts[0]
    return RawGroup(
        targets=parts[0].targets,
        observation=parts[0].observation,
        cells=pa.concat_tables([part.cells for part in parts], promote_options="default"),
        lines=np.concatenate([part.lines for part in parts]),
        ids=pa.concat_arrays([part.ids for part in parts]),
        raws=RowBytes.joined([part.raws for part in parts]),
        sensors=pa.concat_arrays([part.sensors for part in parts]),
        confirmed=np.concatenate([part.confirmed for part in parts]),
    )
