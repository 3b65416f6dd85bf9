"""Which addresses nothing is sent to, since mail does not reach them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from tocsin.service.subscribers.models import AddressHealth, Health


def is_dead(field: str = "address") -> Exists:
    """A condition for a query: the address in that field is dead."""
    return Exists(AddressHealth.objects.filter(address=OuterRef(field), state=Health.DEAD))


def dead_among(addresses: Iterable[str]) -> set[str]:
    """Which of them are dead."""
    known = AddressHealth.objects.filter(address__in=set(addresses), state=Health.DEAD)
    return set(known.values_list("address", flat=True))
