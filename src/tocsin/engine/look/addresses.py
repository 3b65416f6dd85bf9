"""The addresses that most events are about, counted in bounded memory."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TypedDict

import pyarrow as pa

from tocsin.engine.intake.hosts import host_text
from tocsin.engine.lake.schema import MOMENT
from tocsin.model.address import Network

SIGHTINGS = pa.schema(
    [
        ("hi", pa.uint64()),
        ("lo", pa.uint64()),
        ("length", pa.uint8()),
        ("time", MOMENT),
        ("asn", pa.int64()),
        ("country", pa.string()),
    ]
)
"""What `add` takes: one row an event, the subject as the lake keeps it."""

_KEY = ["hi", "lo", "length"]
_COUNTED = pa.schema(
    [
        *(SIGHTINGS.field(name) for name in _KEY),
        ("events", pa.int64()),
        ("first", MOMENT),
        ("last", MOMENT),
        ("asn", pa.int64()),
        ("country", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class SeenAddress:
    """One address or prefix: how many events, the first and the last, and whose it is."""

    address: str
    events: int
    first: dt.datetime
    last: dt.datetime
    asn: int | None
    country: str | None


class AddressTally:
    """Counts events by address; of very many addresses only the most frequent are kept."""

    def __init__(self, most: int = 1_000_000) -> None:
        self.exact = True
        self._most = most
        self._counted = _COUNTED.empty_table()
        self._waiting: list[pa.Table] = []
        self._rows_waiting = 0

    def add(self, sightings: pa.Table) -> None:
        """Add events; the table has the columns of SIGHTINGS, rows without address are ignored."""
        present = sightings.filter(sightings.column("hi").is_valid())
        if not present.num_rows:
            return
        part = _as_counted(present)
        self._waiting.append(part)
        self._rows_waiting += part.num_rows
        # Merging costs as much as there is, so it waits until as much again has come.
        if self._rows_waiting > max(self._counted.num_rows, self._most // 4):
            self._merge()

    def __len__(self) -> int:
        """Distinct addresses; those that are still remembered if `exact` is False."""
        self._merge()
        return int(self._counted.num_rows)

    def top(self, number: int) -> list[SeenAddress]:
        """The addresses with most events; of equals the lower address first."""
        self._merge()
        return [_seen(row) for row in self._ordered().slice(0, number).to_pylist()]

    def _ordered(self) -> pa.Table:
        order = [("events", "descending"), *((name, "ascending") for name in _KEY)]
        return self._counted.sort_by(order)

    def _merge(self) -> None:
        if not self._waiting:
            return
        together = pa.concat_tables([self._counted, *self._waiting])
        grouped = together.group_by(_KEY, use_threads=False).aggregate(
            [
                ("events", "sum"),
                ("first", "min"),
                ("last", "max"),
                ("asn", "first"),
                ("country", "first"),
            ]
        )
        self._counted = _renamed(grouped)
        self._waiting, self._rows_waiting = [], 0
        if self._counted.num_rows > self._most:
            self._counted = self._ordered().slice(0, self._most // 2).combine_chunks()
            self.exact = False


def _as_counted(sightings: pa.Table) -> pa.Table:
    grouped = sightings.group_by(_KEY, use_threads=False).aggregate(
        [
            ([], "count_all"),
            ("time", "min"),
            ("time", "max"),
            ("asn", "first"),
            ("country", "first"),
        ]
    )
    return _renamed(grouped)


def _renamed(grouped: pa.Table) -> pa.Table:
    """Key and aggregates in the order of _COUNTED, whatever the library calls them."""
    names = [*_KEY, *(name for name in grouped.column_names if name not in _KEY)]
    columns = [
        grouped.column(name).cast(field.type) for name, field in zip(names, _COUNTED, strict=True)
    ]
    return pa.table(columns, schema=_COUNTED)


class _Row(TypedDict):
    """A row of _COUNTED."""

    hi: int
    lo: int
    length: int
    events: int
    first: dt.datetime
    last: dt.datetime
    asn: int | None
    country: str | None


def _seen(row: _Row) -> SeenAddress:
    network = Network(row["hi"] << 64 | row["lo"], row["length"])
    return SeenAddress(
        address=host_text(network),
        events=row["events"],
        first=row["first"],
        last=row["last"],
        asn=row["asn"],
        country=row["country"],
    )
