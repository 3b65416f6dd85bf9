"""How a request comes in, is completed by answers, and is confirmed by the person who asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction

from tocsin.service import installation
from tocsin.service.accounts.models import canonical_address
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.write import write
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Organisation,
    Request,
    RequestChannel,
    RequestKind,
    RequestState,
)
from tocsin.service.subscribers.wanted import (
    Question,
    Wanted,
    from_json,
    questions_about,
    to_json,
)
from tocsin.service.verification.claims import (
    forget_approvals,
    look_up_later,
    to_review_when_settled,
)
from tocsin.service.verification.offering import offer_once_more
from tocsin.service.verification.origins import origins_of
from tocsin.service.verification.overlap import Overlap, overlap_of, says_both

CONFIRM = "confirm-request"
"""The purpose of the link by which somebody confirms that they asked."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How something was said: the channel, who says it, and what is known of the mail.

    message_id: of the mail, to be answered. evidence: what DKIM, SPF and DMARC say.
    """

    channel: RequestChannel
    sender: str
    message_id: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def open_request(
    wanted: Wanted,
    arrival: Arrival,
    now: dt.datetime,
    *,
    kind: RequestKind = RequestKind.SUBSCRIBE,
    organisation: Organisation | None = None,
    also: tuple[Question, ...] = (),
) -> Request:
    """Take a request in, and write one letter: what is missing, or please confirm.

    also: what is to be asked besides.
    """
    request = Request.objects.create(
        kind=kind,
        channel=arrival.channel,
        state=RequestState.ASKED,
        requester=canonical_address(arrival.sender),
        organisation=organisation,
        organisation_name=wanted.organisation,
        wanted=to_json(wanted),
        mail_evidence=dict(arrival.evidence),
        last_message_id=arrival.message_id,
        made_at=now,
    )
    _note(request, "request.made", now, after=request.wanted)
    _write_back(request, wanted, also, now)
    return request


@transaction.atomic
def answer_request(
    request: Request,
    later: Wanted,
    arrival: Arrival,
    now: dt.datetime,
    also: tuple[Question, ...] = (),
) -> None:
    """Take an answer to what was asked back; it continues the same request.

    Who was asked to confirm and writes again instead gets the letter anew, for what is wanted now.
    """
    request = Request.objects.select_for_update().get(pk=request.pk)
    if request.state not in (RequestState.ASKED, RequestState.UNCONFIRMED):
        raise ValueError(f"{request} is {request.state}: nothing was asked")
    before = request.wanted
    wanted = from_json(before).with_answer(_with_both(later))
    request.wanted = to_json(wanted)
    request.organisation_name = wanted.organisation
    request.last_message_id = arrival.message_id or request.last_message_id
    _note(request, "request.answered", now, before=before, after=request.wanted)
    if _told_to_contacts(from_json(before)) != _told_to_contacts(wanted):
        forget_approvals(request, now)
    _write_back(request, wanted, also, now)


@transaction.atomic
def confirm_request(request: Request, now: dt.datetime, *, both: bool | None = None) -> bool:
    """The requester confirms; each network begins its proof. False if that was not awaited.

    both: whether prefixes are wanted that AS numbers asked for as well cover already; None leaves
    it at what was said before, and at both if nothing was.
    """
    request = Request.objects.select_for_update().get(pk=request.pk)
    if request.state != RequestState.UNCONFIRMED:
        return False
    if both is not None:
        _choose(request, now, both=both)
    request.state = RequestState.PROVING
    request.confirmed_at = now
    request.save(update_fields=["state", "confirmed_at"])
    _note(request, "request.confirmed", now)
    for claim in _claims_made(request, now):
        look_up_later(claim, now)
    offer_once_more(request, now)
    to_review_when_settled(request, now)
    return True


def _claims_made(request: Request, now: dt.datetime) -> list[Claim]:
    """Claims for what is wanted now: all of them are there before the first is looked at.

    A request that staff asked about comes here once more; what was proven then stays proven, but
    for what contacts have to be asked anew.
    """
    wanted = from_json(request.wanted).networks
    kept = {each.network for each in request.claims.all()}
    for claim in request.claims.all():
        if claim.network not in wanted:
            before = {"network": str(claim.network), "state": claim.state}
            _note(request, "claim.dropped", now, before=before)
            claim.delete()
    anew = request.claims.filter(state=ClaimState.NEW).select_related("request")
    return [*anew] + [
        Claim.objects.create(request=request, **Claim.columns_of(network))
        for network in dict.fromkeys(wanted)
        if network not in kept
    ]


def _told_to_contacts(wanted: Wanted) -> tuple[str, str, frozenset[str]]:
    """What the letters to contacts say of a request: who asks, and who is to get the reports."""
    return wanted.full_name, wanted.organisation, frozenset(wanted.recipients)


def is_confirmation_code(request: Request, said: str) -> bool:
    """Whether that is the code of the newest letter that asks to confirm."""
    return installation.secret().is_code(CONFIRM, confirmation_reference(request), said)


@transaction.atomic
def withdraw_request(request: Request, now: dt.datetime) -> bool:
    """The requester takes it back, or says that they never asked."""
    request = Request.objects.select_for_update().get(pk=request.pk)
    if not request.is_open:
        return False
    request.state = RequestState.WITHDRAWN
    request.decided_at = now
    request.round += 1
    request.save(update_fields=["state", "decided_at", "round"])
    _note(request, "request.withdrawn", now)
    return True


def confirmation_reference(request: Request) -> str:
    """What the link to confirm stands for; it changes with every letter that replaces another."""
    return f"{request.pk}.{request.round}"


def overlap_in(wanted: Wanted) -> Overlap:
    """What is wanted twice, by AS number and by prefix, as far as the atlas tells."""
    home = installation.home()
    return overlap_of(wanted.networks, lambda network: origins_of(network, home))


def _choose(request: Request, now: dt.datetime, *, both: bool) -> None:
    before = request.wanted
    wanted = replace(from_json(before), both=both)
    if not both:
        covered = overlap_in(wanted).covered
        kept = tuple(each for each in wanted.networks if each not in covered)
        wanted = replace(wanted, networks=kept)
    request.wanted = to_json(wanted)
    if request.wanted != before:
        request.save(update_fields=["wanted"])
        _note(request, "request.chosen", now, before=before, after=request.wanted)


def _with_both(later: Wanted) -> Wanted:
    """An answer that says nothing but `both` says nothing that is unclear."""
    if not says_both((later.note, *later.unclear)):
        return later
    note = "" if says_both((later.note,)) else later.note
    unclear = tuple(each for each in later.unclear if not says_both((each,)))
    return replace(later, both=True, note=note, unclear=unclear)


def _write_back(
    request: Request, wanted: Wanted, also: tuple[Question, ...], now: dt.datetime
) -> None:
    questions = (*also, *questions_about(wanted))
    overlap = overlap_in(wanted)
    request.questions = [each.text for each in questions]
    request.state = RequestState.ASKED if questions else RequestState.UNCONFIRMED
    request.round += 1
    request.save()
    text = "request_questions" if questions else "request_confirm"
    write(
        text,
        request.requester,
        f"{text} {request.pk}.{request.round}",
        {
            "number": request.pk,
            "name": wanted.full_name,
            "organisation": wanted.organisation,
            "questions": request.questions,
            "networks": [str(each) for each in wanted.networks],
            "recipients": list(wanted.recipients),
            "covered": [str(each) for each in overlap.covered],
            "maybe_covered": [str(each) for each in overlap.unknown],
            "both": wanted.both,
            "confirm": {"link": [CONFIRM, confirmation_reference(request)]},
            "code": {"code": [CONFIRM, confirmation_reference(request)]},
        },
        now,
        request=request.pk,
        answers=request.last_message_id,
        language=request.language,
    )


def _note(
    request: Request,
    verb: str,
    now: dt.datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    record(
        Actor.person(request.requester),
        verb,
        Subject("request", str(request.pk), request.organisation_name),
        now,
        request=request.pk,
        organisation=request.organisation_id,
        before=before,
        after=after,
    )
