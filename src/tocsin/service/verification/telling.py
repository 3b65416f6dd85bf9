"""Telling people of what happens to a network: the admins of its organisation, and staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from tocsin.service.letters.staff import write_to_staff
from tocsin.service.letters.write import write
from tocsin.service.subscribers.changes.telling import admins_of
from tocsin.service.subscribers.models import Organisation, Recipient
from tocsin.service.subscribers.recipients.membership import SENT_TO

_MOST_SHOWN = 20


def addresses_of_lists(organisation: int) -> list[str]:
    """The addresses that its reports go to, at most so many as a letter can show."""
    found = Recipient.objects.filter(list__organisation=organisation, state__in=SENT_TO)
    return sorted(set(found.values_list("address", flat=True)))[:_MOST_SHOWN]


def tell_admins(
    organisation: Organisation,
    text: str,
    key: str,
    context: Mapping[str, object],
    now: dt.datetime,
) -> None:
    """Write to each admin; `key` is made one letter per address."""
    for contact in admins_of(organisation):
        write(
            text,
            contact.address,
            f"{key} {contact.pk}",
            {"name": contact.full_name, "organisation": organisation.name, **context},
            now,
            organisation=organisation.pk,
        )


def tell_staff(text: str, key: str, context: Mapping[str, object], now: dt.datetime) -> None:
    """Write to the address of the staff, if the installation has one."""
    write_to_staff(text, key, context, now)
