"""What staff decide on a case, and ending one early."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.accounts.models import User
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.cases.letters import tell_of_decision, tell_other_admins
from tocsin.service.subscribers.cases.objection_rules import FALSE_POSITIVE_FOR, LONGEST
from tocsin.service.subscribers.models import Case, CaseState, OrganisationState
from tocsin.service.subscribers.snapshots.due import snapshot_is_due

IN_PLAY = (CaseState.UNCONFIRMED, CaseState.OPEN, CaseState.IN_FORCE)


@transaction.atomic
def decide_case(
    case: Case,
    user: User,
    words: str,
    now: dt.datetime,
    *,
    accept: bool,
    days: int = FALSE_POSITIVE_FOR.days,
) -> None:
    """Accept a case that waits for staff, for so many days, or refuse it; the claimant is told.

    UsageError if somebody else has decided it, for a refusal without a reason, for more than a
    year, or if the organisation cannot be changed now.
    """
    case = Case.objects.select_for_update().get(pk=case.pk)
    _check(case, words, days, accept=accept)
    case.state = CaseState.IN_FORCE if accept else CaseState.REFUSED
    if accept:
        case.moment = now + dt.timedelta(days=days)
    case.decided_at, case.decided_by, case.decision = now, user, words.strip()
    case.round += 1
    case.save()
    record(
        Actor(ActorKind.STAFF, user.email),
        "case.accepted" if accept else "case.refused",
        Subject("case", str(case.pk), str(case)),
        now,
        organisation=case.organisation_id,
        before={"state": CaseState.OPEN.value},
        after={"state": case.state, "moment": case.moment.isoformat()},
        note=words,
    )
    tell_of_decision(case, now)
    if accept:
        tell_other_admins(case.organisation, case.claimant, [case], now)
        snapshot_is_due(now)


@transaction.atomic
def end_case(case: Case, actor: Actor, now: dt.datetime) -> bool:
    """End a case before its time: such rows are reported again. False if it has ended already."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    if case.state not in IN_PLAY:
        return False
    before = case.state
    case.state = CaseState.ENDED
    case.decided_at = now
    case.decision = f"Ended by {actor.name}."
    case.round += 1
    case.save(update_fields=["state", "decided_at", "decision", "round"])
    record(
        actor,
        "case.ended",
        Subject("case", str(case.pk), str(case)),
        now,
        organisation=case.organisation_id,
        before={"state": before},
        after={"state": case.state},
    )
    snapshot_is_due(now)
    return True


def _check(case: Case, words: str, days: int, *, accept: bool) -> None:
    if case.state != CaseState.OPEN:
        raise UsageError(
            f"case {case.pk} is {case.get_state_display()}",
            where="cases",
            todo="look at it once more: somebody else may have decided it",
        )
    if not accept and not words.strip():
        raise UsageError(
            "a refusal without a reason", where=f"case {case.pk}", todo="say why, for the person"
        )
    if accept and not 1 <= days <= LONGEST.days:
        raise UsageError(
            f"{days} days", where=f"case {case.pk}", todo=f"say from 1 to {LONGEST.days} days"
        )
    if accept and case.organisation.state != OrganisationState.ACTIVE:
        raise UsageError(
            f"{case.organisation} is {case.organisation.get_state_display()}",
            where=f"case {case.pk}",
            todo="look at the organisation first",
        )
    if accept and case.organisation.is_national_cert:
        raise UsageError(
            "nothing is kept out of the reports of a national CERT",
            where=f"case {case.pk}",
            todo="refuse it",
        )
