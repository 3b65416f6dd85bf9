"""A group of raw rows judged against one report type: typed, filtered, located.

Pure: values, a clock reading and opened atlases in; a table of records and verdicts out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.engine.classify.declared import rule_of
from tocsin.engine.intake.allow_list import Allowed
from tocsin.engine.intake.cells import to_array
from tocsin.engine.intake.ownership import Ownership
from tocsin.engine.intake.reserved import in_reserved_space
from tocsin.engine.intake.typed_group import Circumstances, TypedGroup
from tocsin.engine.intake.verdicts import Reason, Verdicts
from tocsin.engine.lake.coded import compacted, constant, is_coded
from tocsin.engine.lake.schema import record_schema
from tocsin.engine.sources.raw import RawGroup

FUTURE_LIMIT = dt.timedelta(hours=24)
"""An event further ahead of our clock than this is rejected; nearer ones are held."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Judged:
    """The records of a group that count, in the order of its rows; `verdicts` say which these are.

    `held`: the event lies ahead of our clock, by more than the source's tolerance.
    `set_aside`: cells that did not fit their column and were kept in `_extra`, by column.
    `unknown`: columns of the input that the type does not have. `unlocated`: rows without atlas.
    """

    table: pa.Table
    verdicts: Verdicts
    held: NDArray[np.bool_]
    set_aside: Mapping[str, int]
    unknown: tuple[str, ...]
    unlocated: int


def judge(group: RawGroup, report_type: ReportType, file: str, given: Circumstances) -> Judged:
    """Judge one group; `file` is the SHA-256 of the content it was read from."""
    cells = TypedGroup(group, report_type, given)
    ownership = Ownership(cells)
    verdicts = _Bench(cells).verdicts()
    set_aside = {name: int((mask & verdicts.kept).sum()) for name, mask in cells.misfits.items()}
    latest = _microseconds(given.received + given.source.tolerance)
    return Judged(
        table=_table(cells, ownership, file, verdicts.kept),
        verdicts=verdicts,
        held=(cells.moments > latest) & verdicts.kept,
        set_aside={name: number for name, number in set_aside.items() if number},
        unknown=cells.unknown_columns,
        unlocated=int((ownership.unlocated & verdicts.kept).sum()),
    )


class _Bench:
    """Gives each row of a group its verdict; the first reason found stands."""

    def __init__(self, cells: TypedGroup) -> None:
        self.cells = cells
        self.given = cells.given
        self.subject = cells.report_type.subject
        self.found = Verdicts(cells.rows)

    def verdicts(self) -> Verdicts:
        self._judge_time()
        self._judge_subject()
        if self.given.source.filters.impossible:
            for name, typed in self.cells.typed.items():
                self._give(typed.impossible, Reason.IMPOSSIBLE, name)
        self._judge_age()
        self._judge_reserved()
        if self.given.source.filters.allow_list:
            for entry in self.given.allowed:
                self._judge_allowed(entry)
        return self.found

    def _give(self, where: NDArray[np.bool_], reason: Reason, column: str) -> None:
        if not where.any():
            return
        texts = self.cells.texts(column)
        rows = np.flatnonzero(where).tolist()
        details = {row: f"{column} is {texts[row].as_py()!r}" for row in rows}
        self.found.give(where, reason, details)

    def _judge_time(self) -> None:
        typed = self.cells.typed["timestamp"]
        self._give(typed.unreadable, Reason.BAD_TIME, "timestamp")
        self.found.give(~np.asarray(typed.values.is_valid()), Reason.NO_TIME, {})

    def _judge_subject(self) -> None:
        column = self.subject.column
        if self.subject.kind is SubjectKind.NONE:
            return
        hosts = self.cells.subject_hosts
        said = self.cells.subject_domains if hosts is None else hosts
        self._give(said.unreadable, Reason.BAD_SUBJECT, column)
        self._give(~said.present, Reason.NO_SUBJECT, column)
        if hosts is None:
            return
        if self.subject.version:
            wrong = hosts.present & (hosts.is_v4 != (self.subject.version == 4))
            self._give(wrong, Reason.WRONG_FAMILY, column)
        self._give(hosts.too_broad, Reason.TOO_BROAD, column)

    def _judge_age(self) -> None:
        received, moments = self.given.received, self.cells.moments
        ahead = moments > _microseconds(received + FUTURE_LIMIT)
        self._give(ahead, Reason.FUTURE, "timestamp")
        if self.given.historical:
            return
        old = moments < _microseconds(received - self.given.source.max_age)
        self._give(old, Reason.TOO_OLD, "timestamp")
        if self.given.pruned_before is not None:
            start = dt.datetime.combine(self.given.pruned_before, dt.time(), dt.UTC)
            self._give(moments < _microseconds(start), Reason.PRUNED, "timestamp")

    def _judge_reserved(self) -> None:
        filters, hosts = self.given.source.filters, self.cells.subject_hosts
        if hosts is None or not filters.reserved:
            return
        reserved = in_reserved_space(hosts.first, hosts.lengths, filters.reserved_allowed)
        self._give(hosts.present & reserved, Reason.RESERVED, self.subject.column)

    def _judge_allowed(self, entry: Allowed) -> None:
        hosts = self.cells.subject_hosts
        if entry.network is not None and hosts is not None:
            inside = hosts.within(entry.network)
        elif entry.domain and self.subject.kind is SubjectKind.DOMAIN:
            inside = self.cells.subject_domains.flags(entry.has_domain)
        else:
            return
        inside = inside & (self.cells.moments < _microseconds(entry.expires))
        details = dict.fromkeys(np.flatnonzero(inside).tolist(), entry.reason)
        self.found.give(inside, Reason.ALLOW_LIST, details)


