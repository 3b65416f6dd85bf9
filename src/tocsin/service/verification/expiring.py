"""What ends by itself: codes that nobody told, and proofs; those whom it hits are told before."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Max, Q, QuerySet

from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.write import write
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Network,
    NetworkState,
    Organisation,
    OrganisationState,
    Proof,
    ProofState,
    RequestState,
)
from tocsin.service.subscribers.snapshots.due import snapshot_is_due
from tocsin.service.subscribers.wanted import from_json
from tocsin.service.verification.claims import leave_to_staff, note
from tocsin.service.verification.renewing import renew
from tocsin.service.verification.telling import tell_admins
from tocsin.service.work.worker import Payload, inner_only

EXPIRE_DAILY = "expire_proofs"

WARNED_EVERY = dt.timedelta(days=7)

_SYSTEM = Actor.system("verification")


def _expire(payload: Payload, now: dt.datetime) -> None:
    _end_claims(now)
    _end_proofs(payload["day"], now)
    _warn(payload["day"], now)


EXPIRING_DAILY = inner_only(_expire)


def _end_claims(now: dt.datetime) -> None:
    """Nobody has answered in time: staff decide, and the requester is told."""
    since = now - dt.timedelta(days=installation.configuration().proof.code_days)
    overdue = Claim.objects.filter(
        state=ClaimState.ASKED, asked_at__lte=since, request__state=RequestState.PROVING
    )
    for claim in overdue.select_related("request").select_for_update(of=("self",)):
        note(claim, "claim.not_answered", _SYSTEM, now, after={"asked_of": claim.asked_of})
        leave_to_staff(claim, now)
        if claim.renews_id is None:
            _tell_requester(claim, now)
    unchecked = Claim.objects.filter(
        state=ClaimState.PROVEN,
        granted_at=None,
        renews__isnull=False,
        settled_at__lte=since,
        request__state=RequestState.PROVING,
    )
    for claim in unchecked.select_related("request").select_for_update(of=("self",)):
        leave_to_staff(claim, now)


def _tell_requester(claim: Claim, now: dt.datetime) -> None:
    request = claim.request
    write(
        "proof_not_given",
        request.requester,
        f"proof_not_given {claim.pk}.{claim.round}",
        {
            "number": request.pk,
            "name": from_json(request.wanted).full_name,
            "network": str(claim.network),
        },
        now,
        request=request.pk,
        language=request.language,
    )


def _end_proofs(day: str, now: dt.datetime) -> None:
    """Proofs that are over end; who has no other for a network is told that reports stop."""
    over = Proof.objects.filter(state=ProofState.VALID, ends_at__lte=now)
    ended = list(over.select_related("network").select_for_update(of=("self",)))
    for proof in ended:
        proof.state = ProofState.ENDED
        proof.save(update_fields=["state"])
        _note(proof.network, "proof.ended", now, {"proof": proof.pk, "method": proof.method})
    if ended:
        snapshot_is_due(now)
    keys = {each.network_id for each in ended}
    still = set(_proven(now).filter(network__in=keys).values_list("network_id", flat=True))
    lost = Network.objects.filter(pk__in=keys - still, state=NetworkState.ACTIVE)
    for organisation, networks in _by_organisation(lost):
        said = {"networks": [str(each) for each in networks]}
        tell_admins(
            organisation, "proofs_ended", f"proofs_ended {organisation.pk} {day}", said, now
        )


def _warn(day: str, now: dt.datetime) -> None:
    """Tell of proofs that end soon, once a week, and have them renewed meanwhile."""
    soon = now + dt.timedelta(days=installation.configuration().proof.warn_days)
    last = _proven(now).values("network_id").annotate(end=Max("ends_at")).filter(end__lte=soon)
    ends: Mapping[int, dt.datetime] = dict(last.values_list("network_id", "end"))
    unwarned = Q(warned_at__isnull=True) | Q(warned_at__lte=now - WARNED_EVERY)
    networks = Network.objects.filter(unwarned, pk__in=ends, state=NetworkState.ACTIVE)
    for organisation, own in _by_organisation(networks):
        renew(organisation, own, now)
        said = {
            "networks": [
                {"network": str(each), "ends": ends[each.pk].date().isoformat()} for each in own
            ]
        }
        tell_admins(organisation, "proofs_end", f"proofs_end {organisation.pk} {day}", said, now)
        for network in own:
            network.warned_at = now
            network.save(update_fields=["warned_at"])
            _note(network, "network.warned", now, {"ends_at": ends[network.pk].isoformat()})


def _proven(now: dt.datetime) -> QuerySet[Proof]:
    return Proof.objects.filter(state=ProofState.VALID, ends_at__gt=now)


def _by_organisation(
    networks: QuerySet[Network],
) -> Iterable[tuple[Organisation, list[Network]]]:
    found: dict[Organisation, list[Network]] = defaultdict(list)
    active = networks.filter(organisation__state=OrganisationState.ACTIVE)
    for network in active.select_related("organisation").order_by("organisation_id", "pk"):
        found[network.organisation].append(network)
    return found.items()


def _note(network: Network, verb: str, now: dt.datetime, after: Mapping[str, object]) -> None:
    record(
        _SYSTEM,
        verb,
        Subject("network", str(network.pk), str(network)),
        now,
        organisation=network.organisation_id,
        after=after,
    )
