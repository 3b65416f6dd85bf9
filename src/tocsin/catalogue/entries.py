"""What the catalogue's files mean, as frozen values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.catalogue.correlations import Correlation
from tocsin.catalogue.families import Family, folded
from tocsin.catalogue.nearest import nearest
from tocsin.catalogue.reading import Reading
from tocsin.catalogue.rules import NO_MEANING, Rule
from tocsin.model.columns import Column, ColumnKind
from tocsin.model.errors import CatalogueError
from tocsin.model.severity import Severity
from tocsin.model.terms import Terms

LOCATED = ("asn", "geo", "region", "city", "naics", "sector")
"""What the atlas fills in beside an address column, behind that column's prefix."""


class SubjectKind(StrEnum):
    """What the subject column holds."""

    ADDRESS = "address"
    PREFIX = "prefix"
    DOMAIN = "domain"
    NONE = "none"


class SubjectRole(StrEnum):
    """In which role the subject's owner is told."""

    CULPRIT = "culprit"
    VICTIM = "victim"
    RESOLVER = "resolver"
    REFERER = "referer"
    EXPOSED = "exposed"
    HOLDER = "holder"


class DomainForm(StrEnum):
    """How a domain is taken out of a cell: as it stands, of a mail address, of a URL's host."""

    NAME = "name"
    EMAIL = "email"
    URL = "url"


class Window(StrEnum):
    """By which time a source's rows belong to a night."""

    EVENT = "event"
    RECEIVED = "received"


class Location(StrEnum):
    """Whose word stands in the located columns of a source's rows.

    `keep`: the source's where it wrote one, the atlas fills the rest, and where the atlas knows
    nothing of an address the source's word decides who is told. `overwrite`: the atlas alone.
    """

    KEEP = "keep"
    OVERWRITE = "overwrite"


@dataclass(frozen=True, slots=True)
class Area:
    """One kind of harm."""

    id: str
    title: str
    description: str


OBSERVED = ("protocol", "ip", "port", "src_ip", "src_port", "dst_ip", "dst_port")
"""What is kept of every observation: the two sides of it."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A kind of observation. columns: what is kept of an event beside the two sides of it."""

    id: str
    description: str
    columns: Mapping[str, ColumnKind]


@dataclass(frozen=True, slots=True)
class Subject:
    """The column whose owner gets the record. `column` is empty for kind `none`."""

    column: str
    kind: SubjectKind
    role: SubjectRole
    domain_form: DomainForm = DomainForm.NAME
    version: int = 0
    """4 or 6 if the type takes only that family of addresses, 0 for both."""


@dataclass(frozen=True, slots=True)
class DomainColumn:
    """A column that domain lists may match; a PTR name only if forward-confirmed."""

    column: str
    form: DomainForm
    needs_confirmation: bool = False


@dataclass(frozen=True, slots=True)
class Counting:
    """Columns of the type that tell of the whole group rather than of its first event.

    Empty names where the type has no such column. `count` sums, `first_seen` takes the least,
    `last_seen` the greatest.
    """

    count: str = ""
    first_seen: str = ""
    last_seen: str = ""


