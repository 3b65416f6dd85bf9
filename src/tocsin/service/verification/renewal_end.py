"""What becomes of a request that renews proofs, once its claims have been answered."""

from __future__ import annotations

import datetime as dt

from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Network,
    NetworkState,
    Proof,
    ProofMethod,
    Request,
    RequestState,
)
from tocsin.service.subscribers.snapshots.due import snapshot_is_due
from tocsin.service.verification.compare import compare
from tocsin.service.verification.facts import facts_from_json
from tocsin.service.verification.telling import tell_admins

_SYSTEM = Actor.system("verification")


def settle(request: Request, now: dt.datetime) -> bool:
    """Renew what has been proven anew; True if the request is for staff to decide.

    Nobody of the staff is needed where the contacts of the registry agree and the holder is the
    one that it was. In the caller's transaction, when no claim waits for an answer any more.
    """
    claims = list(request.claims.select_related("renews").order_by("pk"))
    proven = [each for each in claims if each.state == ClaimState.PROVEN]
    if not all(_is_checked(each) for each in proven):
        return False
    for claim in proven:
        if claim.granted_at is None:
            _grant(claim, now)
    if any(each.granted_at is None for each in claims):
        return True
    _approve(request, [str(each.network) for each in claims], now)
    return False


def _is_checked(claim: Claim) -> bool:
    """A contact's domain is looked at before anything is renewed on the contact's word."""
    return claim.method != ProofMethod.REGISTRY_MAIL or "domain" in claim.evidence


def _grant(claim: Claim, now: dt.datetime) -> None:
    if claim.renews is None:
        return
    network = Network.objects.select_for_update().get(pk=claim.renews.pk)
    difference = compare(
        facts_from_json(network.found_facts or network.facts), facts_from_json(claim.facts)
    )
    if network.state != NetworkState.ACTIVE or difference.holder_changed:
        claim.state = ClaimState.STAFF
        claim.save(update_fields=["state"])
        return
    proof = Proof.objects.create(
        network=network,
        method=claim.method,
        evidence={"facts": claim.facts, **claim.evidence},
        made_at=now,
        ends_at=now + dt.timedelta(days=installation.configuration().proof.valid_days),
    )
    network.warned_at = None
    network.save(update_fields=["warned_at"])
    claim.granted_at = now
    claim.save(update_fields=["granted_at"])
    record(
        _SYSTEM,
        "network.proof_renewed",
        Subject("network", str(network.pk), str(network)),
        now,
        organisation=network.organisation_id,
        request=claim.request_id,
        after={"method": claim.method, "ends_at": proof.ends_at.isoformat()},
    )
    snapshot_is_due(now)


def _approve(request: Request, networks: list[str], now: dt.datetime) -> None:
    request.state = RequestState.APPROVED
    request.decided_at = now
    request.save(update_fields=["state", "decided_at"])
    record(
        _SYSTEM,
        "request.approved",
        Subject("request", str(request.pk), request.organisation_name),
        now,
        organisation=request.organisation_id,
        request=request.pk,
    )
    if request.organisation is not None:
        tell_admins(
            request.organisation,
            "proofs_renewed",
            f"proofs_renewed {request.pk}",
            {"networks": networks},
            now,
        )
