"""How old the comparison with the registries is: their budgets may not suffice for a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min, Q

from tocsin.service.subscribers.models import Network, NetworkState
from tocsin.service.subscribers.values import NetworkKind

_LATE = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Compared:
    """Of the active networks that a registry knows: the oldest comparison, how many were compared
    longer than two days ago, and how many never."""

    networks: int
    oldest: dt.datetime | None
    late: int
    never: int


def compared(now: dt.datetime) -> Compared:
    """See `Compared`; one statement."""
    networks = Network.objects.filter(state=NetworkState.ACTIVE).exclude(kind=NetworkKind.COUNTRY)
    return Compared(
        **networks.order_by().aggregate(
            networks=Count("pk"),
            oldest=Min("looked_up_at"),
            late=Count("pk", filter=Q(looked_up_at__lt=now - _LATE)),
            never=Count("pk", filter=Q(looked_up_at__isnull=True)),
        )
    )