@dataclass(frozen=True, slots=True)
class ReportType:
    """One kind of report."""

    id: str
    title: str
    area: str
    subject: Subject
    columns: tuple[Column, ...]
    severity: Severity
    taxonomy: str
    """RSIT, `class/type`; empty where none is stated."""
    domain_columns: tuple[DomainColumn, ...]
    window_days: int
    identity: tuple[str, ...]
    """Columns that make a row the same row on another day (delta mode)."""
    aggregation_key: tuple[str, ...]
    """Columns whose equal values make events one row."""
    counting: Counting
    aliases: tuple[str, ...]
    column_aliases: Mapping[str, str]
    delta: bool
    text: Mapping[str, str]
    """For people: `meaning`, `why`, `fix`, `method`."""
    sample: Mapping[str, str]
    provisional: bool = False

    def column(self, name: str) -> Column | None:
        """The column of that very name, None if the type has none such."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def column_names(self) -> tuple[str, ...]:
        """The header of the type's reports, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def address_columns(self) -> tuple[str, ...]:
        """Names of the columns that hold addresses or prefixes."""
        return tuple(c.name for c in self.columns if c.kind is ColumnKind.ADDRESS)

    @property
    def source_port(self) -> str:
        """The subject's port where it is one that changes from connection to connection."""
        name = self.subject.column.removesuffix("ip") + "port"
        culprit = self.subject.column in ("src_ip",)
        return name if culprit and name in self.column_names else ""

    @property
    def subject_port(self) -> str:
        """The subject's port, of either meaning; empty if the type has none."""
        if not self.subject.column.endswith("ip"):
            return ""
        name = self.subject.column.removesuffix("ip") + "port"
        return name if name in self.column_names else ""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which filters a source's rows go through; each can be switched, per source and per call.

    `reserved_allowed`: kinds of reserved space that this source may report nevertheless
    (`documentation`, `private`, ...; see `engine/intake/reserved.py`).
    """

    reserved: bool = True
    reserved_allowed: frozenset[str] = frozenset()
    allow_list: bool = True
    impossible: bool = True
    repeats: bool = False
    """Drop identical rows within a file; off, they are real repeats and count."""


@dataclass(frozen=True, slots=True)
class Source:
    """An input: its format, its terms, its clock."""

    name: str
    format: str
    title: str
    terms: Terms
    window: Window = Window.EVENT
    expected_by: dt.time | None = None
    """UTC time of day by which the night may expect it; None if the night does not wait."""
    max_age: dt.timedelta = dt.timedelta(days=3)
    tolerance: dt.timedelta = dt.timedelta(minutes=10)
    """How far ahead of our clock an event may be before it is held."""
    zone: str = "UTC"
    """The zone of times that name none."""
    location: Location = Location.OVERWRITE
    filters: Filters = field(default_factory=Filters)
    files: tuple[str, ...] = ()
    """File name patterns that the spool gives to this source."""
    missing: tuple[str, ...] = ("", "-")
    """Cells that say nothing."""
    description: str = ""
    reading: Reading | None = None
    """How its rows become events; None for formats that are read in one way only."""
    extends: str = field(default="", metadata=NO_MEANING)
    """The source that it takes over what it does not say from, and whose rules are its own too."""
    ruled: bool = field(default=False, metadata=NO_MEANING)
    """Whether there are rules for events that name neither report type nor observation."""


@dataclass(frozen=True)
class Catalogue:
    """All of it, checked. `version` is the SHA-256 of the canonical form, hexadecimal."""

    columns: Mapping[str, Column]
    column_aliases: Mapping[str, str]
    areas: Mapping[str, Area]
    report_types: Mapping[str, ReportType]
    sources: Mapping[str, Source]
    version: str
    rules: tuple[Rule, ...] = ()
    """In the order in which they are asked."""
    observations: Mapping[str, Observation] = field(default_factory=dict)
    correlations: tuple[Correlation, ...] = ()
    """By id."""
    families: Mapping[str, Family] = field(default_factory=dict)

    def report_type(self, name: str) -> ReportType | None:
        """The type of that id or alias."""
        found = self.report_types.get(name)
        if found is not None:
            return found
        return self._by_alias().get(name)

    def _by_alias(self) -> dict[str, ReportType]:
        return {alias: entry for entry in self.report_types.values() for alias in entry.aliases}

    def family(self, said: str) -> Family | None:
        """The family that goes by that name, None if none is known to."""
        meant = folded(said)
        for family in self.families.values():
            if meant in map(folded, (family.name, *family.aliases)):
                return family
        return None

    def rules_of(self, source: str) -> tuple[Rule, ...]:
        """The rules of a source: its own, and those of all that it extends."""
        lineage = self.lineage(source)
        return tuple(rule for rule in self.rules if rule.service in lineage)

    def lineage(self, source: str) -> tuple[str, ...]:
        """A source and all that it extends, the nearest first."""
        found = [source]
        while parent := self.sources[found[-1]].extends:
            found.append(parent)
        return tuple(found)

    def source(self, name: str) -> Source:
        """The source of that name; CatalogueError names those that are like it."""
        try:
            return self.sources[name]
        except KeyError:
            near = nearest(name, self.sources, most=3)
            raise CatalogueError(
                f"there is no source {name!r}",
                todo=f"describe it in sources/{name}.yaml, or name another: {near}",
            ) from None
