"""Saying something of findings: all of a request or nothing of it; the same twice changes nothing.

"Fixed" is an objection's claim, and goes its way: sightings before that time are hidden, later
ones are reported, as relapsed. A risk that is accepted hides nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import transaction

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.model.errors import Problem, UsageError
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor, Subject, line, record_many
from tocsin.service.findings.ledger import WITHDRAWN, Finding
from tocsin.service.findings.models import FindingMark
from tocsin.service.findings.own import own_findings
from tocsin.service.findings.wanted import Value, WantedMark
from tocsin.service.subscribers.cases.objecting import open_read
from tocsin.service.subscribers.cases.objection_reading import (
    MOST_SUBJECTS,
    Claimant,
    ReadObjection,
    read_objection,
)
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.models import CaseState, MailingList, Organisation

_COLUMNS = {"risk_accepted_until": "risk_until"}
"""Fields whose column is called otherwise."""

_SAID = ("seen", "ticket", "fixed", "risk_until", "note", "by", "at")
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Marker:
    """Who says it: actor for the audit, address for letters; lists by number, valid ones."""

    organisation: Organisation
    lists: Mapping[int, MailingList]
    actor: Actor
    address: str


@dataclass(frozen=True, slots=True)
class Marked:
    """How many findings had something changed, and how many had nothing."""

    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Change:
    finding: Finding
    values: Mapping[str, Value]


def mark(marker: Marker, wanted: Sequence[WantedMark], now: dt.datetime) -> Marked:
    """Say all of it; UsageError with each row that cannot be said, and then nothing is changed."""
    found = {each.id: each for each in own_findings(marker.lists, now)}
    _check(wanted, found)
    marks = _marks(marker.organisation, [each.finding for each in wanted])
    changes = [
        change
        for each in wanted
        if (change := _change(each, found[each.finding], marks.get(each.finding), now)).values
    ]
    _check_withdrawn(changes, wanted)
    claims = _claims(marker, changes, now)
    _check_claims(claims, wanted, found)
    _write(marker, changes, claims, now)
    return Marked(len(changes), len(wanted) - len(changes))


def _check_withdrawn(changes: Iterable[_Change], wanted: Iterable[WantedMark]) -> None:
    """Of what was taken back there is nothing to be fixed."""
    rows = {each.finding: each.row for each in wanted}
    problems = [
        Problem(
            f"row {rows[each.finding.id]}", 0, 0, "fixed: we have taken back what we reported of it"
        )
        for each in changes
        if each.values.get("fixed") and each.finding.state == WITHDRAWN
    ]
    if problems:
        raise UsageError("nothing was changed", where="body", problems=problems)


def _check(wanted: Iterable[WantedMark], found: Collection[str]) -> None:
    problems = [
        Problem(f"row {each.row}", 0, 0, "no finding of this id is yours")
        for each in wanted
        if each.finding not in found
    ]
    if problems:
        raise UsageError("nothing was changed", where="body", problems=problems)


def _marks(organisation: Organisation, findings: Collection[str]) -> dict[str, FindingMark]:
    rows = organisation.finding_marks.filter(finding__in=list(findings))
    return {each.finding: each for each in rows}


def _change(
    wanted: WantedMark, finding: Finding, stored: FindingMark | None, now: dt.datetime
) -> _Change:
    """What of it is new."""
    before = stored or FindingMark()
    values: dict[str, Value] = {}
    for name, said in wanted.said.items():
        column = _COLUMNS.get(name, name)
        value = _value(name, said, before, finding, now)
        if value != getattr(before, column):
            values[column] = value
    return _Change(finding, values)


def _value(
    name: str, said: Value, before: FindingMark, finding: Finding, now: dt.datetime
) -> Value:
    if name == "fixed" and said is True:
        # Said again without a time, it is the same claim until something new was seen.
        holds = before.fixed is not None and before.fixed > finding.last_seen
        return before.fixed if holds else now
    if said is None:
        return False if name == "seen" else "" if name in ("ticket", "note") else None
    return said


def _claims(marker: Marker, changes: Iterable[_Change], now: dt.datetime) -> list[ReadObjection]:
    """The objections that new claims come to. Reads reports; nothing is written."""
    groups: dict[tuple[str, int | None, dt.datetime], list[str]] = defaultdict(list)
    for each in changes:
        moment = each.values.get("fixed")
        if isinstance(moment, dt.datetime):
            key = (each.finding.report_type, each.finding.port, moment)
            groups[key].append(each.finding.subject)
    claimant = Claimant(
        organisation=marker.organisation,
        address=marker.address,
        lists=list(marker.lists.values()),
        is_known=True,
    )
    found = []
    for (report_type, port, moment), subjects in groups.items():
        rest = iter(dict.fromkeys(subjects))
        while some := tuple(islice(rest, MOST_SUBJECTS)):
            objection = Objection(
                kind=SuppressionKind.FIXED,
                subjects=some,
                port=port,
                report_type=report_type,
                at=moment,
                note="said of a finding",
            )
            found.append(read_objection(claimant, objection, now))
    return found


def _check_claims(
    claims: Iterable[ReadObjection], wanted: Iterable[WantedMark], found: Mapping[str, Finding]
) -> None:
    refused = {
        (read.objection.report_type, each.address): each.why
        for read in claims
        for each in read.cases
        if each.state == CaseState.REFUSED
    }
    problems = []
    for each in wanted:
        about = found[each.finding]
        why = refused.get((about.report_type, about.subject))
        if why and each.said.get("fixed"):
            problems.append(Problem(f"row {each.row}", 0, 0, f"fixed: {why}"))
    if refused:
        raise UsageError("nothing was changed", where="body", problems=problems)


@transaction.atomic
def _write(
    marker: Marker,
    changes: Sequence[_Change],
    claims: Iterable[ReadObjection],
    now: dt.datetime,
) -> None:
    organisation = Organisation.objects.select_for_update().get(pk=marker.organisation.pk)
    marks = _marks(organisation, [each.finding.id for each in changes])
    known = dict(marks)
    lines = []
    for each in changes:
        new = FindingMark(organisation=organisation, finding=each.finding.id)
        made = marks.setdefault(each.finding.id, new)
        lines.append(_line(marker, made, each, now))
        for column, value in each.values.items():
            setattr(made, column, value)
        made.by, made.at = marker.actor.name, now
    FindingMark.objects.bulk_update(known.values(), _SAID, batch_size=_AT_ONCE)
    made_now = [each for finding, each in marks.items() if finding not in known]
    FindingMark.objects.bulk_create(made_now, batch_size=_AT_ONCE)
    record_many(lines)
    claimant = Claimant(
        organisation=organisation,
        address=marker.address,
        lists=list(marker.lists.values()),
        is_known=True,
    )
    for read in claims:
        open_read(claimant, read, now)


def _line(marker: Marker, before: FindingMark, change: _Change, now: dt.datetime) -> AuditLine:
    return line(
        marker.actor,
        "finding.marked",
        Subject(
            "finding", change.finding.id, f"{change.finding.subject} {change.finding.report_type}"
        ),
        now,
        organisation=marker.organisation.pk,
        before={name: _json(getattr(before, name)) for name in change.values},
        after={name: _json(value) for name, value in change.values.items()},
    )


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value
