"""The way of one claimed network: looked up, asked for a proof, proven or refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.write import write
from tocsin.service.outside import outside
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    ProofMethod,
    Request,
    RequestState,
)
from tocsin.service.subscribers.values import NetworkKind
from tocsin.service.subscribers.wanted import from_json
from tocsin.service.verification.facts import (
    RegistryFacts,
    facts_from_json,
    facts_to_json,
)
from tocsin.service.verification.plausible import implausible
from tocsin.service.work.queue import enqueue
from tocsin.service.work.worker import Payload, Work

LOOK_UP = "look_up_claim"
PROOF = "proof"
"""The purpose of the link and the code that are mailed to a contact of the registry."""

CHECK_PROOFS = "check_proofs"
TELL_WAYS = "tell_ways_of_proof"
"""Kinds of work; `other_proofs.py` does them."""

CHECKED_EVERY = dt.timedelta(hours=6)

MOST_TRIES = 3

_SYSTEM = Actor.system("verification")


def look_up_later(claim: Claim, now: dt.datetime) -> None:
    """Refuse what nobody can have; let all else be looked up."""
    reason = implausible(claim.network, installation.configuration().proof)
    if reason:
        refuse_claim(claim, reason, _SYSTEM, now)
    elif claim.kind == NetworkKind.COUNTRY:
        leave_to_staff(claim, now)
    else:
        enqueue(LOOK_UP, str(claim.pk), {"claim": claim.pk}, now)


def _ask_registry(payload: Payload) -> dict[str, Any]:
    claim = Claim.objects.get(pk=payload["claim"])
    return facts_to_json(outside().registry.look_up(claim.network))


def _write_down(payload: Payload, facts: Mapping[str, Any], now: dt.datetime) -> None:
    claim = Claim.objects.select_related("request").get(pk=payload["claim"])
    if claim.state not in (ClaimState.NEW, ClaimState.PENDING):
        return
    claim.facts = dict(facts)
    found = facts_from_json(facts)
    if found.contacts_for_proof():
        ask_registry_contacts(claim, found, now)
    else:
        leave_to_staff(claim, now)


def _not_yet(payload: Payload, error: str, now: dt.datetime) -> None:
    """The registry did not answer: the person sees that it is tried again."""
    claim = _not_looked_up(payload)
    if claim is None or claim.state == ClaimState.PENDING:
        return
    claim.state = ClaimState.PENDING
    claim.save(update_fields=["state"])
    note(claim, "claim.pending", _SYSTEM, now, after={"reason": error[:1000]})


def _never(payload: Payload, error: str, now: dt.datetime) -> None:
    """The registry never answered: staff decide, and see why."""
    claim = _not_looked_up(payload)
    if claim is not None:
        claim.evidence = {**claim.evidence, "not_looked_up": error[:1000]}
        leave_to_staff(claim, now)


def _not_looked_up(payload: Payload) -> Claim | None:
    claim = Claim.objects.select_for_update().filter(pk=payload["claim"]).first()
    waits = claim is not None and claim.state in (ClaimState.NEW, ClaimState.PENDING)
    return claim if waits else None


LOOKING_UP = Work(_ask_registry, _write_down, _not_yet, _never)


def ask_registry_contacts(claim: Claim, facts: RegistryFacts, now: dt.datetime) -> None:
    """Mail a code to the contacts that the registry names; a new round makes earlier ones void."""
    claim.state = ClaimState.ASKED
    claim.round += 1
    claim.tries = 0
    claim.asked_at = now
    claim.asked_of = [each.address for each in facts.contacts_for_proof()]
    claim.save()
    wanted = from_json(claim.request.wanted)
    for address in claim.asked_of:
        write(
            "proof",
            address,
            f"proof {claim.pk}.{claim.round} {address}",
            {
                "number": claim.request_id,
                "network": str(claim.network),
                "name": wanted.full_name,
                "organisation": wanted.organisation,
                "requester": claim.request.requester,
                "recipients": list(wanted.recipients),
                "days": installation.configuration().proof.code_days,
                "answer": {"link": [PROOF, f"{proof_reference(claim)}.{address}"]},
                "code": {"code": [PROOF, proof_reference(claim)]},
            },
            now,
            request=claim.request_id,
        )
    note(claim, "claim.asked", _SYSTEM, now, after={"asked_of": claim.asked_of})
    offer_other_proofs(claim, now)


def proof_reference(claim: Claim) -> str:
    """What code and link of a round stand for."""
    return f"{claim.pk}.{claim.round}"


def is_awaited(claim: Claim, now: dt.datetime) -> bool:
    """Whether a proof of this round may still come."""
    if claim.state != ClaimState.ASKED or claim.asked_at is None:
        return False
    days = installation.configuration().proof.code_days
    return now < claim.asked_at + dt.timedelta(days=days) and claim.request.is_open


@transaction.atomic
def try_code(claim: Claim, said: str, now: dt.datetime) -> bool:
    """The requester tells the code that a contact was mailed; the third wrong one makes it void.

    Call it for a requester whose session or mail has been recognised.
    """
    claim = Claim.objects.select_for_update().select_related("request").get(pk=claim.pk)
    if not is_awaited(claim, now) or claim.tries >= MOST_TRIES:
        return False
    claim.tries += 1
    claim.save(update_fields=["tries"])
    if not installation.secret().is_code(PROOF, proof_reference(claim), said):
        note(claim, "claim.wrong_code", Actor.person(claim.request.requester), now)
        return False
    prove(claim, ProofMethod.REGISTRY_MAIL, {"code_mailed_to": claim.asked_of}, now)
    return True


def prove(
    claim: Claim,
    method: ProofMethod,
    evidence: Mapping[str, Any],
    now: dt.datetime,
    actor: Actor = _SYSTEM,
) -> None:
    """The claim is proven; the request goes to staff when the last of its claims is settled."""
    claim.state = ClaimState.PROVEN
    claim.method = method
    claim.evidence = {**evidence, "at": now.isoformat()}
    claim.settled_at = now
    claim.save()
    note(claim, "claim.proven", actor, now, after={"method": method, **evidence})
    to_review_when_settled(claim.request, now)


def refuse_claim(claim: Claim, reason: str, actor: Actor, now: dt.datetime) -> None:
    """The claim cannot be had."""
    claim.state = ClaimState.REFUSED
    claim.refusal = reason
    claim.settled_at = now
    claim.save()
    note(claim, "claim.refused", actor, now, after={"reason": reason})
    to_review_when_settled(claim.request, now)


def leave_to_staff(claim: Claim, now: dt.datetime) -> None:
    """There is no way to prove it but their decision."""
    claim.state = ClaimState.STAFF
    claim.settled_at = now
    claim.save()
    note(claim, "claim.to_staff", _SYSTEM, now)
    offer_other_proofs(claim, now)
    to_review_when_settled(claim.request, now)


def offered(claim: Claim, now: dt.datetime) -> bool:
    """Whether a proof that nobody was mailed for may still come: until staff have decided."""
    if claim.kind == NetworkKind.COUNTRY or claim.request.confirmed_at is None:
        return False
    days = dt.timedelta(days=installation.configuration().proof.code_days)
    return (
        claim.state in (ClaimState.ASKED, ClaimState.STAFF)
        and claim.request.state in (RequestState.PROVING, RequestState.REVIEW)
        and now < claim.request.confirmed_at + days
    )


def offer_other_proofs(claim: Claim, now: dt.datetime) -> None:
    """Let the person know of other ways, once all networks are looked up, and look for those."""
    if claim.kind == NetworkKind.COUNTRY:
        return
    if claim.kind != NetworkKind.ASN or claim.facts.get("handle"):
        payload = {"claim": claim.pk, "number": 1}
        enqueue(CHECK_PROOFS, f"{claim.pk} 1", payload, now, now + CHECKED_EVERY)
    not_looked_up = claim.request.claims.filter(state__in=(ClaimState.NEW, ClaimState.PENDING))
    if not not_looked_up.exists():
        request = claim.request
        enqueue(TELL_WAYS, f"{request.pk}.{request.round}", {"request": request.pk}, now)


def to_review_when_settled(request: Request, now: dt.datetime) -> None:
    """Let staff see the request once no proof is awaited any more."""
    waiting = (ClaimState.NEW, ClaimState.PENDING, ClaimState.ASKED)
    if request.state != RequestState.PROVING or request.claims.filter(state__in=waiting).exists():
        return
    request.state = RequestState.REVIEW
    request.reviewed_from = now
    request.save(update_fields=["state", "reviewed_from"])
    record(
        _SYSTEM,
        "request.to_review",
        Subject("request", str(request.pk), request.organisation_name),
        now,
        request=request.pk,
        organisation=request.organisation_id,
    )


def note(
    claim: Claim,
    verb: str,
    actor: Actor,
    now: dt.datetime,
    after: Mapping[str, Any] | None = None,
) -> None:
    """An audit line about a claim."""
    record(
        actor,
        verb,
        Subject("claim", str(claim.pk), str(claim.network)),
        now,
        request=claim.request_id,
        organisation=claim.request.organisation_id,
        after=after,
    )
