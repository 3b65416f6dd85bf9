"""What staff decide on a request, and what follows from it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.accounts.models import User, canonical_address
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.write import write
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Contact,
    ContactState,
    Organisation,
    OrganisationState,
    Request,
    RequestState,
)
from tocsin.service.subscribers.requests.evidence import evidence_of, fingerprint
from tocsin.service.subscribers.requests.founding import found
from tocsin.service.subscribers.requests.same_asker import same_asker
from tocsin.service.subscribers.requests.two_persons import needs_two
from tocsin.service.subscribers.wanted import from_json

NOT_GRANTED = "Our staff could not grant this network with what has been shown so far."

GRANTABLE = (ClaimState.PROVEN, ClaimState.STAFF)


def staff(user: User) -> Actor:
    """A person of the staff as an actor."""
    return Actor(ActorKind.STAFF, user.email)


@transaction.atomic
def approve(
    request: Request,
    granted: tuple[int, ...],
    reviewer: User,
    note: str,
    now: dt.datetime,
    *,
    words: str = "",
) -> bool:
    """Grant claims (their numbers) of a request in review; the rest is refused.

    note: for staff alone. words: for the person, in the letter.

    False if a second person has to approve as well: the very same claims, on the very same
    evidence. UsageError if nothing is granted, if a claim cannot be granted, or if what needs the
    decision of staff has no note.
    """
    _not_frozen(request)
    _one_after_another(request)
    request = _in_review(request)
    _not_ones_own(request, reviewer)
    claims = list(request.claims.filter(pk__in=granted))
    _check(claims, granted, note)
    if needs_two(request, claims, now) and not _is_second(request, granted, reviewer):
        _keep_first(request, granted, reviewer, note, now)
        return False
    request.frozen_evidence = evidence_of(request)
    _refuse_rest(request, granted, reviewer, words, now)
    organisation = found(request, claims, reviewer, note, now)
    _decide(request, RequestState.APPROVED, reviewer, words, now, note=note)
    request.organisation = organisation
    request.save(update_fields=["organisation"])
    _tell(request, "request_approved", now, [str(each.network) for each in claims])
    return True


@transaction.atomic
def withdraw_approval(request: Request, reviewer: User, now: dt.datetime) -> None:
    """Take one's own first approval back; nothing is granted."""
    request = _in_review(request)
    if request.first_approval != reviewer:
        raise UsageError(
            "this approval is not yours", where=str(request), todo="refuse the request, or ask back"
        )
    _forget_first(request)
    request.save(update_fields=_FIRST)
    _note(request, "request.approval_withdrawn", reviewer, now, "")


@transaction.atomic
def refuse(
    request: Request, reviewer: User, words: str, now: dt.datetime, *, note: str = ""
) -> None:
    """Refuse a request, with words to the person; the letter tells of nobody else."""
    request = _in_review(request, also=(RequestState.PROVING,))
    if not words.strip():
        raise UsageError(
            "a refusal without a reason", where=str(request), todo="say why, for the person"
        )
    request.frozen_evidence = evidence_of(request)
    _decide(request, RequestState.REFUSED, reviewer, words, now, note=note)
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
    _forget_first(request)
    request.save()
    _note(request, "request.asked", reviewer, now, words)
    _tell(request, "request_asked", now, [])


def _in_review(request: Request, also: tuple[RequestState, ...] = ()) -> Request:
    request = Request.objects.select_for_update().get(pk=request.pk)
    if request.state not in (RequestState.REVIEW, *also):
        raise UsageError(
            f"{request} is {request.get_state_display()}",
            where="review",
            todo="look at it once more: somebody else may have decided it",
        )
    return request


_FIRST = ("first_approval", "first_granted", "first_seen")


def _is_second(request: Request, granted: tuple[int, ...], reviewer: User) -> bool:
    """Whether another has approved just this, and nothing has changed since."""
    same = request.first_seen == fingerprint(request, granted)
    if request.first_approval == reviewer and same:
        raise UsageError(
            "this request needs the approval of two persons",
            where=str(request),
            todo="let another reviewer approve it as well",
        )
    return request.first_approval not in (None, reviewer) and same


def _keep_first(
    request: Request, granted: tuple[int, ...], reviewer: User, note: str, now: dt.datetime
) -> None:
    """Note the first approval; one of something else, or on other evidence, is void with that."""
    request.first_approval = reviewer
    request.first_granted = sorted(set(granted))
    request.first_seen = fingerprint(request, granted)
    request.save(update_fields=_FIRST)
    _note(request, "request.first_approval", reviewer, now, note)


def _forget_first(request: Request) -> None:
    request.first_approval = None
    request.first_granted = []
    request.first_seen = ""


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


def _one_after_another(request: Request) -> None:
    """Lock all that the same side asks for: two of its requests, approved at once, would not count
    each other. In the order of their numbers, so that nobody waits for one who waits."""
    waiting = Request.objects.filter(same_asker(request), state=RequestState.REVIEW)
    list(waiting.select_for_update().order_by("pk").values_list("pk"))


def _not_ones_own(request: Request, reviewer: User) -> None:
    """Nobody of the staff grants what they asked for, or what their own organisation asks for."""
    address = canonical_address(reviewer.email)
    theirs = Contact.objects.filter(address=address, organisation=request.organisation_id)
    if request.requester == address or theirs.exclude(state=ContactState.REMOVED).exists():
        raise UsageError(
            "this request is your own", where=str(request), todo="let another reviewer decide it"
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


def _refuse_rest(
    request: Request, granted: tuple[int, ...], reviewer: User, words: str, now: dt.datetime
) -> None:
    rest = request.claims.exclude(pk__in=granted).exclude(state=ClaimState.REFUSED)
    for claim in rest:
        claim.state = ClaimState.REFUSED
        claim.refusal = words or NOT_GRANTED
        claim.settled_at = now
        claim.save(update_fields=["state", "refusal", "settled_at"])
        record(
            staff(reviewer),
            "claim.refused",
            Subject("claim", str(claim.pk), str(claim.network)),
            now,
            request=request.pk,
            organisation=request.organisation_id,
            after={"reason": claim.refusal},
        )


def _decide(
    request: Request,
    state: RequestState,
    reviewer: User,
    words: str,
    now: dt.datetime,
    *,
    note: str,
) -> None:
    request.state = state
    request.decided_at = now
    request.decided_by = reviewer
    request.decision = words
    request.staff_note = note
    request.round += 1
    request.save()
    _note(request, f"request.{state}", reviewer, now, "\n\n".join(filter(None, (words, note))))


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
