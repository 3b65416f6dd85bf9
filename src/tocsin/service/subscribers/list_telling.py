"""Telling the admins of an organisation what was changed for it, and by whom."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from tocsin.service.audit.record import Actor
from tocsin.service.letters.write import write
from tocsin.service.subscribers.models import Contact, ContactRole, ContactState, Organisation


def admins_of(organisation: Organisation) -> list[str]:
    """The addresses of those who may change its feed."""
    admins = Contact.objects.filter(
        organisation=organisation, role=ContactRole.ADMIN, state=ContactState.ACTIVE
    )
    return list(admins.order_by("address").values_list("address", flat=True))


def tell_admins(
    organisation: Organisation, actor: Actor, what: str, lines: Sequence[str], now: dt.datetime
) -> None:
    """One letter to each admin, in the caller's transaction; the same change is told once."""
    said = "\n".join([str(organisation.pk), actor.name, now.isoformat(), what, *lines])
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    for address in admins_of(organisation):
        write(
            "list_changed",
            address,
            f"list_changed {digest} {address}",
            {
                "organisation": organisation.name,
                "what": what,
                "lines": list(lines),
                "by": actor.name,
                "at": now.strftime("%Y-%m-%d %H:%M"),
            },
            now,
            organisation=organisation.pk,
        )
