"""All that speaks for or against a request, gathered in one place for those who decide it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.db.models import Q

from tocsin.service.subscribers.models import Claim, ClaimState, Network, NetworkState, Request
from tocsin.service.subscribers.values import NetworkKind, NetworkValue

_CARDS = "tocsin.service.verification.cards_of_request"
_COVERAGE = "tocsin.service.subscribers.coverage"
"""Where they are not part of the installation, what is stored of claims and networks has to do."""


@dataclass(frozen=True, slots=True)
class EvidenceCard:
    """What is to be thought of one claim. colour: green, amber or red."""

    claim: Claim
    colour: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """A network on file that has addresses in common. relation: same, covers, within."""

    relation: str
    network: str
    organisation: str
    slug: str


def cards(request: Request) -> tuple[EvidenceCard, ...]:
    """One card per claim, in their order."""
    if find_spec(_CARDS) is None:
        return tuple(_plain_card(each) for each in request.claims.all())
    made = import_module(_CARDS).cards_of(request)
    return tuple(
        EvidenceCard(claim, str(colour), tuple(str(getattr(each, "text", each)) for each in why))
        for claim, colour, why in made
    )


def is_green(evidence: Iterable[EvidenceCard]) -> bool:
    """Whether nothing is left to look at: there is a card, and all are green."""
    colours = [each.colour for each in evidence if each.claim.state == ClaimState.PROVEN]
    return bool(colours) and all(each.colour == "green" for each in evidence)


def holdings(request: Request) -> dict[int, tuple[Holding, ...]]:
    """By the number of a claim: who else has it, what covers it, what lies within it."""
    claims = list(request.claims.all())
    if find_spec(_COVERAGE) is not None:
        return {each.pk: _others(each, request.organisation_id) for each in claims}
    found = (
        Network.objects.exclude(state=NetworkState.ENDED)
        .exclude(organisation=request.organisation_id)
        .filter(_touching(each.network for each in claims))
        .select_related("organisation")[:500]
    )
    others = [(each.network, each) for each in found] if claims else []
    return {
        claim.pk: tuple(
            Holding(relation, str(other), on_file.organisation.name, on_file.organisation.slug)
            for other, on_file in others
            if (relation := _relation(other, claim.network))
        )
        for claim in claims
    }


def evidence_of(request: Request) -> dict[str, Any]:
    """All that is in view when a request is decided; it is kept with the decision."""
    by_claim = {each.claim.pk: each for each in cards(request)}
    held = holdings(request)
    return {
        "wanted": request.wanted,
        "mail": request.mail_evidence,
        "claims": [
            {
                "network": str(claim.network),
                "state": claim.state,
                "method": claim.method,
                "facts": claim.facts,
                "evidence": claim.evidence,
                "refusal": claim.refusal,
                "colour": by_claim[claim.pk].colour if claim.pk in by_claim else "",
                "reasons": list(by_claim[claim.pk].reasons) if claim.pk in by_claim else [],
                "held_by": [asdict(each) for each in held[claim.pk]],
            }
            for claim in request.claims.all()
        ],
    }


def fingerprint(request: Request, granted: Iterable[int]) -> str:
    """Changes with what is asked for, with what was proven, and with what is granted of it."""
    seen = [
        request.wanted,
        [[c.pk, c.state, c.method, c.facts, c.evidence] for c in request.claims.order_by("pk")],
        sorted(set(granted)),
    ]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def _others(claim: Claim, but_for: int | None) -> tuple[Holding, ...]:
    found = import_module(_COVERAGE).who_else(claim.network, but_for=but_for)
    return tuple(
        Holding(
            relation.name.lower(),
            str(on_file.network),
            on_file.organisation.name,
            on_file.organisation.slug,
        )
        for on_file, relation in found
    )


def _plain_card(claim: Claim) -> EvidenceCard:
    match claim.state:
        case ClaimState.PROVEN:
            return EvidenceCard(claim, "green", (f"Proven: {claim.get_method_display()}.",))
        case ClaimState.REFUSED:
            return EvidenceCard(claim, "red", (claim.refusal,))
        case _:
            return EvidenceCard(claim, "amber", ("Nothing has been proven.",))


def _touching(networks: Iterable[NetworkValue]) -> Q:
    wanted = Q(pk__in=())
    for each in networks:
        if each.kind is NetworkKind.CIDR:
            first, last = each.ends()
            wanted |= Q(kind=each.kind.value, first__lte=last, last__gte=first)
        else:
            wanted |= Q(kind=each.kind.value, value=each.value)
    return wanted


def _relation(other: NetworkValue, claimed: NetworkValue) -> str:
    if other == claimed:
        return "same"
    if other.kind is not NetworkKind.CIDR or claimed.kind is not NetworkKind.CIDR:
        return ""
    if claimed.prefix.first >= other.prefix.first and claimed.prefix.last <= other.prefix.last:
        return "covers"
    inside = other.prefix.first >= claimed.prefix.first and other.prefix.last <= claimed.prefix.last
    return "within" if inside else ""
