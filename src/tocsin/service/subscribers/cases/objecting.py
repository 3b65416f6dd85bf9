"""How an objection to reported rows becomes a case."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.model.errors import TransientError, UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.cases.letters import ask_back, tell_of_cases
from tocsin.service.subscribers.cases.objection_reading import (
    Claimant,
    ReadObjection,
    is_clear,
    read_for,
    read_objection,
)
from tocsin.service.subscribers.cases.objection_rules import PlannedCase
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.lists.editing import current_lists
from tocsin.service.subscribers.models import (
    Case,
    CaseState,
    Contact,
    Organisation,
    OrganisationState,
    RequestChannel,
)
from tocsin.service.subscribers.requests.asking import Arrival
from tocsin.service.subscribers.snapshots.due import snapshot_is_due
from tocsin.service.texts import harmless

MOST_A_DAY = 1000
"""How many cases one address may make in a day, for one organisation."""

MOST_WAITING = 50
"""How many may wait until an address confirms them: nobody's mailbox is to be filled by others."""


def open_cases(
    contact: Contact, objection: Objection, arrival: Arrival, now: dt.datetime
) -> list[Case]:
    """Make a case of each subject of an objection that a contact on file raises.

    What is refused becomes a case as well, with its reason. One letter tells of all of them, or
    asks for what is missing; then there is no case. What comes by mail waits until the contact has
    confirmed it: a sender is easily forged. TransientError if the reports cannot be read now;
    UsageError if too much is said in a day.
    """
    return object_as(claimant_of(contact, arrival, now), objection, now)


def claimant_of(contact: Contact, arrival: Arrival, now: dt.datetime) -> Claimant:
    """A contact on file as somebody who objects."""
    return Claimant(
        organisation=contact.organisation,
        address=contact.address,
        lists=current_lists(contact.organisation, now),
        is_known=arrival.channel == RequestChannel.PORTAL,
        message_id=arrival.message_id,
        evidence=dict(arrival.evidence),
    )


def object_as(claimant: Claimant, objection: Objection, now: dt.datetime) -> list[Case]:
    """As `open_cases`, for whoever may object for these lists."""
    return open_read(claimant, read_objection(claimant, objection, now), now)


@transaction.atomic
def open_read(claimant: Claimant, read: ReadObjection, now: dt.datetime) -> list[Case]:
    """As `object_as`, of an objection for which the reports have been read already.

    TransientError if they were read for another, or for what is no longer theirs.
    """
    if not is_clear(read.objection):
        organisation, address = claimant.organisation, claimant.address
        ask_back(organisation, address, read.objection, claimant.message_id, now)
        return []
    organisation = Organisation.objects.select_for_update().get(pk=claimant.organisation.pk)
    if read.read_for != read_for(claimant, now):
        raise TransientError(
            "whose reports these are has changed while they were read",
            where=str(organisation),
            todo="nothing: they are read once more",
        )
    _check(organisation, claimant, len(read.cases), now)
    cases = [_case(claimant, each, read.objection, now) for each in read.cases]
    tell_of_cases(organisation, claimant.address, cases, claimant.message_id, now)
    snapshot_is_due(now)
    return cases


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
