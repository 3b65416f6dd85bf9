"""What staff decide on a request, and what follows from it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.accounts.models import User
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.write import write
from tocsin.service.subscribers.founding import found
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Organisation,
    OrganisationState,
    Request,
    RequestState,
)
from tocsin.service.subscribers.two_persons import needs_two
from tocsin.service.subscribers.wanted import from_json

GRANTABLE = (ClaimState.PROVEN, ClaimState.STAFF)


def staff(user: User) -> Actor:
    """A person of the staff as an actor."""
    return Actor(ActorKind.STAFF, user.email)


@transaction.atomic
def approve(
    request: Request, granted: tuple[int, ...], reviewer: User, note: str, now: dt.datetime
) -> bool:
    """Grant claims (their numbers) of a request in review; the rest is refused.

    False if a second person has to approve as well. UsageError if nothing is granted, if a claim
    cannot be granted, or if what needs the decision of staff has no note.
    """
    _not_frozen(request)
    request = _in_review(request)
    claims = list(request.claims.filter(pk__in=granted))
    _check(claims, granted, note)
    if needs_two(claims) and request.first_approval is None:
        request.first_approval = reviewer
        request.save(update_fields=["first_approval"])
        _note(request, "request.first_approval", reviewer, now, note)
        return False
    if request.first_approval == reviewer:
        raise UsageError(
            "this request needs the approval of two persons",
            where=str(request),
            todo="let another reviewer approve it as well",
        )
    organisation = found(request, claims, reviewer, note, now)
    _decide(request, RequestState.APPROVED, reviewer, note, now)
    request.organisation = organisation
    request.save(update_fields=["organisation"])
    _tell(request, "request_approved", now, [str(each.network) for each in claims])
    return True


@transaction.atomic
def refuse(request: Request, reviewer: User, words: str, now: dt.datetime) -> None:
    """Refuse a request, with words to the person; the letter tells of nobody else."""
    request = _in_review(request, also=(RequestState.PROVING,))
    if not words.strip():
        raise UsageError(
            "a refusal without a reason", where=str(request), todo="say why, for the person"
        )
    _decide(request, RequestState.REFUSED, reviewer, words, now)
    _tell(request, "request_refused", now, [])


@transaction.atomic
def ask_back(request: Request, reviewer: User, words: str, now: dt.datetime) -> None:
    """Ask the person something; the answer continues the request."""
    request = _in_review(request, also=(RequestState.PROVING,))
    if not words.strip():
        raise UsageError("an empty question", where=str(request), todo="say what is to be told")
    request.state = RequestState.ASKED
    request.questions = [words]
    request.round += 1
    request.first_approval = None
    request.save()
    _note(request, "request.asked", reviewer, now, words)
    _tell(request, "request_asked", now, [])


def evidence_of(request: Request) -> dict[str, object]:
    """All that is in view when a request is decided; it is kept with the decision."""
    return {
        "wanted": request.wanted,
        "mail": request.mail_evidence,
        "claims": [
            {
                "network": str(claim.network),
                "state": claim.state,
                "method": claim.method,
                "facts": claim.facts,
                "evidence": claim.evidence,
                "refusal": claim.refusal,
            }
            for claim in request.claims.all()
        ],
    }


def _in_review(request: Request, also: tuple[RequestState, ...] = ()) -> Request:
    request = Request.objects.select_for_update().get(pk=request.pk)
    if request.state not in (RequestState.REVIEW, *also):
        raise UsageError(
            f"{request} is {request.get_state_display()}",
            where="review",
            todo="look at it once more: somebody else may have decided it",
        )
    return request


def _not_frozen(request: Request) -> None:
    """Lock the organisation, if there is one: nothing is given while somebody objects."""
    if request.organisation_id is None:
        return
    found = Organisation.objects.select_for_update().get(pk=request.organisation_id)
    if found.state != OrganisationState.ACTIVE:
        raise UsageError(
            f"{found} is {found.get_state_display()}: {found.frozen_reason}",
            where=str(request),
            todo="decide on the organisation first",
        )


def _check(claims: list[Claim], granted: tuple[int, ...], note: str) -> None:
    if not claims or len(claims) != len(set(granted)):
        raise UsageError(
            "no network is granted", where="review", todo="choose one, or refuse the request"
        )
    wrong = [str(each.network) for each in claims if each.state not in GRANTABLE]
    if wrong:
        raise UsageError(
            f"{', '.join(wrong)} cannot be granted",
            where="review",
            todo="grant what is proven or left to staff",
        )
    if any(each.state == ClaimState.STAFF for each in claims) and not note.strip():
        raise UsageError(
            "a network is granted by decision of staff without a note",
            where="review",
            todo="say what the decision rests on",
        )


def _decide(
    request: Request, state: RequestState, reviewer: User, words: str, now: dt.datetime
) -> None:
    request.frozen_evidence = evidence_of(request)
    request.state = state
    request.decided_at = now
    request.decided_by = reviewer
    request.decision = words
    request.round += 1
    request.save()
    _note(request, f"request.{state}", reviewer, now, words)


def _note(request: Request, verb: str, reviewer: User, now: dt.datetime, words: str) -> None:
    record(
        staff(reviewer),
        verb,
        Subject("request", str(request.pk), request.organisation_name),
        now,
        request=request.pk,
        organisation=request.organisation_id,
        note=words,
    )


def _tell(request: Request, text: str, now: dt.datetime, networks: list[str]) -> None:
    wanted = from_json(request.wanted)
    write(
        text,
        request.requester,
        f"{text} {request.pk}.{request.round}",
        {
            "number": request.pk,
            "name": wanted.full_name,
            "organisation": wanted.organisation,
            "networks": networks,
            "refused": [
                {"network": str(each.network), "reason": each.refusal}
                for each in request.claims.filter(state=ClaimState.REFUSED)
            ],
            "words": request.decision or " ".join(request.questions),
        },
        now,
        request=request.pk,
        answers=request.last_message_id,
        language=request.language,
    )
