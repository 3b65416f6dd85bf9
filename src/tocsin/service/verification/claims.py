"""The way of one claimed network: looked up, asked for a proof, proven or refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.write import write
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Network,
    NetworkState,
    ProofMethod,
    ProofState,
    Request,
    RequestState,
)
from tocsin.service.subscribers.values import NetworkKind
from tocsin.service.subscribers.wanted import from_json
from tocsin.service.verification import renewal_end
from tocsin.service.verification.contact_role import is_abuse_alone, suffices
from tocsin.service.verification.facts import (
    RegistryFacts,
    facts_from_json,
    facts_to_json,
)
from tocsin.service.verification.looking_up import look_up
from tocsin.service.verification.plausible import implausible
from tocsin.service.verification.same_holder import same_holder
from tocsin.service.verification.telling import addresses_of_lists
from tocsin.service.verification.upstream import Fit, holder_fit, upstream_refusal
from tocsin.service.work.queue import enqueue
from tocsin.service.work.worker import Payload, Work

LOOK_UP = "look_up_claim"
PROOF = "proof"
"""The purpose of the link and the code that are mailed to a contact of the registry."""

CHECK = "check_contact_domain"
"""The task that looks up the domain of the contact who proved something."""

MOST_TRIES = 3

MOST_ASKED = 10
"""So many contacts of one network are written to."""

WAITING = (ClaimState.NEW, ClaimState.PENDING, ClaimState.ASKED)
"""The states in which a proof may still come."""

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
    return facts_to_json(look_up(claim.network))


def _write_down(payload: Payload, facts: Mapping[str, Any], now: dt.datetime) -> None:
    claim = Claim.objects.select_related("request").get(pk=payload["claim"])
    if claim.state not in (ClaimState.NEW, ClaimState.PENDING):
        return
    claim.facts = dict(facts)
    found = facts_from_json(facts)
    if _settled_by_facts(claim, found, now):
        return
    if found.contacts_for_proof():
        ask_registry_contacts(claim, found, now)
    else:
        leave_to_staff(claim, now)


LOOKING_UP = Work(_ask_registry, _write_down)


def ask_registry_contacts(claim: Claim, facts: RegistryFacts, now: dt.datetime) -> None:
    """Mail a code to the contacts that the registry names; a new round makes earlier ones void."""
    claim.state = ClaimState.ASKED
    claim.round += 1
    claim.tries = 0
    claim.asked_at = now
    claim.asked_of = [each.address for each in facts.contacts_for_proof()][:MOST_ASKED]
    claim.save()
    wanted = from_json(claim.request.wanted)
    organisation = claim.request.organisation_id
    renewed = claim.renews_id is not None and organisation is not None
    recipients = addresses_of_lists(organisation) if renewed and organisation else wanted.recipients
    for number, address in enumerate(claim.asked_of):
        write(
            "proof_renewal" if renewed else "proof",
            address,
            f"proof {claim.pk}.{claim.round} {number}",
            {
                "number": claim.request_id,
                "network": str(claim.network),
                "name": wanted.full_name,
                "organisation": wanted.organisation,
                "requester": claim.request.requester,
                "recipients": list(recipients),
                "days": installation.configuration().proof.code_days,
                "answer": {"link": [PROOF, f"{proof_reference(claim)}.{address}"]},
                "code": {"code": [PROOF, code_reference(claim, address)]},
            },
            now,
            request=claim.request_id,
        )
    note(claim, "claim.asked", _SYSTEM, now, after={"asked_of": claim.asked_of})


def proof_reference(claim: Claim) -> str:
    """What the link of a round stands for, together with the address it was mailed to."""
    return f"{claim.pk}.{claim.round}"


def code_reference(claim: Claim, address: str) -> str:
    """What the code that was mailed to an address in a round stands for."""
    return f"{proof_reference(claim)}.{address}"


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
    secret = installation.secret()
    mailed_to = [
        each for each in claim.asked_of if secret.is_code(PROOF, code_reference(claim, each), said)
    ]
    claim.wrong_codes += not mailed_to
    claim.save(update_fields=["tries", "wrong_codes"])
    requester = Actor.person(claim.request.requester)
    if not mailed_to:
        note(claim, "claim.wrong_code", requester, now)
        return False
    prove_by_contact(claim, mailed_to[0], {"code_told_by": requester.name}, now, requester)
    return True


def may_have_new_code(claim: Claim) -> bool:
    """Whether the code has become void, and another may be asked for."""
    rules = installation.configuration().proof
    void = claim.state == ClaimState.ASKED and claim.tries >= MOST_TRIES
    return void and claim.round < rules.most_codes and claim.request.is_open


def new_code(claim: Claim, now: dt.datetime) -> bool:
    """Mail new codes once the last is void; False if it is not, or there have been enough.

    Call it as `try_code`.
    """
    claim = Claim.objects.select_for_update().select_related("request").get(pk=claim.pk)
    if not may_have_new_code(claim):
        return False
    ask_registry_contacts(claim, facts_from_json(claim.facts), now)
    return True


def prove_by_contact(
    claim: Claim, address: str, evidence: Mapping[str, Any], now: dt.datetime, actor: Actor
) -> None:
    """A contact of the registry agrees. What an abuse mailbox cannot prove waits for the others
    that were asked, and is left to staff where there are none."""
    facts = facts_from_json(claim.facts)
    said = {"contact": address, "asked_of": claim.asked_of, **evidence}
    if suffices(facts, address, claim.network, installation.configuration().proof):
        prove(claim, ProofMethod.REGISTRY_MAIL, said, now, actor)
        return
    claim.method = ProofMethod.REGISTRY_MAIL
    claim.evidence = {**said, "at": now.isoformat()}
    claim.save()
    note(claim, "claim.abuse_mailbox_agrees", actor, now, after=said)
    check_contact_later(claim, now)
    if all(is_abuse_alone(facts, each) for each in claim.asked_of):
        leave_to_staff(claim, now)


def check_contact_later(claim: Claim, now: dt.datetime) -> None:
    """Let the domain of the contact who agreed be looked up."""
    enqueue(
        CHECK,
        f"{proof_reference(claim)} {claim.evidence['contact']}"[:200],
        {"claim": claim.pk, "contact": claim.evidence["contact"]},
        now,
    )


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
    if "contact" in evidence:
        check_contact_later(claim, now)
    _prove_same_holders(claim, now, actor)
    to_review_when_settled(claim.request, now)


_SPREADS = (
    ProofMethod.REGISTRY_MAIL,
    ProofMethod.DNS,
    ProofMethod.REMARKS,
    ProofMethod.PEERINGDB,
)
"""The proofs that speak for the holder, and so for all else that is the holder's."""


