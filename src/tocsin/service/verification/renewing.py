"""Having proofs renewed: the contacts of the registries are asked once more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.changes.telling import admins_of
from tocsin.service.subscribers.models import (
    Claim,
    Network,
    Organisation,
    Request,
    RequestChannel,
    RequestKind,
    RequestState,
)
from tocsin.service.subscribers.wanted import Wanted, to_json
from tocsin.service.verification.claims import look_up_later

_SYSTEM = Actor.system("verification")


def renew(organisation: Organisation, networks: Sequence[Network], now: dt.datetime) -> bool:
    """Ask for new proofs of these networks of the organisation, but for those that are being
    renewed already. False if nobody could be asked on whose behalf, or nothing is left to ask.

    It is a change that the service itself asks for, on behalf of an admin. In the caller's
    transaction.
    """
    admins = admins_of(organisation)
    asked = _being_renewed(networks)
    open_ones = [each for each in networks if each.pk not in asked]
    if not admins or not open_ones:
        return False
    wanted = Wanted(
        full_name=admins[0].full_name,
        organisation=organisation.name,
        networks=tuple(each.network for each in open_ones),
        phone=admins[0].phone,
        note="Proofs are to be renewed.",
    )
    request = Request.objects.create(
        kind=RequestKind.CHANGE,
        channel=RequestChannel.PORTAL,
        state=RequestState.PROVING,
        requester=admins[0].address,
        organisation=organisation,
        organisation_name=organisation.name,
        wanted=to_json(wanted),
        made_at=now,
        confirmed_at=now,
    )
    record(
        _SYSTEM,
        "request.made",
        Subject("request", str(request.pk), organisation.name),
        now,
        organisation=organisation.pk,
        request=request.pk,
        after=request.wanted,
    )
    claims = [
        Claim.objects.create(request=request, renews=each, **Claim.columns_of(each.network))
        for each in open_ones
    ]
    for claim in claims:
        look_up_later(claim, now)
    return True


def _being_renewed(networks: Sequence[Network]) -> set[int | None]:
    claims = Claim.objects.filter(
        renews__in=[each.pk for each in networks],
        request__state__in=RequestState.open_ones(),
        granted_at=None,
    )
    return set(claims.values_list("renews_id", flat=True))
