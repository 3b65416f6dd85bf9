"""The task that looks at the domain of a contact who agreed, before anybody relies on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from tocsin.service import installation
from tocsin.service.audit.record import Actor
from tocsin.service.outside import outside
from tocsin.service.subscribers.models import Claim, ClaimState, ProofMethod
from tocsin.service.verification.card import Colour
from tocsin.service.verification.cards_of_request import card_of
from tocsin.service.verification.claims import note, to_review_when_settled
from tocsin.service.verification.domain_facts import domain_to_json, gather
from tocsin.service.work.worker import Payload, Work

_SYSTEM = Actor.system("verification")


def _look_up(payload: Payload) -> dict[str, Any]:
    domain = payload["contact"].rpartition("@")[2]
    return domain_to_json(gather(domain, outside().resolver, outside().registry))


def _write_down(payload: Payload, domain: Mapping[str, Any], now: dt.datetime) -> None:
    claim = Claim.objects.select_for_update().select_related("request").get(pk=payload["claim"])
    if claim.evidence.get("contact") != payload["contact"]:
        return
    claim.evidence = {**claim.evidence, "domain": dict(domain)}
    claim.save(update_fields=["evidence"])
    if claim.state == ClaimState.PROVEN and claim.request.is_open:
        if card_of(claim, installation.configuration().proof).colour is Colour.RED:
            for each in [claim, *_resting_on(claim)]:
                _doubt(each, now)
        to_review_when_settled(claim.request, now)


CHECKING_CONTACT = Work(_look_up, _write_down)


def _resting_on(claim: Claim) -> Iterable[Claim]:
    others = claim.request.claims.filter(
        state=ClaimState.PROVEN, method=ProofMethod.SAME_HOLDER
    ).select_related("request")
    return [each for each in others if each.evidence.get("by_claim") == claim.pk]


def _doubt(claim: Claim, now: dt.datetime) -> None:
    """What was proven is not, for all that is known now: staff decide, and say why."""
    claim.state = ClaimState.STAFF
    claim.save(update_fields=["state"])
    note(claim, "claim.doubted", _SYSTEM, now, after={"domain": claim.evidence.get("domain")})
