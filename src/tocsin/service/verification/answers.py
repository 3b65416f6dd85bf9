"""What a contact of the registry answers to the question whether a request is right."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Network,
    NetworkState,
    RequestState,
)
from tocsin.service.verification.claims import (
    WAITING,
    is_awaited,
    prove_by_contact,
    refuse_claim,
)
from tocsin.service.verification.facts import facts_from_json
from tocsin.service.verification.freezing import freeze_network
from tocsin.service.verification.same_holder import same_holder
from tocsin.service.verification.telling import tell_admins, tell_staff

_NOT_US = "A contact of the registry says that this request is not theirs."

_LATE = dt.timedelta(days=90)
"""So long after a decision may a contact still object by the link of the proof letter."""


@transaction.atomic
def approve(claim: Claim, turn: int, address: str, now: dt.datetime) -> bool:
    """The contact with that address approves; False if that round is over."""
    claim = _locked(claim)
    if claim.round != turn or not is_awaited(claim, now):
        return False
    prove_by_contact(claim, address, {"approved_by": address}, now, Actor.person(address))
    return True


def may_object(claim: Claim, turn: int, now: dt.datetime) -> bool:
    """Whether a contact who was asked in that round may still say that it is none of theirs: also
    after another has approved, and for some time after staff have."""
    request = claim.request
    if claim.round != turn or claim.state == ClaimState.REFUSED:
        return False
    if request.state == RequestState.APPROVED and request.decided_at is not None:
        return now < request.decided_at + _LATE
    return request.is_open


@transaction.atomic
def not_us(claim: Claim, turn: int, address: str, now: dt.datetime) -> bool:
    """The contact says that this is none of theirs; False if that round is over.

    It stops all that the request claims of the same holder, freezes what was granted already, and
    staff are told.
    """
    claim = _locked(claim)
    if not may_object(claim, turn, now):
        return False
    actor = Actor.person(address)
    concerned = [claim, *_of_same_holder(claim)]
    if claim.request.is_open:
        for each in concerned:
            each.evidence = {**each.evidence, "not_us": address}
            refuse_claim(each, _NOT_US, actor, now)
    else:
        for each in concerned:
            _freeze(each, actor, now)
    tell_staff(
        "staff_not_us",
        f"staff_not_us {claim.request_id} {claim.pk}.{claim.round} {claim.request.state}",
        {
            "number": claim.request_id,
            "organisation": claim.request.organisation_name,
            "requester": claim.request.requester,
            "contact": address,
            "networks": [str(each.network) for each in concerned],
            "granted": not claim.request.is_open,
        },
        now,
    )
    return True


def _freeze(claim: Claim, actor: Actor, now: dt.datetime) -> None:
    networks = Network.objects.filter(
        organisation=claim.request.organisation_id, kind=claim.kind, value=claim.value
    )
    for network in networks.filter(state=NetworkState.ACTIVE).select_related("organisation"):
        freeze_network(network, _NOT_US, actor, now)
        said = {"network": str(network), "reason": _NOT_US}
        key = f"frozen {network.pk} {claim.pk}.{claim.round}"
        tell_admins(network.organisation, "network_frozen", key, said, now)


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
