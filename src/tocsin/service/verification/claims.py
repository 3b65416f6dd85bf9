"""The way of one claimed network: looked up, asked for a proof, proven or refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    ProofMethod,
    Request,
    RequestState,
)
from tocsin.service.subscribers.values import NetworkKind
from tocsin.service.verification import renewal_end
from tocsin.service.verification.contact_letters import write_to_contact
from tocsin.service.verification.contact_role import is_abuse_alone, suffices
from tocsin.service.verification.facts import (
    RegistryFacts,
    facts_from_json,
    facts_to_json,
)
from tocsin.service.verification.looking_up import look_up
from tocsin.service.verification.offering import offer_other_proofs
from tocsin.service.verification.plausible import implausible
from tocsin.service.verification.spreading import (
    Source,
    asked_with,
    objection_to,
    proven_by,
    source_of,
)
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
        enqueue(LOOK_UP, proof_reference(claim), {"claim": claim.pk}, now)


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
    """Mail a code to the contacts that the registry names; a new round makes earlier ones void.

    Those who are asked about another network of the same holder are not asked twice.
    """
    claim.state = ClaimState.ASKED
    claim.round += 1
    claim.tries = 0
    claim.asked_at = now
    together = asked_with(claim, facts)
    addresses = [each.address for each in facts.contacts_for_proof()][:MOST_ASKED]
    claim.asked_of = [] if together else addresses
    kept = {name: said for name, said in claim.evidence.items() if name != "asked_with"}
    claim.evidence = {**kept, "asked_with": str(together.network)} if together else kept
    claim.save()
    for number, address in enumerate(claim.asked_of):
        link = (PROOF, f"{proof_reference(claim)}.{address}")
        write_to_contact(claim, number, link, (PROOF, code_reference(claim, address)), now)
    note(
        claim,
        "claim.asked",
        _SYSTEM,
        now,
        after={"asked_of": claim.asked_of, "with": str(together or "")},
    )
    offer_other_proofs(claim, now)


def forget_approvals(request: Request, now: dt.datetime) -> None:
    """Whatever contacts of registries were asked, or agreed to, is to be asked anew: the request
    has become another. Their links and codes are void; who said `Not us` is not asked again.

    In the caller's transaction; the claims are looked up again when the request is confirmed.
    """
    by_contact = Q(method__in=(ProofMethod.REGISTRY_MAIL, ProofMethod.SAME_HOLDER))
    asked = request.claims.filter(Q(state=ClaimState.ASKED) | by_contact)
    for claim in asked.exclude(state=ClaimState.REFUSED).select_for_update():
        before = {"state": claim.state, "method": claim.method, "evidence": claim.evidence}
        claim.state, claim.method, claim.evidence = ClaimState.NEW, "", {}
        claim.round += 1
        claim.settled_at = None
        claim.save()
        record(
            _SYSTEM,
            "claim.to_ask_anew",
            Subject("claim", str(claim.pk), str(claim.network)),
            now,
            request=request.pk,
            organisation=request.organisation_id,
            before=before,
            after={"state": claim.state},
        )


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


def _prove_same_holders(claim: Claim, now: dt.datetime, actor: Actor) -> None:
    """Other networks of the request that the registry gave to the same holder are proven too."""
    for other, source in proven_by(claim):
        _prove_by_source(other, source, now, actor)


def _prove_by_source(claim: Claim, source: Source, now: dt.datetime, actor: Actor) -> None:
    evidence = {
        "same_holder_as": source.network,
        "why": source.why,
        "by_claim": source.by_claim,
    }
    prove(claim, ProofMethod.SAME_HOLDER, evidence, now, actor)


def _settled_by_facts(claim: Claim, facts: RegistryFacts, now: dt.datetime) -> bool:
    """Whether what the registry says leaves nobody to be asked."""
    request = claim.request
    found = holder_fit(claim.network, facts, request.organisation_name, request.requester)
    upstream = found.fit is Fit.UPSTREAM and upstream_refusal(claim.network, facts)
    refusal = upstream or objection_to(claim, facts)
    if refusal:
        refuse_claim(claim, refusal, _SYSTEM, now)
        return True
    source = source_of(claim, facts, now)
    if source is not None:
        _prove_by_source(claim, source, now, _SYSTEM)
    return source is not None


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
