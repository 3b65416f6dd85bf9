"""The networks of which there may be reports, with the time for which they are proven."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import NamedTuple

from django.db.models import Q

from tocsin.service.subscribers.models import (
    Network,
    NetworkState,
    OrganisationState,
    Proof,
    ProofState,
)
from tocsin.service.subscribers.snapshots.parts.json_text import quoted
from tocsin.service.subscribers.snapshots.parts.moments import Moments, as_text
from tocsin.service.subscribers.values import NetworkKind

_STILL_REPORTED = dt.timedelta(days=8)
"""Networks that ended within the last days: the night may report of a week that is over."""


class Reported(NamedTuple):
    """A network: its number, its kind, what names it and when it is valid, as members of JSON."""

    key: int
    kind: str
    name: str
    valid: str


def reported_networks(now: dt.datetime) -> dict[int, list[Reported]]:
    """By organisation, in the order of their numbers.

    What is valid at no moment, since it would begin when its proof has ended, is left out; and what
    was frozen when it was ended: who ended it may be the one from whom it was kept.
    """
    proven = _proven_until(now)
    found: dict[int, list[Reported]] = defaultdict(list)
    recent = now - _STILL_REPORTED
    ended = Q(state=NetworkState.ENDED, valid_to__gt=recent, frozen_reason="")
    rows = Network.objects.filter(
        Q(state=NetworkState.ACTIVE) | ended, organisation__state=OrganisationState.ACTIVE
    ).order_by("pk")
    columns = ("pk", "organisation_id", "kind", "value", as_text("valid_from"), as_text("valid_to"))
    moments = Moments()
    for key, owner, kind, value, begin, over in rows.values_list(*columns):
        end = proven.get(key)
        if end is not None and over is not None and over < end:
            end = over
        if end is None or begin >= end:
            continue
        name = f'"{kind}":{value if kind == NetworkKind.ASN else quoted(value)}'
        valid = f'"valid_from":"{moments[begin]}","valid_to":"{moments[end]}"'
        found[owner].append(Reported(key, kind, name, valid))
    return found


def _proven_until(now: dt.datetime) -> dict[int, str]:
    """The networks with a proof that holds, and until when the longest does."""
    until: dict[int, str] = {}
    # Sorting them by end, or grouping by network, would take the database longer than this.
    proofs = Proof.objects.filter(state=ProofState.VALID, ends_at__gt=now).order_by()
    for network, end in proofs.values_list("network_id", as_text("ends_at")):
        known = until.get(network)
        if known is None or known < end:
            until[network] = end
    return until
