"""The evidence cards of a request, made from what is stored: no network is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from tocsin.configuration.service import ProofRules
from tocsin.service import installation
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Network,
    NetworkState,
    ProofMethod,
    Request,
    RequestChannel,
)
from tocsin.service.subscribers.values import NetworkKind
from tocsin.service.verification.card import Card, Colour, Reason, Seen, card, worst
from tocsin.service.verification.domain_facts import domain_from_json
from tocsin.service.verification.facts import facts_from_json


class ClaimCard(NamedTuple):
    """A claim with its card."""

    claim: Claim
    colour: Colour
    reasons: tuple[Reason, ...]


def cards_of(request: Request) -> list[ClaimCard]:
    """One card per claim, in the order of the claims; three queries, however many there are."""
    rules = installation.configuration().proof
    claims = list(request.claims.all())
    asns = _asns(request, claims)
    cards: dict[int, Card] = {}
    for claim in claims:
        claim.request = request
        cards[claim.pk] = card(replace(seen_of(claim), asns=asns), rules)
    return [
        ClaimCard(claim, found.colour, found.reasons)
        for claim in claims
        for found in (_resting(claim, cards),)
    ]


def card_of(claim: Claim, rules: ProofRules) -> Card:
    """The card of one claim by itself."""
    return card(seen_of(claim), rules)


def seen_of(claim: Claim) -> Seen:
    """What is stored of a claim, as a card takes it."""
    request, evidence = claim.request, claim.evidence
    return Seen(
        network=claim.network,
        state=ClaimState(claim.state),
        organisation=request.organisation_name,
        requester=request.requester,
        facts=facts_from_json(claim.facts),
        channel=RequestChannel(request.channel),
        method=ProofMethod(claim.method) if claim.method else None,
        refusal=claim.refusal,
        proven_by=evidence.get("contact", ""),
        domain=domain_from_json(evidence["domain"]) if evidence.get("domain") else None,
        same_holder_as=evidence.get("same_holder_as", ""),
        mail=_results(request.mail_evidence),
        wrong_codes=claim.wrong_codes,
    )


def _resting(claim: Claim, cards: Mapping[int, Card]) -> Card:
    """A card that rests on another's proof is no better than that one."""
    own = cards[claim.pk]
    under = cards.get(claim.evidence.get("by_claim") or 0)
    if claim.method != ProofMethod.SAME_HOLDER or under is None or under.colour is Colour.GREEN:
        return own
    text = f"It rests on the proof of {claim.evidence['same_holder_as']}, which is {under.colour}."
    return worst((*own.reasons, Reason(under.colour, text)))


def _asns(request: Request, claims: list[Claim]) -> frozenset[int]:
    claimed = {int(each.value) for each in claims if each.kind == NetworkKind.ASN}
    if request.organisation_id is None:
        return frozenset(claimed)
    own = Network.objects.filter(
        organisation=request.organisation_id, kind=NetworkKind.ASN, state=NetworkState.ACTIVE
    )
    return frozenset(claimed | {int(each) for each in own.values_list("value", flat=True)})


def _results(evidence: Mapping[str, Any]) -> dict[str, str]:
    """Results by name; one that comes with details has them under `result`."""
    said = {}
    for name in ("dkim", "spf", "dmarc"):
        value = evidence.get(name)
        result = value.get("result") if isinstance(value, Mapping) else value
        if isinstance(result, str):
            said[name] = result.lower()
    return said
