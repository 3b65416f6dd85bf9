"""Ways to prove a network beside a code that is mailed: what the person writes where only the
holder can write (the DNS, the registry's object), or signs in to (PeeringDB)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from tocsin.model.errors import TocsinError
from tocsin.service import installation
from tocsin.service.audit.record import Actor
from tocsin.service.letters.write import write
from tocsin.service.outside import outside
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    ProofMethod,
    Request,
)
from tocsin.service.subscribers.values import NetworkKind
from tocsin.service.subscribers.wanted import from_json
from tocsin.service.verification.claims import prove
from tocsin.service.verification.offering import (
    CHECK_PROOFS,
    CHECKED_EVERY,
    check_again,
    is_of_now,
    offered,
)
from tocsin.service.verification.reverse_zones import names_for
from tocsin.service.work.queue import enqueue
from tocsin.service.work.worker import Payload, Work, inner_only

TOKEN = "public-proof"  # noqa: S105 - the purpose of a code
_PREFIX = "tocsin-proof="

_SYSTEM = Actor.system("verification")


@dataclass(frozen=True, slots=True)
class Ways:
    """How a claim can be proven by the person alone.

    text: what is to be written. names: where in the DNS, as alternatives of names that all need
    it. remarks: the handle of the registry's object in whose remarks it may stand instead, empty
    if there is none. peeringdb: whether signing in there would do. checked_at, trouble: of the
    last time that we looked, and what went wrong.
    """

    text: str
    names: tuple[tuple[str, ...], ...]
    remarks: str
    peeringdb: bool
    checked_at: dt.datetime | None = None
    trouble: tuple[str, ...] = ()

    @property
    def written(self) -> bool:
        """Whether there is any place to write the text to."""
        return bool(self.names or self.remarks)


def ways_of(claim: Claim, now: dt.datetime) -> Ways | None:
    """What may still be done for a claim; None if nothing is awaited."""
    if not offered(claim, now):
        return None
    checked = claim.evidence.get("checked", {})
    return Ways(
        text=text_for(claim),
        names=names_for(claim.network),
        remarks=str(claim.facts.get("handle", "")),
        peeringdb=claim.kind == NetworkKind.ASN
        and bool(installation.configuration().proof.peeringdb_client),
        checked_at=dt.datetime.fromisoformat(checked["at"]) if checked else None,
        trouble=tuple(checked.get("trouble", ())),
    )


def text_for(claim: Claim) -> str:
    """What proves the claim where only the holder can write.

    It is public, and the same as long as the claim is there: a new code to the contacts must not
    make a record void that somebody's DNS takes days to change.
    """
    return _PREFIX + installation.secret().code(TOKEN, str(claim.pk))


def check_now(claim: Claim, now: dt.datetime) -> bool:
    """The person says that the text is there: look at once, but once a minute only."""
    if not offered(claim, now):
        return False
    enqueue(CHECK_PROOFS, f"{claim.pk} at {now:%Y%m%d%H%M}", {"claim": claim.pk}, now)
    return True


def _look(payload: Payload) -> dict[str, Any]:
    """Look everywhere; what does not answer is told, and looked at again the next time."""
    claim = Claim.objects.select_related("request").get(pk=payload["claim"])
    found: dict[str, Any] = {"proof": None, "trouble": []}
    if claim.state not in (ClaimState.ASKED, ClaimState.STAFF):
        return found
    text = text_for(claim)
    for look in (_in_the_dns, _in_the_remarks):
        try:
            proof = look(claim, text)
        except TocsinError as error:
            found["trouble"].append(f"{error.where}: {error.what}"[:300])
            continue
        if proof:
            return {"proof": proof, "trouble": []}
    return found


def _in_the_dns(claim: Claim, text: str) -> dict[str, Any] | None:
    for group in names_for(claim.network):
        if all(text in outside().resolver.texts(name) for name in group):
            return {"method": ProofMethod.DNS, "evidence": {"names": list(group), "text": text}}
    return None


def _in_the_remarks(claim: Claim, text: str) -> dict[str, Any] | None:
    if not claim.facts.get("handle"):
        return None
    facts = outside().registry.look_up(claim.network, fresh=True)
    if facts.handle != claim.facts["handle"]:
        # It has another object now: staff have seen the one before, and not this one.
        return None
    if not any(text in remark.split() for remark in facts.remarks):
        return None
    evidence = {"handle": facts.handle, "registry": facts.registry, "text": text}
    return {"method": ProofMethod.REMARKS, "evidence": evidence}


def _write_down(payload: Payload, found: Mapping[str, Any], now: dt.datetime) -> None:
    claim = _locked(payload["claim"])
    if not offered(claim, now):
        return
    if found["proof"]:
        method = ProofMethod(found["proof"]["method"])
        prove(claim, method, found["proof"]["evidence"], now)
        return
    checked = {"at": now.isoformat(timespec="seconds"), "trouble": list(found["trouble"])}
    claim.evidence = {**claim.evidence, "checked": checked}
    claim.save(update_fields=["evidence"])
    if "number" in payload and is_of_now(claim, payload.get("round")):
        check_again(claim, payload["number"] + 1, now, now + CHECKED_EVERY)


CHECKING = Work(_look, _write_down)


def _tell(payload: Payload, now: dt.datetime) -> None:
    """One letter about all networks of a request that the person can prove alone."""
    request = Request.objects.get(pk=payload["request"])
    ways = [
        {
            "network": str(claim.network),
            "text": {"code": [TOKEN, str(claim.pk)]},
            "names": [list(group) for group in found.names],
            "remarks": found.remarks,
            "peeringdb": found.peeringdb,
        }
        for claim in request.claims.all()
        if (found := ways_of(claim, now)) is not None and (found.written or found.peeringdb)
    ]
    if not ways:
        return
    write(
        "proof_ways",
        request.requester,
        f"proof_ways {request.pk}.{request.round}",
        {
            "number": request.pk,
            "name": from_json(request.wanted).full_name,
            "organisation": request.organisation_name,
            "ways": ways,
            "days": installation.configuration().proof.code_days,
        },
        now,
        request=request.pk,
        answers=request.last_message_id,
        language=request.language,
    )


TELLING_WAYS = inner_only(_tell)


@transaction.atomic
def prove_by_peeringdb(claim: Claim, evidence: Mapping[str, Any], now: dt.datetime) -> bool:
    """Somebody who may change the network in PeeringDB has signed in there; False if too late."""
    claim = _locked(claim.pk)
    if claim.kind != NetworkKind.ASN or not offered(claim, now):
        return False
    prove(claim, ProofMethod.PEERINGDB, evidence, now, Actor.person(claim.request.requester))
    return True


def _locked(number: int) -> Claim:
    """The claim, and its request: staff who decide hold the latter."""
    claim = Claim.objects.select_for_update().get(pk=number)
    claim.request = Request.objects.select_for_update().get(pk=claim.request_id)
    return claim
