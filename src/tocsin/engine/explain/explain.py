"""Why a list got a row: where its event came from, whose it is, which network matched.

The answer obeys the row's terms, as the report does: masked cells are not there, and a giver who
wants to be hidden, or to be known by a label only, is not given away by names of sources,
sensors or files.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.engine.atlas.lookup import Cover, Interval
from tocsin.engine.atlas.store import load_atlas
from tocsin.engine.explain.correlation_reasons import (
    CorrelationReasons,
    is_correlated,
    reasons_of_correlation,
)
from tocsin.engine.explain.judged import judged_since
from tocsin.engine.explain.report import report_meant
from tocsin.engine.explain.row import Row, row_of
from tocsin.engine.explain.rule_reasons import RuleReasons, reasons_of_rule
from tocsin.engine.home import Home
from tocsin.engine.intake.ledger import Ledger
from tocsin.engine.judgements.book import Book
from tocsin.engine.judgements.values import Judgement
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.match import Matcher
from tocsin.engine.nightly.plan import plan_of
from tocsin.engine.nightly.reasons import Reason
from tocsin.engine.nightly.snapshot import read_snapshot
from tocsin.engine.nightly.subscribers import FilterKind, Organisation, ReportList
from tocsin.engine.nightly.terms_applied import hidden_columns
from tocsin.engine.reports import FinishedReport
from tocsin.model.address import Network
from tocsin.model.errors import AtlasError, RunError
from tocsin.model.severity import Severity
from tocsin.model.terms import Credit, Terms


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the row's first event was read: a file as it was named when taken in ("" if that is
    not known any more), its content's SHA-256, and the line on which the event begins.

    correlated: a correlation made it of observations, so there is neither file nor line; `source`
    is theirs, `CORRELATION` if they came from several.
    """

    source: str
    sensor: str
    file: str
    sha256: str
    line: int
    correlated: bool = False


@dataclass(frozen=True, slots=True)
class Sightings:
    """The events that the row stands for: how many, first and last, when the first came in."""

    received: dt.datetime
    first: dt.datetime
    last: dt.datetime
    count: int
    rule: str


@dataclass(frozen=True, slots=True)
class Place:
    """Whose the subject is. `atlas`: its name, "" if none was old enough.

    interval: of an address; cover: of a prefix; both None if there is no subject address or the
    atlas is gone, and then `missing` says why. as_names: of the origins. origins, countries: by
    which the row was matched; they are the source's own word where the atlas knew nothing.
    """

    atlas: str
    subject: Network | None
    interval: Interval | None
    cover: Cover | None
    as_names: Mapping[int, str]
    origins: tuple[int, ...]
    countries: tuple[str, ...]
    missing: str = ""


@dataclass(frozen=True)
class Explanation:
    """All there is to say of a row. `origin` is None where the giver is hidden.

    line: the row as the report has it. cells: its columns and texts. least: what the list takes
    at least. masked: the columns of the type that the terms empty. changed_since: for a list in
    delta mode the day of the last full report. event: the id of the row's first event,
    hexadecimal. judged: by what people decided since, that event would be sent to nobody now.
    by_rule, by_correlation: of the rule or the correlation that made the row, if one did.
    """

    report: FinishedReport
    number: int
    line: str
    cells: Mapping[str, str]
    report_type: ReportType
    list: ReportList
    organisation: Organisation
    origin: Origin | None
    sightings: Sightings
    place: Place
    reasons: tuple[Reason, ...]
    severity: Severity
    terms: Terms
    masked: tuple[str, ...]
    changed_since: str
    event: str
    judged: tuple[Judgement, ...]
    by_rule: RuleReasons | None = None
    by_correlation: CorrelationReasons | None = None

    @property
    def own_severity(self) -> bool:
        """Whether the row's severity is another than its type's."""
        return self.severity is not self.report_type.severity