def _table(cells: TypedGroup, ownership: Ownership, file: str, kept: NDArray[np.bool_]) -> pa.Table:
    """The rows that are kept, under all columns of the lake."""
    columns = {
        **_own_columns(cells, ownership),
        **_type_columns(cells),
        **ownership.columns(),
    }
    if not kept.all():
        mask = pa.array(kept)
        columns = {
            # Most of a type's columns are empty for any one source: nothing is to be filtered.
            name: column.filter(mask) if column.null_count < len(column) else column
            for name, column in columns.items()
        }
    rows = int(kept.sum())
    constants = _constants(cells.given, file)
    schema = record_schema(cells.report_type, cells.given.catalogue)
    arrays = [
        _fitted(columns[field.name], field.type, rows)
        if field.name in columns
        else _repeated(constants[field.name], field.type, rows)
        for field in schema
    ]
    fields = [field.with_type(array.type) for field, array in zip(schema, arrays, strict=True)]
    return pa.table(arrays, schema=pa.schema(fields, metadata=schema.metadata))


def _fitted(column: pa.Array, kind: pa.DataType, rows: int) -> pa.Array:
    if len(column) != rows:
        return pa.nulls(rows, kind)
    if is_coded(column.type):
        return compacted(column)
    return column if column.type == kind else column.cast(kind)


def _repeated(value: object, kind: pa.DataType, rows: int) -> pa.Array:
    if isinstance(value, str):
        return constant(value, rows)
    return pa.repeat(pa.scalar(value, kind), rows)


def _type_columns(cells: TypedGroup) -> dict[str, pa.Array]:
    columns = {name: typed.values for name, typed in cells.typed.items()}
    for name, hosts in cells.hosts.items():
        columns[name] = hosts.shown
    if (tags := cells.tags()) is not None:
        columns["tag"] = tags
    if "severity" in columns:
        words = to_array(cells.severities, pa.string(), lambda severity: severity.word)
        columns["severity"] = pc.fill_null(words, cells.report_type.severity.word)
    return columns


def _constants(given: Circumstances, file: str) -> dict[str, object]:
    """What all records of a group have in common, but for the rules if these were asked."""
    return {
        "_received": given.received,
        "_source": given.source.name,
        "_rule": rule_of(given.source),
        "_file": file,
        "_terms": given.source.terms.to_text(),
    }


def _own_columns(cells: TypedGroup, ownership: Ownership) -> dict[str, pa.Array]:
    group = cells.group
    origins, countries = ownership.origins_and_countries()
    severity = to_array(cells.severities, pa.uint8(), int)
    default_severity = pa.scalar(int(cells.report_type.severity), pa.uint8())
    by_rules = {} if group.rules is None else {"_rule": group.rules}
    return {
        **by_rules,
        "_id": group.ids,
        "_sensor": group.sensors,
        "_line": pa.array(group.lines, pa.int64()),
        "_atlas": ownership.atlas_names(),
        "_extra": cells.extras(),
        "_severity": pc.fill_null(severity, default_severity),
        "_origins": origins,
        "_countries": countries,
        "_domains": cells.domain_lists(),
        **_subject_columns(cells),
    }


def _subject_columns(cells: TypedGroup) -> dict[str, pa.Array]:
    hosts = cells.subject_hosts
    if hosts is None:
        return {
            "_subject_hi": pa.nulls(cells.rows, pa.uint64()),
            "_subject_lo": pa.nulls(cells.rows, pa.uint64()),
            "_subject_len": pa.nulls(cells.rows, pa.uint8()),
        }
    nowhere = ~hosts.present
    return {
        "_subject_hi": pa.array(hosts.first.hi, pa.uint64(), mask=nowhere),
        "_subject_lo": pa.array(hosts.first.lo, pa.uint64(), mask=nowhere),
        "_subject_len": pa.array(hosts.lengths, pa.uint8(), mask=nowhere),
    }


def _microseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)
