"""How a claimant confirms, by the link in the letter, what they said of rows."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.cases.letters import CONFIRM, tell_other_admins
from tocsin.service.subscribers.cases.objection_rules import state_when_confirmed
from tocsin.service.subscribers.models import Case, CaseState, OrganisationState
from tocsin.service.subscribers.snapshots.due import snapshot_is_due

__all__ = ["CONFIRM", "cases_of", "confirm_cases", "withdraw_cases"]


def cases_of(reference: str) -> list[Case]:
    """The cases of one objection that the link stands for; none if it is void."""
    keys, _, turn = reference.partition(".")
    first, _, last = keys.partition("-")
    one = Case.objects.filter(pk=int(first)).first()
    if one is None:
        return []
    same = Case.objects.filter(
        pk__gte=int(first),
        pk__lte=int(last),
        round=int(turn),
        organisation=one.organisation_id,
        claimant=one.claimant,
        made_at=one.made_at,
    )
    return list(same.exclude(state=CaseState.REFUSED).order_by("pk"))


@transaction.atomic
def confirm_cases(reference: str, now: dt.datetime) -> bool:
    """The claimant confirms; False if nothing waits for that."""
    waiting = _waiting(reference)
    if not waiting or waiting[0].organisation.state != OrganisationState.ACTIVE:
        return False
    for case in waiting:
        case.state = state_when_confirmed(SuppressionKind(case.kind), case.rule, case.address)
        _settle(case, "case.confirmed", now)
    tell_other_admins(waiting[0].organisation, waiting[0].claimant, waiting, now)
    snapshot_is_due(now)
    return True


@transaction.atomic
def withdraw_cases(reference: str, now: dt.datetime) -> bool:
    """The claimant takes it back, or never said it; False if nothing waits."""
    waiting = _waiting(reference)
    for case in waiting:
        case.state = CaseState.ENDED
        case.decision = "Withdrawn by the claimant."
        _settle(case, "case.withdrawn", now)
    return bool(waiting)


def _waiting(reference: str) -> list[Case]:
    keys = [each.pk for each in cases_of(reference)]
    locked = Case.objects.select_for_update().filter(pk__in=keys, state=CaseState.UNCONFIRMED)
    return list(locked.order_by("pk"))


def _settle(case: Case, verb: str, now: dt.datetime) -> None:
    case.save(update_fields=["state", "decision"])
    record(
        Actor.person(case.claimant),
        verb,
        Subject("case", str(case.pk), str(case)),
        now,
        organisation=case.organisation_id,
        before={"state": CaseState.UNCONFIRMED.value},
        after={"state": case.state},
    )
