"""All that speaks for or against a request, gathered in one place for those who decide it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from tocsin.service.subscribers.models import Claim, ClaimState, Request
from tocsin.service.subscribers.requests.coverage import who_else
from tocsin.service.verification.cards_of_request import cards_of


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
    return tuple(
        EvidenceCard(claim, colour.value, tuple(each.text for each in reasons))
        for claim, colour, reasons in cards_of(request)
    )


def is_green(evidence: Iterable[EvidenceCard]) -> bool:
    """Whether nothing is left to look at: there is a card, and all are green."""
    colours = [each.colour for each in evidence if each.claim.state == ClaimState.PROVEN]
    return bool(colours) and all(each.colour == "green" for each in evidence)


def holdings(request: Request) -> dict[int, tuple[Holding, ...]]:
    """By the number of a claim: who else has it, what covers it, what lies within it."""
    return {each.pk: _others(each, request.organisation_id) for each in request.claims.all()}


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
    found = who_else(claim.network, but_for=but_for)
    return tuple(
        Holding(
            relation.name.lower(),
            str(on_file.network),
            on_file.organisation.name,
            on_file.organisation.slug,
        )
        for on_file, relation in found
    )
