"""What a contact of the registry answers to the question whether a request is right."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.models import Claim, ProofMethod
from tocsin.service.verification.claims import is_awaited, prove, refuse_claim


@transaction.atomic
def approve(claim: Claim, turn: int, address: str, now: dt.datetime) -> bool:
    """The contact with that address approves; False if that round is over."""
    claim = _locked(claim)
    if claim.round != turn or not is_awaited(claim, now):
        return False
    evidence = {"approved_by": address, "asked_of": claim.asked_of}
    prove(claim, ProofMethod.REGISTRY_MAIL, evidence, now, Actor.person(address))
    return True


@transaction.atomic
def not_us(claim: Claim, turn: int, address: str, now: dt.datetime) -> bool:
    """The contact says that this is none of theirs; False if that round is over."""
    claim = _locked(claim)
    if claim.round != turn or not is_awaited(claim, now):
        return False
    reason = "A contact of the registry says that this request is not theirs."
    refuse_claim(claim, reason, Actor.person(address), now)
    return True


def _locked(claim: Claim) -> Claim:
    return Claim.objects.select_for_update().select_related("request").get(pk=claim.pk)
