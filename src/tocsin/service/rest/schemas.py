"""What answers hold, for the description of the API. Times are UTC, as `2026-11-22T04:00:00Z`."""

from __future__ import annotations

import datetime as dt

from ninja import Schema
from pydantic import Field


class Mistake(Schema):
    """One mistake of many."""

    where: str
    line: int = Field(description="Counted from 1; 0 where there are no lines.")
    what: str
    todo: str


class Refused(Schema):
    """RFC 9457, with what to do about it."""

    type: str
    title: str
    status: int
    detail: str
    where: str
    todo: str
    problems: list[Mistake]


class Organisation(Schema):
    """An organisation."""

    slug: str
    name: str


class Me(Schema):
    """Whose key it is, and what it opens."""

    organisation: Organisation
    key: str
    groups: list[str]
    lists: list[str]


class ListOut(Schema):
    """A mailing list: reports are made for lists."""

    id: int
    name: str
    filter: str
    mode: str
    format: str
    least_severity: str
    language: str
    except_types: list[str]
    extra_columns: list[str]
    networks: list[str]


class TypeOut(Schema):
    """A report type."""

    id: str
    title: str
    area: str
    severity: str
    subject: str
    columns: list[str]


class ColumnOut(Schema):
    """A column of a report type."""

    name: str
    kind: str
    description: str


class TypeWhole(Schema):
    """A report type with its columns and its words for people."""

    id: str
    title: str
    area: str
    severity: str
    subject: str
    columns: list[ColumnOut]
    text: dict[str, str]


class ReportOut(Schema):
    """A report. rows, bytes and sha256 are null where only a part of it is still yours."""

    id: str
    day: dt.date
    type: str
    list: str
    delayed: bool
    revision: int
    whole: bool
    rows: int | None
    bytes: int | None
    sha256: str | None
    download: str


class FindingOut(Schema):
    """What there is to fix; the fields from `seen` on are what your people say of it."""

    id: str
    type: str
    subject: str
    port: int | None
    infection: str
    severity: str
    state: str
    first_seen: str
    last_seen: str
    days_seen: int
    events: int
    fixed_on: str | None
    relapsed_on: str | None
    relapses: int
    label: str
    seen: bool
    ticket: str
    fixed: str | None
    risk_accepted_until: str | None
    note: str
    marked_by: str
    marked_at: str | None


class Marked(Schema):
    """How many findings had something changed, and how many had nothing to change."""

    changed: int
    unchanged: int


class MarkIn(Schema):
    """What is said of a finding: what is left out stays, null takes back."""

    id: str = Field(pattern="^[0-9a-f]{32}$")
    seen: bool | None = None
    ticket: str | None = Field(None, max_length=100)
    fixed: bool | str | None = Field(None, description="true for now, or a time")
    risk_accepted_until: dt.date | None = None
    note: str | None = Field(None, max_length=2000)


class Lists(Schema):
    """All lists."""

    items: list[ListOut]
    next: str | None


class Types(Schema):
    """A page of report types."""

    items: list[TypeOut]
    next: str | None


class Reports(Schema):
    """A page of reports."""

    items: list[ReportOut]
    next: str | None


class Records(Schema):
    """A page of rows: `report_type` and `report_day`, then the columns of the report."""

    items: list[dict[str, str | int]]
    next: str | None


class Findings(Schema):
    """A page of findings."""

    items: list[FindingOut]
    next: str | None
