"""A group of raw rows read as a report type's columns."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.catalogue.entries import Catalogue, DomainForm, ReportType, Source, SubjectKind
from tocsin.engine.intake.allow_list import Allowed
from tocsin.engine.intake.cells import (
    AS_THEY_COME,
    Distinct,
    TypedColumn,
    read_distinct,
    type_column,
)
from tocsin.engine.intake.domains import domain_of
from tocsin.engine.intake.extras import extras, only_where
from tocsin.engine.intake.hosts import Hosts, read_hosts
from tocsin.engine.intake.known_networks import KnownNetworks, with_tags
from tocsin.engine.intake.locate import Atlases
from tocsin.engine.intake.texts import without_nul
from tocsin.engine.lake.coded import is_coded, plain
from tocsin.engine.sources.raw import RawGroup
from tocsin.model.columns import Column, ColumnKind
from tocsin.model.severity import Severity

_KNOWN = "known_as"
"""Where tags of what is known stand in `_extra`, for types that have no tags."""


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What judging needs to know besides the rows. `received` is the clock reading."""

    catalogue: Catalogue
    source: Source
    atlases: Atlases
    allowed: tuple[Allowed, ...]
    received: dt.datetime
    historical: bool = False
    known: KnownNetworks = field(default_factory=KnownNetworks)
    pruned_before: dt.date | None = None
    """Days before this one have been pruned: nothing can tell what was sent of them."""


