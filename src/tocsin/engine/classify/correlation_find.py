"""Runs a correlation over observations: its episodes of a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from tocsin.catalogue.correlations import AggregateKind, Correlation
from tocsin.engine.classify.correlation_sql import WITNESSES, CorrelationSql
from tocsin.engine.kernels.held import spans_held

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode of one group.

    group: cells by the columns of `group_by`. begin, end: the moments between which observations
    belong to it; first, last: of those there are; all in microseconds since 1970. aggregates: by
    column of the record, times in microseconds. terms, sources, sensors: all that its observations
    have, sorted.
    """

    group: Mapping[str, Cell]
    begin: int
    end: int
    first: int
    last: int
    events: int
    aggregates: Mapping[str, Cell]
    terms: tuple[str, ...]
    sources: tuple[str, ...]
    sensors: tuple[str, ...]

    @property
    def key(self) -> tuple[tuple[str, Cell], ...]:
        """What makes its group another one."""
        return tuple(sorted(self.group.items()))

    def meets(self, other: Episode) -> bool:
        """Whether both are of one group and have a moment in common."""
        apart = self.end < other.begin or other.end < self.begin
        return self.key == other.key and not apart


def find_episodes(
    connection: duckdb.DuckDBPyConnection, correlation: Correlation, day: dt.date
) -> list[Episode]:
    """The episodes of a day among what is called `observed`, in no order (see CorrelationSql)."""
    sql = CorrelationSql(correlation, day)
    for statement in (sql.keyed, sql.candidates, sql.near):
        connection.execute(statement)
    if connection.execute(sql.once).fetchall() != [(True,)]:
        connection.execute(sql.each_once)
        sql = CorrelationSql(correlation, day, observed="single")
        connection.execute(sql.keyed)
        connection.execute(sql.near)
    if sql.counts_values:
        connection.register("held", _held(connection, sql))
    for statement in (sql.spans, sql.episodes, sql.found):
        connection.execute(statement)
    peaks = {
        name: _by_episode(connection, sql.peaks(each.column))
        for name, each in correlation.aggregates.items()
        if each.kind is AggregateKind.PEAK
    }
    several = {
        name: _by_episode(connection, sql.witnesses(name))
        if connection.execute(sql.has_several(name)).fetchall() == [(True,)]
        else {}
        for name in WITNESSES
    }
    rows = connection.sql("SELECT * FROM found").to_arrow_table().to_pylist()
    return [_episode(row, correlation, peaks, several) for row in rows]


def _held(connection: duckdb.DuckDBPyConnection, sql: CorrelationSql) -> pa.Table:
    """The spans of time in which groups hold enough different values."""
    rows = connection.execute(sql.in_order).fetchnumpy()
    span, least = sql.span, sql.correlation.threshold
    of, begins, ends = spans_held(rows["_group"], rows["_t"], rows["_m"], span, least)
    return pa.table({"_group": of, "_begin": begins, "_end": ends})


def _by_episode(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[tuple[int, int], object]:
    return {(group, number): value for group, number, value in connection.execute(sql).fetchall()}


def _episode(
    row: Mapping[str, Cell],
    correlation: Correlation,
    peaks: Mapping[str, Mapping[tuple[int, int], object]],
    several: Mapping[str, Mapping[tuple[int, int], object]],
) -> Episode:
    place = (int(row["_group"] or 0), int(row["_number"] or 0))

    def number(name: str) -> int:
        return int(row[name] or 0)

    def all_of(name: str) -> tuple[str, ...]:
        listed = several[name].get(place)
        if isinstance(listed, list):
            return tuple(str(each) for each in listed)
        one = row[f"min{name}"]
        return () if one is None else (str(one),)

    def worked_out(name: str) -> Cell:
        if name not in peaks:
            return row[f"={name}"]
        peak = peaks[name].get(place)
        return peak if isinstance(peak, int) else None

    return Episode(
        group={name: row[name] for name in correlation.group_by},
        begin=number("_from"),
        end=number("_to"),
        first=number("_first"),
        last=number("_last"),
        events=number("_events"),
        aggregates={name: worked_out(name) for name in correlation.aggregates},
        terms=all_of("_terms"),
        sources=all_of("_source"),
        sensors=all_of("_sensor"),
    )