def _prove_same_holders(claim: Claim, now: dt.datetime, actor: Actor) -> None:
    """Other networks of the request that the registry gave to the same holder are proven too."""
    if claim.method not in _SPREADS:
        return
    facts = facts_from_json(claim.facts)
    rules = installation.configuration().proof
    contact = claim.evidence.get("contact", "")
    open_ones = claim.request.claims.filter(state__in=(*WAITING, ClaimState.STAFF))
    for other in open_ones.exclude(pk=claim.pk).select_for_update():
        why = same_holder(facts, facts_from_json(other.facts))
        if why and (not contact or suffices(facts, contact, other.network, rules)):
            _prove_as_same_holder(other, str(claim.network), claim.pk, why, now, actor)


def _prove_as_same_holder(
    claim: Claim, proven: str, by: int | None, why: str, now: dt.datetime, actor: Actor
) -> None:
    evidence = {"same_holder_as": proven, "why": why, "by_claim": by}
    prove(claim, ProofMethod.SAME_HOLDER, evidence, now, actor)


def _settled_by_facts(claim: Claim, facts: RegistryFacts, now: dt.datetime) -> bool:
    """Whether what the registry says leaves nobody to be asked."""
    request = claim.request
    found = holder_fit(claim.network, facts, request.organisation_name, request.requester)
    if found.fit is Fit.UPSTREAM:
        refuse_claim(claim, upstream_refusal(claim.network, facts), _SYSTEM, now)
        return True
    for other in request.claims.exclude(pk=claim.pk):
        why = same_holder(facts, facts_from_json(other.facts))
        if why and other.state == ClaimState.REFUSED and other.evidence.get("not_us"):
            refuse_claim(claim, other.refusal, _SYSTEM, now)
            return True
        if why and other.state == ClaimState.PROVEN and other.method in _SPREADS:
            contact = other.evidence.get("contact", "")
            rules = installation.configuration().proof
            source = facts_from_json(other.facts)
            if not contact or suffices(source, contact, claim.network, rules):
                _prove_as_same_holder(claim, str(other.network), other.pk, why, now, _SYSTEM)
                return True
    return _proven_by_own_network(claim, facts, now)


def _proven_by_own_network(claim: Claim, facts: RegistryFacts, now: dt.datetime) -> bool:
    """What an organisation adds later is proven by what it has of the same holder.

    A proof that is to be renewed is not: two networks would keep each other proven for ever.
    """
    if claim.request.organisation_id is None or claim.renews_id is not None:
        return False
    own = Network.objects.filter(
        organisation=claim.request.organisation_id,
        state=NetworkState.ACTIVE,
        registry=facts.registry,
        proofs__state=ProofState.VALID,
        proofs__ends_at__gt=now,
        proofs__method__in=_SPREADS,
    )
    for network in own.distinct():
        why = same_holder(facts, facts_from_json(network.facts))
        if why:
            _prove_as_same_holder(claim, str(network), None, why, now, _SYSTEM)
            return True
    return False


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
    to_review_when_settled(claim.request, now)


def to_review_when_settled(request: Request, now: dt.datetime) -> None:
    """Let staff see the request once no proof is awaited any more."""
    if request.state != RequestState.PROVING or request.claims.filter(state__in=WAITING).exists():
        return
    if request.claims.filter(renews__isnull=False).exists() and not renewal_end.settle(
        request, now
    ):
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
