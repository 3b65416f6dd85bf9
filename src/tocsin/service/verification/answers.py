"""What a contact of the registry answers to the question whether a request is right."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.models import Claim, ClaimState
from tocsin.service.verification.claims import (
    WAITING,
    is_awaited,
    prove_by_contact,
    refuse_claim,
)
from tocsin.service.verification.facts import facts_from_json
from tocsin.service.verification.same_holder import same_holder
from tocsin.service.verification.telling import tell_staff

_NOT_US = "A contact of the registry says that this request is not theirs."


@transaction.atomic
def approve(claim: Claim, turn: int, address: str, now: dt.datetime) -> bool:
    """The contact with that address approves; False if that round is over."""
    claim = _locked(claim)
    if claim.round != turn or not is_awaited(claim, now):
        return False
    prove_by_contact(claim, address, {"approved_by": address}, now, Actor.person(address))
    return True


def may_object(claim: Claim, turn: int) -> bool:
    """Whether a contact who was asked in that round may still say that it is none of theirs: also
    after another has approved, until staff have decided."""
    return claim.round == turn and claim.request.is_open and claim.state != ClaimState.REFUSED


@transaction.atomic
def not_us(claim: Claim, turn: int, address: str, now: dt.datetime) -> bool:
    """The contact says that this is none of theirs; False if that round is over.

    It stops all that the request claims of the same holder, and staff are told.
    """
    claim = _locked(claim)
    if not may_object(claim, turn):
        return False
    stopped = [claim, *_of_same_holder(claim)]
    for each in stopped:
        each.evidence = {**each.evidence, "not_us": address}
        refuse_claim(each, _NOT_US, Actor.person(address), now)
    tell_staff(
        "staff_not_us",
        f"staff_not_us {claim.request_id} {claim.pk}.{claim.round}",
        {
            "number": claim.request_id,
            "organisation": claim.request.organisation_name,
            "requester": claim.request.requester,
            "contact": address,
            "networks": [str(each.network) for each in stopped],
        },
        now,
    )
    return True


def _of_same_holder(claim: Claim) -> list[Claim]:
    """Others of the request; one that has not been looked up yet is stopped when it is."""
    facts = facts_from_json(claim.facts)
    stoppable = (*WAITING, ClaimState.PROVEN, ClaimState.STAFF)
    others = claim.request.claims.filter(state__in=stoppable).exclude(pk=claim.pk)
    return [
        each
        for each in others.select_for_update().select_related("request")
        if same_holder(facts, facts_from_json(each.facts))
    ]


def _locked(claim: Claim) -> Claim:
    return Claim.objects.select_for_update().select_related("request").get(pk=claim.pk)
