"""Rows of one kind as they gather: objects first, columns from time to time."""

from __future__ import annotations

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
from tocsin.engine.sources.raw import RawGroup
from tocsin.engine.sources.slice_reading import text_column

ABOUT_THE_ROW = ("report_type", "observation", "sensor", "hostname_confirmed")
"""Keys that are no columns."""

_MOST_COLUMNS = 400


class GatheredRows:
    """Rows of one kind; `settle` makes columns of those that wait."""

    def __init__(self, targets: tuple[str, ...], observation: str) -> None:
        self._targets = targets
        self._observation = observation
        self._names: dict[str, None] = {}
        self._waiting: list[tuple[JsonObject, bytes, int, int]] = []
        self._settled: list[RawGroup] = []

    def add(self, value: JsonObject, record: bytes, line: int, occurrence: int) -> None:
        """One more row, with how often its bytes came before in the content."""
        self._waiting.append((value, record, line, occurrence))

    def settle(self, missing: pa.Array, identities: Identities) -> None:
        """Make columns of the rows that wait."""
        start = 0
        names: dict[str, None] = {}
        for number, (value, *_) in enumerate(self._waiting):
            if value.keys() <= names.keys():
                continue
            wider = names | dict.fromkeys(value)
            if len(wider) > _MOST_COLUMNS and number > start:
                # Data used as keys would make a table of rows times rows.
                self._settle(start, number, names, missing, identities)
                start, wider = number, dict.fromkeys(value)
            names = wider
        if start < len(self._waiting):
            self._settle(start, len(self._waiting), names, missing, identities)
        self._waiting = []

    def _settle(
        self, start: int, end: int, names: dict[str, None], missing: pa.Array, ids: Identities
    ) -> None:
        rows = self._waiting[start:end]
        records = [record for _, record, _, _ in rows]
        values = [value for value, _, _, _ in rows]
        columns = {
            name: text_column(_cells(values, records, name), missing)
            for name in names
            if name not in ABOUT_THE_ROW
        }
        sensors = text_column(_cells(values, records, "sensor"), missing)
        self._settled.append(
            RawGroup(
                targets=self._targets,
                observation=self._observation,
                cells=pa.table(columns) if columns else _no_columns(len(rows)),
                lines=np.fromiter((line for _, _, line, _ in rows), np.int64, len(rows)),
                ids=ids.ids(records, [occurrence for *_, occurrence in rows]),
                raws=records,
                sensors=sensors,
                confirmed=_flags(values),
            )
        )

    def groups(self) -> list[RawGroup]:
        """The rows in their order: one group, or several where their keys differ too much."""
        joined: list[list[RawGroup]] = []
        names: set[str] = set()
        for part in self._settled:
            wider = names | set(part.cells.column_names)
            if not joined or len(wider) > _MOST_COLUMNS:
                joined.append([])
                wider = set(part.cells.column_names)
            joined[-1].append(part)
            names = wider
        return [_concatenated(parts) for parts in joined]


def _cells(values: list[JsonObject], records: list[bytes], name: str) -> list[str | None]:
    """One column's cells. Most columns hold nothing but texts, numbers among them."""
    found = [value.get(name) for value in values]
    return [
        cell if cell is None or type(cell) is str else _other_cell(cell, record, name)
        for cell, record in zip(found, records, strict=True)
    ]


def _other_cell(value: object, record: bytes, name: str) -> str | None:
    if needs_exact(value):
        return json_text(read_exact(record.decode())[name])
    return cell_text(value)


def _flags(values: list[JsonObject]) -> NDArray[np.bool_]:
    said = (value.get("hostname_confirmed") is True for value in values)
    return np.fromiter(said, np.bool_, len(values))


def _no_columns(rows: int) -> pa.Table:
    """A table needs a column to have rows; every type has a `timestamp`."""
    return pa.table({"timestamp": pa.nulls(rows, pa.string())})


def _concatenated(parts: list[RawGroup]) -> RawGroup:
    if len(parts) == 1:
        return parts[0]
    return RawGroup(
        targets=parts[0].targets,
        observation=parts[0].observation,
        cells=pa.concat_tables([part.cells for part in parts], promote_options="default"),
        lines=np.concatenate([part.lines for part in parts]),
        ids=pa.concat_arrays([part.ids for part in parts]),
        raws=[raw for part in parts for raw in part.raws],
        sensors=pa.concat_arrays([part.sensors for part in parts]),
        confirmed=np.concatenate([part.confirmed for part in parts]),
    )
