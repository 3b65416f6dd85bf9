"""Events kept because a correlation may need them: few columns, no report type yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa

from tocsin.engine.classify.declared import rule_of
from tocsin.engine.intake.cells import read_distinct, to_array, type_column
from tocsin.engine.intake.extras import extras, only_where
from tocsin.engine.intake.hosts import read_hosts
from tocsin.engine.intake.judge import FUTURE_LIMIT
from tocsin.engine.intake.texts import without_nul
from tocsin.engine.intake.times import parse_time
from tocsin.engine.intake.typed_group import Circumstances
from tocsin.engine.intake.verdicts import Reason, Verdicts
from tocsin.engine.lake.coded import is_coded, plain
from tocsin.engine.lake.schema import MOMENT, observation_schema, observed_columns
from tocsin.engine.sources.raw import RawGroup
from tocsin.model.columns import Column, ColumnKind


@dataclass(frozen=True, slots=True)
class Observed:
    """Observations row by row as they came; `verdicts` say which count."""

    table: pa.Table
    verdicts: Verdicts


def observe(group: RawGroup, file: str, given: Circumstances) -> Observed:
    """Type the columns that observations keep; the rest goes into `_extra`."""
    rows = len(group.lines)
    verdicts = Verdicts(rows)
    moments = read_distinct(
        _texts(group, "timestamp"), lambda text: parse_time(text, ZoneInfo(given.source.zone))
    )
    verdicts.give(moments.unreadable, Reason.BAD_TIME, {})
    verdicts.give(~moments.present, Reason.NO_TIME, {})
    latest = given.received + FUTURE_LIMIT
    verdicts.give(moments.flags(lambda moment: moment > latest), Reason.FUTURE, {})
    if not given.historical:
        oldest = given.received - given.source.max_age
        verdicts.give(moments.flags(lambda moment: moment < oldest), Reason.TOO_OLD, {})
        if given.pruned_before is not None:
            start = dt.datetime.combine(given.pruned_before, dt.time(), dt.UTC)
            verdicts.give(moments.flags(lambda moment: moment < start), Reason.PRUNED, {})
    columns = {
        "_id": group.ids,
        "_received": pa.repeat(pa.scalar(given.received, MOMENT), rows),
        "_source": pa.repeat(pa.scalar(given.source.name), rows),
        "_sensor": group.sensors,
        "_rule": pa.repeat(pa.scalar(rule_of(given.source)), rows)
        if group.rules is None
        else plain(group.rules),
        "_file": pa.repeat(pa.scalar(file), rows),
        "_line": pa.array(group.lines, pa.int64()),
        "_atlas": pa.repeat(pa.scalar(""), rows),
        "_terms": pa.repeat(pa.scalar(given.source.terms.to_text()), rows),
        "_observation": pa.repeat(pa.scalar(group.observation), rows),
        "timestamp": to_array(moments, MOMENT, lambda moment: moment),
    }
    named = observed_columns(given.catalogue, group.observation)
    kept, misfits = _kept_cells(group, given, named)
    columns |= kept
    # Rules keep what correlations are known to ask; what somebody calls an observation himself
    # has its other cells for a reason that he knows.
    others = _other_cells(group, named) if group.rules is None else {}
    columns["_extra"] = extras({**others, **misfits}, rows)
    schema = observation_schema(given.catalogue, group.observation)
    table = pa.table([columns[field.name].cast(field.type) for field in schema], schema=schema)
    return Observed(table, verdicts)


def _kept_cells(
    group: RawGroup, given: Circumstances, named: Mapping[str, ColumnKind]
) -> tuple[dict[str, pa.Array], dict[str, pa.Array]]:
    """The typed columns, and the cells that did not fit theirs."""
    cells: dict[str, pa.Array] = {}
    misfits: dict[str, pa.Array] = {}
    for name, kind in named.items():
        column = given.catalogue.columns.get(name)
        if column is None or column.kind is not kind:
            column = Column(name, kind, "")
        texts = _texts(group, name)
        if column.kind is ColumnKind.ADDRESS:
            hosts = read_hosts(texts, prefixes=False)
            cells[name], unreadable = hosts.shown, hosts.unreadable
        else:
            typed = type_column(column, texts, ZoneInfo(given.source.zone))
            cells[name], unreadable = typed.values, typed.unreadable
        if unreadable.any():
            misfits[name] = only_where(texts, unreadable)
    return cells, misfits


def _other_cells(group: RawGroup, named: Iterable[str]) -> dict[str, pa.Array]:
    kept = {*named, "timestamp"}
    names = [name for name in group.cells.column_names if name not in kept]
    return {name: _texts(group, name) for name in names}


def _texts(group: RawGroup, name: str) -> pa.Array:
    if name not in group.cells.column_names:
        return pa.nulls(len(group.lines), pa.string())
    column = group.cells.column(name)
    return plain(_whole(column)) if is_coded(column.type) else without_nul(column)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
