"""Runs the examples that every correlation carries: series for which it holds, or does not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

import duckdb
import pyarrow as pa

from tocsin.catalogue.correlations import Correlation, Series
from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.rules import Event
from tocsin.engine.classify.correlation_find import Episode, find_episodes
from tocsin.engine.classify.correlation_reading import read_correlation
from tocsin.engine.classify.correlation_sql import WITNESSES
from tocsin.engine.lake.schema import observed_columns, stored_type
from tocsin.model.columns import ColumnKind
from tocsin.model.errors import Problem

_DAY: Final = dt.date(2026, 11, 22)
_NOON: Final = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def failed_correlations(catalogue: Catalogue) -> tuple[Problem, ...]:
    """What Sigma says against correlations, and every example that is judged otherwise."""
    unread = [problem for each in catalogue.correlations if (problem := read_correlation(each))]
    failed = [
        problem for each in catalogue.correlations for problem in failed_series(each, catalogue)
    ]
    return (*unread, *failed)


def failed_series(correlation: Correlation, catalogue: Catalogue) -> Iterator[Problem]:
    """Every example of a correlation that is judged otherwise."""
    for kind, examples in (("hits", correlation.hits), ("misses", correlation.misses)):
        for number, series in enumerate(examples):
            place = ("tocsin", "examples", kind, number)
            try:
                holds = bool(episodes_of(correlation, series, catalogue))
            except _NoSuchCell as error:
                todo = "write what the observation's kind says the column holds"
                yield correlation.problem(place, str(error), todo)
                continue
            if holds != (kind == "hits"):
                verb = (
                    "does not hold where it has to" if kind == "hits" else "holds where it must not"
                )
                yield correlation.problem(place, f"the correlation {verb}")


class _NoSuchCell(ValueError):
    """An example has a cell that no observation can have."""


def episodes_of(
    correlation: Correlation, series: Sequence[Series], catalogue: Catalogue
) -> list[Episode]:
    """The episodes among the observations of an example, which begin at noon of some day."""
    observed = _observed(correlation, series, catalogue)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("observed", observed)
        return find_episodes(connection, correlation, _DAY)


def _observed(correlation: Correlation, series: Sequence[Series], catalogue: Catalogue) -> pa.Table:
    times: list[int] = []
    rules: list[int] = []
    events: list[Event] = []
    moment = _NOON
    for each in series:
        for number in range(each.times):
            times.append((moment - _EPOCH) // dt.timedelta(microseconds=1))
            rules.append(correlation.rules.index(each.rule) if each.rule else 0)
            events.append({n: cell.replace("{n}", str(number)) for n, cell in each.cells.items()})
            moment += each.every
    kinds = {
        n: k for kind in correlation.kinds for n, k in observed_columns(catalogue, kind).items()
    }
    columns = {name: _cells(name, events, kinds[name]) for name in correlation.asked}
    ids = [number.to_bytes(16) for number in range(len(events))]
    return pa.table(
        {
            **columns,
            **{name: pa.array(["-"] * len(events)) for name in WITNESSES},
            "_t": pa.array(times, pa.int64()),
            "_by": pa.array(rules, pa.int8()),
            "_id": pa.array(ids, pa.binary(16)),
            "_received": pa.array([0] * len(events), pa.timestamp("us", tz="UTC")),
        }
    )


def _cells(name: str, events: Sequence[Event], kind: ColumnKind) -> pa.Array:
    """The cells of a column, as observations have them."""
    said = pa.array([event.get(name) for event in events], pa.string())
    try:
        return said.cast(stored_type(kind))
    except pa.ArrowInvalid:
        what = f"a cell of the column {name!r} is none of the kind {kind.value}"
        raise _NoSuchCell(what) from None
