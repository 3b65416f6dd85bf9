"""The rows that an organisation's lists were sent about some subjects, out of the newest runs.

Read from the published tier, as everything that people see is: what the terms of a source masked
is not there. The files are sorted by subject, so that of each only a few row groups are read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.engine.lake.layout import Unit, audiences_name, published_prefix
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.package import Package, State, packages
from tocsin.engine.nightly.publish import read_audiences
from tocsin.engine.nightly.reasons import reasons_of
from tocsin.engine.nightly.subscribers import FilterKind, ReportList
from tocsin.model.address import MASK_64, Network, address_text

MOST_ROWS = 50
"""How many rows a case keeps at most."""

DAYS = 8
"""How many days back rows are looked for: the longest window of a report, and a day."""

_OWN = (
    "_subject_hi", "_subject_lo", "_subject_len", "_origins", "_countries", "_domains",
    "_rule", "_first", "_last", "_count", "_audience", "timestamp",
)  # fmt: skip
_TELLING = ("infection", "family", "tag")


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """A row: which day's report of which type, to which lists of the organisation, about what.

    first, last: of its sightings, ISO, UTC. telling: the infection, the family or the tag.
    """

    day: str
    report_type: str
    lists: tuple[int, ...]
    subject: str
    port: int | None
    rule: str
    first: str
    last: str
    count: int
    telling: str = ""

    def to_json(self) -> dict[str, Any]:
        """As a case keeps it."""
        return {**asdict(self), "lists": list(self.lists)}


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: rows about these subjects in reports of these lists, as they are now.

    day, report_type: of these alone, if they are known.
    """

    subjects: Collection[Network]
    lists: Mapping[int, ReportList]
    since: dt.date
    day: dt.date | None = None
    report_type: str = ""


def reported_rows(
    root: Path, store: Store, catalogue: Catalogue, sought: Sought
) -> list[ReportedRow]:
    """The newest rows first, at most MOST_ROWS for each subject."""
    found: list[ReportedRow] = []
    counts: dict[str, int] = {}
    if not sought.subjects or not sought.lists:
        return found
    for package in _newest_runs(root, sought):
        for row in _rows_of_run(package, store, catalogue, sought):
            counts[row.subject] = counts.get(row.subject, 0) + 1
            if counts[row.subject] <= MOST_ROWS:
                found.append(row)
    return found


def subject_text(subject: Network) -> str:
    """A subject as a case has it: an address without its length, a prefix with it."""
    return address_text(subject.first) if subject.length == 128 else str(subject)


def _newest_runs(root: Path, sought: Sought) -> list[Package]:
    """The newest published revision of each day, newest day first."""
    newest: dict[dt.date, Package] = {}
    for package in packages(root):
        wanted = sought.day in (None, package.day) and package.day >= sought.since
        if wanted and package.state() is State.PUBLISHED:
            newest[package.day] = package
    return [newest[day] for day in sorted(newest, reverse=True)]


def _rows_of_run(
    package: Package, store: Store, catalogue: Catalogue, sought: Sought
) -> Iterator[ReportedRow]:
    for name in store.names(published_prefix(package.day, package.revision)):
        if not name.endswith(".parquet"):
            continue
        unit = Unit.from_stem(Path(name).stem)
        report_type = catalogue.report_types.get(unit.report_type)
        if report_type is None or sought.report_type not in ("", report_type.id):
            continue
        rows = _about(store.fetch(name), report_type, sought.subjects)
        if rows:
            said = store.fetch(audiences_name(package.day, package.revision, unit))
            audiences = read_audiences(said)
            yield from _theirs(rows, audiences, report_type, package.day, sought)


def _about(
    path: Path, report_type: ReportType, subjects: Collection[Network]
) -> list[dict[str, Any]]:
    """The published rows of a file that are about one of these subjects."""
    has = set(pq.read_schema(path).names)
    names = [*_OWN, *_TELLING, *filter(None, [report_type.subject_port])]
    condition = None
    # One comparison for each: of these alone Arrow knows which row groups it can pass over.
    for each in subjects:
        same = (pc.field("_subject_hi") == each.first >> 64) & (
            pc.field("_subject_lo") == each.first & MASK_64
        )
        condition = same if condition is None else condition | same
    columns = [each for each in dict.fromkeys(names) if each in has]
    table = pq.read_table(path, columns=columns, filters=condition)
    rows = cast("list[dict[str, Any]]", table.to_pylist())
    return [each for each in rows if _subject(each) in subjects]


def _theirs(
    rows: list[dict[str, Any]],
    audiences: list[tuple[int, ...]],
    report_type: ReportType,
    day: dt.date,
    sought: Sought,
) -> Iterator[ReportedRow]:
    for row in sorted(rows, key=lambda each: each["_last"], reverse=True):
        lists = tuple(
            number
            for number in audiences[row["_audience"]]
            if number in sought.lists and still_theirs(row, report_type, sought.lists[number])
        )
        if lists:
            yield ReportedRow(
                day=day.isoformat(),
                report_type=report_type.id,
                lists=lists,
                subject=subject_text(_subject(row)),
                port=row.get(report_type.subject_port),
                rule=row["_rule"] or "",
                first=row["_first"].isoformat(),
                last=row["_last"].isoformat(),
                count=row["_count"],
                telling=next((row[each] for each in _TELLING if row.get(each)), ""),
            )


def still_theirs(row: Mapping[str, Any], report_type: ReportType, wanted: ReportList) -> bool:
    """Whether a network that the list has now brings it the row.

    The names by which a list of domains got it may be masked; if the row tells none at all, any
    domain of the list counts. A row that tells names of others alone is the list's no more.
    """
    if reasons_of(row, report_type, wanted):
        return True
    tells_none = not row.get("_domains")
    return wanted.filter is FilterKind.DOMAIN and bool(wanted.networks) and tells_none


def _subject(row: Mapping[str, Any]) -> Network:
    length = row["_subject_len"]
    return Network(
        (row["_subject_hi"] << 64) | row["_subject_lo"], 128 if length is None else length
    )