def explain(
    home: Home,
    store: Store,
    catalogue: Catalogue,
    name: str,
    number: int,
    *,
    revision: int | None = None,
) -> Explanation:
    """Explain a row, counted from 1, of the report of that file name or exported path.

    UsageError for a report or a row that there is not; RunError for a run that is damaged, or an
    exported file that is not as its report was published.
    """
    report = report_meant(home.root, name, revision)
    shown = row_of(report, store, number)
    row = shown.row
    report_type = catalogue.report_types.get(report.report_type)
    if report_type is None:
        raise RunError(
            f"the catalogue does not have the report type {report.report_type!r} any more",
            where=str(report.package.path),
            todo="put the type's file back into the home's catalogue folder",
        )
    snapshot = read_snapshot(report.package.path / "snapshot.json", None)
    wanted = snapshot.lists[report.slice.list]
    terms = Terms.from_text(cast("str", row["_terms"]))
    hidden = hidden_columns(terms, report_type, catalogue.column_aliases)
    reasons = Matcher(snapshot).explain(row, report_type, wanted.id)
    if not reasons and hidden:
        reasons = _unseen_reasons(row, wanted)
    return Explanation(
        report=report,
        number=number,
        line=shown.line,
        cells=shown.cells,
        report_type=report_type,
        list=wanted,
        organisation=snapshot.organisations[wanted.organisation],
        origin=_origin(row, terms, home),
        sightings=_sightings(row),
        place=_place(row, home),
        reasons=reasons,
        severity=Severity(cast("int", row["_severity"])),
        terms=terms,
        masked=tuple(name for name in report_type.column_names if name in hidden),
        changed_since=_changed_since(report, wanted, report_type),
        event=cast("bytes", row["_id"]).hex(),
        judged=judged_since(row, Book(home).read(), hidden=terms.credit is not Credit.NAME),
        by_rule=reasons_of_rule(row, shown.cells, report_type, catalogue),
        by_correlation=reasons_of_correlation(row, shown.cells, catalogue),
    )


def _origin(row: Row, terms: Terms, home: Home) -> Origin | None:
    if terms.credit is not Credit.NAME:
        return None
    source, sha256 = cast("str", row["_source"]), cast("str", row["_file"])
    correlated = is_correlated(row)
    names = () if correlated else Ledger(home.ledger).names_of(source, sha256)
    return Origin(
        source=source,
        sensor=cast("str | None", row["_sensor"]) or "",
        file=names[0] if names else "",
        sha256=sha256,
        line=cast("int", row["_line"]),
        correlated=correlated,
    )


def _sightings(row: Row) -> Sightings:
    return Sightings(
        received=cast("dt.datetime", row["_received"]),
        first=cast("dt.datetime", row["_first"]),
        last=cast("dt.datetime", row["_last"]),
        count=cast("int", row["_count"]),
        rule=cast("str", row["_rule"]),
    )


def _place(row: Row, home: Home) -> Place:
    subject, name = _subject(row), cast("str", row["_atlas"])
    place = Place(
        atlas=name,
        subject=subject,
        interval=None,
        cover=None,
        as_names={},
        origins=tuple(cast("list[int] | None", row["_origins"]) or ()),
        countries=tuple(cast("list[str] | None", row["_countries"]) or ()),
    )
    if subject is None:
        return replace(place, missing="the row is about no address")
    if not name:
        return replace(place, missing="no atlas was old enough for the row")
    try:
        atlas = load_atlas(home.atlases, name)
    except AtlasError:
        return replace(place, missing="this atlas is not there any more")
    names = {asn: known for asn in place.origins if (known := atlas.as_name(asn))}
    if subject.length < 128:
        return replace(place, cover=atlas.cover(subject), as_names=names)
    return replace(place, interval=atlas.interval(subject.first), as_names=names)


def _subject(row: Row) -> Network | None:
    hi, lo = cast("int | None", row["_subject_hi"]), cast("int | None", row["_subject_lo"])
    if hi is None or lo is None:
        return None
    return Network(hi << 64 | lo, cast("int", row["_subject_len"]))


def _unseen_reasons(row: Row, wanted: ReportList) -> tuple[Reason, ...]:
    """For a list of domains that got the row by a name which the published row does not have."""
    moment = cast("dt.datetime", row["timestamp"])
    networks = [
        network
        for network in wanted.networks
        if network.kind is FilterKind.DOMAIN and network.valid.at(moment)
    ]
    others = " or another domain of the list" if len(networks) > 1 else ""
    return tuple(
        Reason(network, "", f"a name that the terms hide lies under {network}{others}")
        for network in networks
    )


def _changed_since(report: FinishedReport, wanted: ReportList, report_type: ReportType) -> str:
    base = plan_of(report.package).delta_base
    applies = wanted.delta and report_type.delta and not report.delayed
    return base.day if base is not None and applies else ""
