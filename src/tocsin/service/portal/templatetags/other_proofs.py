"""The part of a request's page that tells how one proves a network oneself."""

from __future__ import annotations

from typing import Any

from django import template

from tocsin.service import clock
from tocsin.service.subscribers.models import Claim
from tocsin.service.verification.other_proofs import ways_of

register = template.Library()


@register.inclusion_tag("other_proofs.html", takes_context=True)
def other_proofs(context: template.Context, claim: Claim) -> dict[str, Any]:
    """The ways that are open for a claim; nothing is shown where there is none."""
    return {
        "claim": claim,
        "ways": ways_of(claim, clock.now()),
        "csrf_token": context.get("csrf_token"),
    }
