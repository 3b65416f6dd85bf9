"""What the page of a request shows: its evidence, as it is or as it was when it was decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from tocsin.service import clock
from tocsin.service.accounts.models import User
from tocsin.service.audit.models import AuditLine
from tocsin.service.permissions import Permission, may
from tocsin.service.portal.for_people import facts_of, text_of
from tocsin.service.portal.staff.common import span
from tocsin.service.subscribers.models import Case, ClaimState, Request, RequestState
from tocsin.service.subscribers.requests.evidence import evidence_of, fingerprint
from tocsin.service.subscribers.requests.ready_texts import ready_texts
from tocsin.service.subscribers.requests.same_asker import same_asker
from tocsin.service.subscribers.requests.two_persons import needs_two
from tocsin.service.subscribers.wanted import from_json

_FACTS = {
    "holder": "Holder",
    "holder_id": "Holder's id",
    "file_id": "Holder in the registry's file",
    "named": "Named in the registry's bulk file",
    "registry": "Registry",
    "handle": "Object",
    "name": "Name",
    "range": "Range",
    "country": "Country",
    "origins": "Announced by",
    "announced": "Addresses announced",
    "made": "Made",
    "changed": "Changed",
    "asked": "Server asked",
    "looked_up_at": "Looked up",
}
_MOST = 20


def request_view(asked: Request, reviewer: User) -> dict[str, Any]:
    """All that the template needs."""
    evidence = asked.frozen_evidence or evidence_of(asked)
    claims = {str(each.network): each for each in asked.claims.all()}
    deciding = asked.state in (RequestState.REVIEW, RequestState.PROVING)
    may_decide = deciding and may(reviewer, Permission.REQUESTS_DECIDE)
    return {
        "asked": asked,
        "wanted": from_json(asked.wanted),
        "networks": [
            _shown(each, claims.get(each["network"]), asked) for each in evidence["claims"]
        ],
        "mail": facts_of(evidence.get("mail", {})),
        "is_frozen": asked.frozen_evidence is not None,
        "may_decide": may_decide,
        "may_approve": may_decide and asked.state == RequestState.REVIEW,
        "needs_two": asked.state == RequestState.REVIEW
        and needs_two(asked, claims.values(), clock.now()),
        "first_holds": _first_holds(asked),
        "first_is_mine": asked.first_approval_id == reviewer.pk,
        "ready": {name: ready_texts(name) for name in ("approve", "ask", "refuse")},
        "earlier": _earlier(asked),
        "cases": Case.objects.filter(organisation=asked.organisation_id)[:_MOST]
        if asked.organisation_id
        else (),
        "lines": AuditLine.objects.filter(request=asked.pk)[:100],
        "waits": span(clock.now() - (asked.reviewed_from or asked.made_at)),
    }


def _shown(evidence: Mapping[str, Any], claim: Any, asked: Request) -> dict[str, Any]:
    facts = evidence.get("facts") or {}
    open_states = (ClaimState.PROVEN, ClaimState.STAFF)
    return {
        **evidence,
        "claim": claim,
        "facts": [
            (label, _fact(key, facts[key])) for key, label in _FACTS.items() if facts.get(key)
        ],
        "contacts": facts.get("contacts", ()),
        "remarks": facts.get("remarks", ()),
        "proof": facts_of(evidence.get("evidence") or {}),
        "can_grant": claim is not None and claim.state in open_states,
        "ticked": claim is not None
        and (
            claim.pk in asked.first_granted
            if asked.first_approval_id
            else evidence.get("state") == ClaimState.PROVEN
        ),
    }


def _first_holds(asked: Request) -> bool:
    return bool(asked.first_seen) and asked.first_seen == fingerprint(asked, asked.first_granted)


def _earlier(asked: Request) -> QuerySet[Request]:
    return Request.objects.filter(same_asker(asked)).exclude(pk=asked.pk).order_by("-id")[:_MOST]


def _fact(key: str, said: Any) -> str:
    return ", ".join(f"AS{each}" for each in said) if key == "origins" else text_of(said)
