"""How an objection to reported rows becomes a case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from tocsin.configuration.lake_store import lake_store
from tocsin.engine.nightly.subscribers import FilterKind, ReportList
from tocsin.model.address import Network as Prefix
from tocsin.model.errors import UsageError
from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.asking import Arrival
from tocsin.service.subscribers.case_letters import ask_back, tell_of_cases
from tocsin.service.subscribers.lists import catalogue_of_home, current_lists
from tocsin.service.subscribers.lists_now import lists_now
from tocsin.service.subscribers.models import (
    Case,
    CaseState,
    Contact,
    MailingList,
    Organisation,
    OrganisationState,
    RequestChannel,
)
from tocsin.service.subscribers.objection_rules import (
    PlannedCase,
    Said,
    Situation,
    plan,
    subject_of,
)
from tocsin.service.subscribers.objection_value import Objection
from tocsin.service.subscribers.reported_rows import (
    DAYS,
    ReportedRow,
    Sought,
    reported_rows,
    subject_text,
)
from tocsin.service.subscribers.snapshot_due import snapshot_is_due
from tocsin.service.texts import harmless

MOST_SUBJECTS = 200
"""About how many subjects one objection may be."""

MOST_A_DAY = 1000
"""How many cases one address may make in a day, for one organisation."""

MOST_WAITING = 50
"""How many may wait until an address confirms them: nobody's mailbox is to be filled by others."""


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who objects, for which lists of which organisation.

    is_known: whether they have shown to be who they say: signed in, or not.
    """

    organisation: Organisation
    address: str
    lists: Sequence[MailingList]
    is_known: bool
    message_id: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


def open_cases(
    contact: Contact, objection: Objection, arrival: Arrival, now: dt.datetime
) -> list[Case]:
    """Make a case of each subject of an objection that a contact on file raises.

    What is refused becomes a case as well, with its reason. One letter tells of all of them, or
    asks for what is missing; then there is no case. What comes by mail waits until the contact has
    confirmed it: a sender is easily forged. TransientError if the reports cannot be read now;
    UsageError if too much is said in a day.
    """
    claimant = Claimant(
        organisation=contact.organisation,
        address=contact.address,
        lists=current_lists(contact.organisation, now),
        is_known=arrival.channel == RequestChannel.PORTAL,
        message_id=arrival.message_id,
        evidence=dict(arrival.evidence),
    )
    return object_as(claimant, objection, now)


def object_as(claimant: Claimant, objection: Objection, now: dt.datetime) -> list[Case]:
    """As `open_cases`, for whoever may object for these lists."""
    if not objection.subjects or objection.kind is None:
        with transaction.atomic():
            ask_back(claimant.organisation, claimant.address, objection, claimant.message_id, now)
        return []
    planned = _planned(claimant, objection, now)
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update().get(pk=claimant.organisation.pk)
        _check(organisation, claimant, len(planned), now)
        cases = [_case(claimant, each, objection, now) for each in planned]
        tell_of_cases(organisation, claimant.address, cases, claimant.message_id, now)
        snapshot_is_due(now)
    return cases


def _planned(claimant: Claimant, objection: Objection, now: dt.datetime) -> list[PlannedCase]:
    """What it comes to by the rules; reads the reports, and writes nothing."""
    subjects = list(dict.fromkeys(harmless(each, 43) for each in objection.subjects))
    taken, rest = subjects[:MOST_SUBJECTS], len(subjects) - MOST_SUBJECTS
    report_type, unknown = _report_type(objection)
    lists = lists_now(claimant.lists, now)
    rows: list[ReportedRow] = []
    if not claimant.organisation.is_national_cert and not unknown:
        rows = _rows(taken, lists, objection, report_type, now)
    own = [
        each.prefix
        for listed in lists.values()
        for each in listed.networks
        if each.kind is FilterKind.CIDR
    ]
    found: list[PlannedCase] = []
    for text in taken:
        if unknown:
            found.append(_refused(objection, text, now, f"There is no report type {unknown}."))
        else:
            found += _plan_one(claimant, objection, text, report_type, own, rows, now)
    if rest > 0:
        why = f"More than {MOST_SUBJECTS} addresses at once; please send these once more."
        found.append(_refused(objection, f"{rest} more", now, why))
    return found


def _plan_one(
    claimant: Claimant,
    objection: Objection,
    text: str,
    report_type: str,
    own: Sequence[Prefix],
    rows: Sequence[ReportedRow],
    now: dt.datetime,
) -> list[PlannedCase]:
    subject = subject_of(text)
    about = subject_text(subject) if subject is not None else ""
    said = Said(
        kind=objection.kind,
        subject=text,
        port=objection.port,
        report_type=report_type,
        at=objection.at,
        is_known=claimant.is_known,
    )
    situation = Situation(
        now=now,
        national_cert=claimant.organisation.is_national_cert,
        own=own,
        rows=[each for each in rows if each.subject == about],
    )
    return plan(said, situation)


def _refused(objection: Objection, text: str, now: dt.datetime, why: str) -> PlannedCase:
    assert objection.kind is not None  # noqa: S101 - asked back before
    return PlannedCase(CaseState.REFUSED, objection.kind, text, now, why=why)


def _report_type(objection: Objection) -> tuple[str, str]:
    """The id of the type that is meant, "" for any; and what was said if there is no such type."""
    said = objection.report_type or objection.report[11:].partition("-")[0]
    if not said:
        return "", ""
    found = catalogue_of_home().report_type(said)
    return (found.id, "") if found is not None else ("", harmless(said, 80))


def _rows(
    subjects: Iterable[str],
    lists: dict[int, ReportList],
    objection: Objection,
    report_type: str,
    now: dt.datetime,
) -> list[ReportedRow]:
    home = installation.home()
    sought = Sought(
        subjects={each for each in map(subject_of, subjects) if each is not None},
        lists=lists,
        since=now.date() - dt.timedelta(days=DAYS),
        day=_day(objection.report),
        report_type=report_type,
    )
    store = lake_store(home, installation.configuration())
    return reported_rows(home.root, store, catalogue_of_home(), sought)


def _day(report: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(report[:10])
    except ValueError:
        return None


def _check(organisation: Organisation, claimant: Claimant, more: int, now: dt.datetime) -> None:
    if organisation.state != OrganisationState.ACTIVE:
        raise UsageError(
            f"{organisation} is {organisation.get_state_display()}: nothing can be changed",
            where=str(organisation),
            todo="wait until our staff have looked at it, or write to them",
        )
    recent = organisation.cases.filter(
        claimant=claimant.address, made_at__gt=now - dt.timedelta(days=1)
    )
    if recent.count() + more > MOST_A_DAY:
        raise UsageError(
            f"more than {MOST_A_DAY} objections of one address in a day",
            where=str(organisation),
            todo="go on tomorrow, or write to our staff",
        )
    waiting = organisation.cases.filter(
        claimant=claimant.address, state=CaseState.UNCONFIRMED
    ).count()
    if waiting >= MOST_WAITING and not claimant.is_known:
        raise UsageError(
            f"{waiting} objections of {claimant.address} wait to be confirmed",
            where=str(organisation),
            todo="confirm or withdraw those first, or use the portal",
        )


def _case(claimant: Claimant, planned: PlannedCase, objection: Objection, now: dt.datetime) -> Case:
    """Make the case, unless there is one that says the same."""
    existing = _existing(claimant, planned, now)
    if existing is not None:
        return existing
    case = Case.objects.create(
        organisation=claimant.organisation,
        kind=planned.kind.value,
        state=planned.state,
        address=planned.address[:43],
        port=planned.port,
        report_type=planned.report_type,
        rule=planned.rule[:120],
        moment=planned.moment,
        reason=harmless(objection.note, 2000, lines=True),
        rows=[each.to_json() for each in planned.rows],
        claimant=claimant.address,
        evidence=claimant.evidence,
        made_at=now,
        decided_at=now if planned.state == CaseState.REFUSED else None,
        decision=planned.why,
    )
    case.lists.set(claimant.lists)
    record(
        Actor.person(claimant.address),
        "case.made",
        Subject("case", str(case.pk), str(case)),
        now,
        organisation=claimant.organisation.pk,
        after={
            "state": case.state,
            "kind": case.kind,
            "address": case.address,
            "port": case.port,
            "report_type": case.report_type,
            "rule": case.rule,
            "moment": case.moment.isoformat(),
            "lists": [each.pk for each in claimant.lists],
        },
        note=planned.why,
    )
    return case


def _existing(claimant: Claimant, planned: PlannedCase, now: dt.datetime) -> Case | None:
    """A case of the same lists that says as much already."""
    if planned.state == CaseState.REFUSED:
        return None
    same = Case.objects.filter(
        organisation=claimant.organisation,
        kind=planned.kind.value,
        address=planned.address,
        port=planned.port,
        report_type=planned.report_type,
        rule=planned.rule[:120],
        # One that waits to be confirmed is no answer: its letter may never have come.
        state__in=(CaseState.IN_FORCE, CaseState.OPEN),
    ).order_by("pk")
    least = planned.moment if planned.kind == "fixed" else now
    wanted = {each.pk for each in claimant.lists}
    for case in same.filter(moment__gte=least).prefetch_related("lists"):
        if wanted <= {each.pk for each in case.lists.all()}:
            return case
    return None
