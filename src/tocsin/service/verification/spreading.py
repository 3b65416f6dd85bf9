"""What a proof is worth for other networks of the same holder, in the request and later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Q

from tocsin.service import installation
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Network,
    NetworkState,
    Proof,
    ProofMethod,
    ProofState,
)
from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.verification.contact_role import suffices
from tocsin.service.verification.facts import RegistryFacts, facts_from_json
from tocsin.service.verification.ranges import range_of
from tocsin.service.verification.same_holder import same_holder

SPREADS = (
    ProofMethod.REGISTRY_MAIL,
    ProofMethod.DNS,
    ProofMethod.REMARKS,
    ProofMethod.PEERINGDB,
)
"""The proofs that speak for the holder, and so for all else that is the holder's."""

_MAY_STILL_BE_PROVEN = (
    ClaimState.NEW,
    ClaimState.PENDING,
    ClaimState.ASKED,
    ClaimState.STAFF,
)


class Source(NamedTuple):
    """What proves something of the same holder. by_claim: None for a network on file."""

    network: str
    by_claim: int | None
    why: str


def proven_by(claim: Claim) -> Iterator[tuple[Claim, Source]]:
    """The other claims of the request that a claim which was just proven proves as well."""
    if claim.method not in SPREADS or not _is_the_holders(claim):
        return
    others = claim.request.claims.filter(state__in=_MAY_STILL_BE_PROVEN).exclude(pk=claim.pk)
    for other in others.select_for_update():
        why = _proves(claim, other, facts_from_json(other.facts))
        if why:
            yield other, Source(str(claim.network), claim.pk, why)


def source_of(claim: Claim, facts: RegistryFacts, now: dt.datetime) -> Source | None:
    """What proves a claim that has just been looked up: another of the request, or, for what an
    organisation adds, what it has.

    A proof that is to be renewed needs one of today: two networks would keep each other proven
    for ever.
    """
    proven = claim.request.claims.filter(state=ClaimState.PROVEN, method__in=SPREADS)
    for other in filter(_is_the_holders, proven.exclude(pk=claim.pk)):
        why = _proves(other, claim, facts)
        if why:
            return Source(str(other.network), other.pk, why)
    if claim.request.organisation_id is None or claim.renews_id is not None:
        return None
    if _was_objected_to(claim):
        return None
    for network in _own_networks(claim.request.organisation_id, facts.registry, now):
        why = same_holder(facts, facts_from_json(network.facts))
        if why:
            return Source(str(network), None, why)
    return None


def _was_objected_to(claim: Claim) -> bool:
    """Whether the organisation has lost the network before, since somebody said that it is not
    theirs: then a contact is asked, whatever else is theirs."""
    same = Q(kind=claim.kind, value=claim.value)
    refused = Claim.objects.filter(
        same,
        request__organisation=claim.request.organisation_id,
        state=ClaimState.REFUSED,
        evidence__has_key="not_us",
    )
    lost = Network.objects.filter(same, organisation=claim.request.organisation_id)
    return refused.exists() or lost.exclude(frozen_reason="").exists()


def objection_to(claim: Claim, facts: RegistryFacts) -> str:
    """Why a claim is refused because a contact said `Not us` of another of the same holder."""
    for other in claim.request.claims.filter(state=ClaimState.REFUSED).exclude(pk=claim.pk):
        if other.evidence.get("not_us") and same_holder(facts, facts_from_json(other.facts)):
            return other.refusal
    return ""


def asked_with(claim: Claim, facts: RegistryFacts) -> Claim | None:
    """Another claim of the request whose contacts have been asked, and answer for this one too: so
    that nobody gets a letter for each of a hundred networks."""
    rules = installation.configuration().proof
    own = {each.address for each in facts.contacts_for_proof()}
    for other in claim.request.claims.filter(state=ClaimState.ASKED).exclude(pk=claim.pk):
        theirs = facts_from_json(other.facts)
        if not own or not own <= set(other.asked_of) or not same_holder(facts, theirs):
            continue
        networks = (claim.network, other.network)
        if all(suffices(theirs, who, what, rules) for who in other.asked_of for what in networks):
            return other
    return None


def _is_the_holders(proven: Claim) -> bool:
    return speaks_for_holder(proven.method, proven.network, facts_from_json(proven.facts))


def speaks_for_holder(method: str | None, network: NetworkValue, facts: RegistryFacts) -> bool:
    """Whether who proved a network in that way is its registered holder.

    The reverse zone of a part is often delegated to a customer: it proves that part alone.
    """
    if method != ProofMethod.DNS or network.kind is not NetworkKind.CIDR:
        return True
    found = range_of(facts.range)
    prefix = network.prefix
    return found is not None and prefix.first <= found[0] and found[1] <= prefix.last


def _proves(proven: Claim, other: Claim, facts: RegistryFacts) -> str:
    """Why a proven claim proves another; an abuse mailbox only where it could by itself."""
    source = facts_from_json(proven.facts)
    why = same_holder(source, facts)
    contact = proven.evidence.get("contact", "")
    rules = installation.configuration().proof
    enough = not contact or suffices(source, contact, other.network, rules)
    return why if enough else ""


def _own_networks(organisation: int, registry: str, now: dt.datetime) -> list[Network]:
    proofs = Proof.objects.filter(
        network__organisation=organisation,
        network__state=NetworkState.ACTIVE,
        network__registry=registry,
        state=ProofState.VALID,
        ends_at__gt=now,
        method__in=SPREADS,
    )
    found = {
        each.network_id: each.network
        for each in proofs.select_related("network").order_by("network_id")
        if speaks_for_holder(each.method, each.network.network, facts_from_json(each.network.facts))
    }
    return list(found.values())
