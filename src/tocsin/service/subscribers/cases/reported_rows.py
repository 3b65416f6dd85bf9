"""The rows that an organisation's lists were sent about some subjects, out of the newest runs.

Read from the published tier, as everything that people see is: what the terms of a source masked
is not there. The files are sorted by subject, so that of each only a few row groups are read. What
the lists were not given, since it is held or was dropped, is not there either; what was given and
taken back is marked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.engine.lake.layout import Unit, audiences_name, published_prefix
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.package import Package, State, packages
from tocsin.engine.nightly.publish import read_audiences
from tocsin.engine.nightly.reasons import reasons_of
from tocsin.engine.nightly.subscribers import FilterKind, ReportList
from tocsin.model.address import MASK_64, Flags, Ints, Network, address_text

MOST_ROWS = 50
"""How many rows a case keeps at most."""

DAYS = 8
"""How many days back rows are looked for: the longest window of a report, and a day."""

_OWN = (
    "_id", "_subject_hi", "_subject_lo", "_subject_len", "_origins", "_countries", "_domains",
    "_rule", "_source", "_sensor", "_first", "_last", "_count", "_audience", "timestamp",
)  # fmt: skip
_TELLING = ("infection", "family", "tag")


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """A row: which day's report of which type, to which lists of the organisation, about what.

    first, last: of its sightings, ISO, UTC. telling: the infection, the family or the tag. event:
    the id of the first event that it stands for. recalled: the number of the recall that has taken
    it back, 0 for none; what is said of it later is found by event, rule, source and sensor.
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
    event: str = ""
    source: str = ""
    sensor: str = ""
    recalled: int = 0

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


@dataclass(frozen=True, slots=True)
class InView:
    """Of published rows, `(n,)` each: which a list was given; which recall took one back, or 0."""

    shown: Flags
    recalled: Ints


def all_in_view(rows: pa.Table) -> InView:
    """Of a list that was given all of them."""
    return InView(np.ones(rows.num_rows, np.bool_), np.zeros(rows.num_rows, np.int64))


class RunInView(Protocol):
    """Knows what of a run was given to whom."""

    def of(self, unit: Unit, number: int, rows: pa.Table) -> InView:
        """Of rows of a unit that a list may have got."""


Views = Callable[[Package, Collection[int]], RunInView | None]
"""What these lists were given of a run; None if nobody was given anything of it."""


def reported_rows(
    root: Path, store: Store, catalogue: Catalogue, sought: Sought, views: Views
) -> list[ReportedRow]:
    """The newest rows first, at most MOST_ROWS for each subject."""
    found: list[ReportedRow] = []
    counts: dict[str, int] = {}
    if not sought.subjects or not sought.lists:
        return found
    for package, view in _newest_runs(root, sought, views):
        for row in _rows_of_run(package, view, store, catalogue, sought):
            counts[row.subject] = counts.get(row.subject, 0) + 1
            if counts[row.subject] <= MOST_ROWS:
                found.append(row)
    return found


def subject_text(subject: Network) -> str:
    """A subject as a case has it: an address without its length, a prefix with it."""
    return address_text(subject.first) if subject.length == 128 else str(subject)


def _newest_runs(root: Path, sought: Sought, views: Views) -> Iterator[tuple[Package, RunInView]]:
    """The newest published revision of each day that was given to anybody, newest day first."""
    runs = [
        each
        for each in packages(root)
        if sought.day in (None, each.day)
        and each.day >= sought.since
        and each.state() is State.PUBLISHED
    ]
    done: set[dt.date] = set()
    for each in sorted(runs, key=lambda each: (each.day, each.revision), reverse=True):
        view = views(each, sought.lists.keys()) if each.day not in done else None
        if view is not None:
            done.add(each.day)
            yield each, view


def _rows_of_run(
    package: Package, view: RunInView, store: Store, catalogue: Catalogue, sought: Sought
) -> Iterator[ReportedRow]:
    for name in store.names(published_prefix(package.day, package.revision)):
        if not name.endswith(".parquet"):
            continue
        unit = Unit.from_stem(Path(name).stem)
        report_type = catalogue.report_types.get(unit.report_type)
        if report_type is None or sought.report_type not in ("", report_type.id):
            continue
        rows = _about(store.fetch(name), report_type, sought.subjects)
        if rows.num_rows:
            said = store.fetch(audiences_name(package.day, package.revision, unit))
            seen = {number: view.of(unit, number, rows) for number in sought.lists}
            yield from _theirs(rows, read_audiences(said), seen, report_type, package.day, sought)


def _about(path: Path, report_type: ReportType, subjects: Collection[Network]) -> pa.Table:
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
    rows = pq.read_table(path, columns=columns, filters=condition)
    # The length is not in the comparison.
    exact = [_subject(each) in subjects for each in rows.to_pylist()]
    return rows.filter(pa.array(exact, pa.bool_()))


def _theirs(
    rows: pa.Table,
    audiences: list[tuple[int, ...]],
    seen: Mapping[int, InView],
    report_type: ReportType,
    day: dt.date,
    sought: Sought,
) -> Iterator[ReportedRow]:
    told: list[dict[str, Any]] = rows.to_pylist()
    for place in sorted(range(len(told)), key=lambda each: told[each]["_last"], reverse=True):
        row = told[place]
        lists = tuple(
            number
            for number in audiences[row["_audience"]]
            if number in sought.lists
            and seen[number].shown[place]
            and still_theirs(row, report_type, sought.lists[number])
        )
        if lists:
            recalled = max(int(seen[number].recalled[place]) for number in lists)
            yield _reported(row, lists, report_type, day, recalled)


def _reported(
    row: Mapping[str, Any],
    lists: tuple[int, ...],
    report_type: ReportType,
    day: dt.date,
    recalled: int,
) -> ReportedRow:
    return ReportedRow(
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
        event=row["_id"].hex(),
        source=row["_source"] or "",
        sensor=row["_sensor"] or "",
        recalled=recalled,
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