class TypedGroup:
    """The group's cells under the type's columns; each thing is worked out once, when asked."""

    def __init__(self, group: RawGroup, report_type: ReportType, given: Circumstances) -> None:
        self.group = group
        self.report_type = report_type
        self.given = given
        self.rows = len(group.lines)
        self._cells: dict[str, pa.Array] = {}

    @cached_property
    def cell_names(self) -> dict[str, str]:
        """Type's column -> the input's column that fills it; a column's own name comes first."""
        said = self.group.cells.column_names
        names = {name: name for name in said if self.report_type.column(name)}
        for name in said:
            new = self.report_type.column_aliases.get(name)
            new = new or self.given.catalogue.column_aliases.get(name)
            if new and name not in names and new not in names and self.report_type.column(new):
                names[new] = name
        return names

    @cached_property
    def unknown_columns(self) -> tuple[str, ...]:
        """The input's columns that the type does not have."""
        return tuple(sorted(set(self.group.cells.column_names) - set(self.cell_names.values())))

    def texts(self, column: str) -> pa.Array:
        """The cells that fill a column, null where the row says nothing."""
        name = self.cell_names.get(column)
        if name is None:
            return pa.nulls(self.rows, pa.string())
        return self.cells(name)

    def cells(self, name: str) -> pa.Array:
        """The cells of one of the input's own columns."""
        if name not in self._cells:
            column = self.group.cells.column(name)
            # What is coded was looked through before.
            if is_coded(column.type):
                self._cells[name] = plain(_whole(column))
            else:
                self._cells[name] = without_nul(column, self.given.source.missing)
        return self._cells[name]

    def _as_they_come(self, column: Column) -> TypedColumn:
        """A column whose cells are stored as they are, and so may stay coded."""
        name = self.cell_names.get(column.name)
        if name is None or not is_coded(self.group.cells.schema.field(name).type):
            return type_column(column, self.texts(column.name), ZoneInfo(self.given.source.zone))
        none = np.zeros(self.rows, np.bool_)
        return TypedColumn(_whole(self.group.cells.column(name)), none, none)

    @cached_property
    def typed(self) -> dict[str, TypedColumn]:
        """Every column but those of addresses."""
        zone = ZoneInfo(self.given.source.zone)
        return {
            column.name: self._as_they_come(column)
            if column.kind in AS_THEY_COME
            else type_column(column, self.texts(column.name), zone)
            for column in self.report_type.columns
            if column.kind is not ColumnKind.ADDRESS
        }

    @cached_property
    def hosts(self) -> dict[str, Hosts]:
        """The columns of addresses; a subject that may be a prefix is read as one."""
        subject = self.report_type.subject
        prefix = subject.column if subject.kind is SubjectKind.PREFIX else ""
        return {
            name: read_hosts(self.texts(name), prefixes=name == prefix)
            for name in self.report_type.address_columns
        }

    @cached_property
    def severities(self) -> Distinct[Severity]:
        """The rows' own severities."""
        return read_distinct(self.texts("severity"), Severity.from_word)

    @cached_property
    def misfits(self) -> dict[str, NDArray[np.bool_]]:
        """By column, the rows whose text is no value of it."""
        misfits = {name: typed.unreadable for name, typed in self.typed.items()}
        misfits |= {name: hosts.unreadable for name, hosts in self.hosts.items()}
        misfits["severity"] = self.severities.unreadable
        return {name: mask for name, mask in misfits.items() if mask.any()}

    @cached_property
    def known(self) -> pa.Array | None:
        """The tags of what the subjects are known for; None where none is."""
        hosts = self.subject_hosts
        return None if hosts is None else self.given.known.tags(hosts, self.moments)

    def tags(self) -> pa.Array | None:
        """The column of tags if what is known adds to it."""
        if self.known is None or "tag" not in self.typed:
            return None
        return with_tags(plain(self.typed["tag"].values), self.known)

    def extras(self) -> pa.Array:
        """What the rows say beyond the columns, misfits among it, as JSON."""
        said = {name: self.cells(name) for name in self.unknown_columns}
        if self.known is not None and "tag" not in self.typed:
            said[_KNOWN] = self.known
        for column, misfit in self.misfits.items():
            said[self.cell_names[column]] = only_where(self.texts(column), misfit)
        return extras(said, self.rows)

    @cached_property
    def moments(self) -> NDArray[np.int64]:
        """Event times in microseconds since 1970; 0 where there is none."""
        times = self.typed["timestamp"].values.cast(pa.int64())
        moments: NDArray[np.int64] = pc.fill_null(times, 0).to_numpy(zero_copy_only=False)
        return moments

    # --- subject and domains ------------------------------------------------------------

    @cached_property
    def subject_hosts(self) -> Hosts | None:
        """The subject column of a type whose subject is an address or a prefix."""
        return self.hosts.get(self.report_type.subject.column)

    @cached_property
    def subject_domains(self) -> Distinct[str]:
        """The subject column of a type whose subject is a domain."""
        subject = self.report_type.subject
        return _read_domains(self.texts(subject.column), subject.domain_form)

    def domain_lists(self) -> pa.Array:
        """Per row the names that domain lists may match, distinct and sorted; null for none."""
        sources = self._domain_sources()
        named = np.zeros(self.rows, np.bool_)
        for domains in sources:
            named |= domains.present
        rows = np.flatnonzero(named)
        if not len(rows):
            return pa.nulls(self.rows, pa.list_(pa.string()))
        columns = [_domain_cells(domains, rows) for domains in sources]
        names = [sorted({name for name in cells if name}) for cells in zip(*columns, strict=True)]
        lists = pa.array(names, pa.list_(pa.string()))
        places = np.cumsum(named) - 1
        return lists.take(pa.array(places, mask=~named))

    def _domain_sources(self) -> list[Distinct[str]]:
        found = []
        if self.report_type.subject.kind is SubjectKind.DOMAIN:
            found.append(self.subject_domains)
        for declared in self.report_type.domain_columns:
            texts = self.texts(declared.column)
            if declared.needs_confirmation:
                texts = only_where(texts, self.group.confirmed)
            found.append(_read_domains(texts, declared.form))
        return found


def _read_domains(texts: pa.Array, form: DomainForm) -> Distinct[str]:
    def parse(text: str) -> str:
        name = domain_of(text, form)
        if not name:
            raise ValueError(text)
        return name

    return read_distinct(texts, parse)


def _domain_cells(domains: Distinct[str], rows: NDArray[np.int64]) -> list[str | None]:
    return [domains.values[code] if code >= 0 else None for code in domains.codes[rows].tolist()]
