"""Every admin is told of every change, with a link "this was not us"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from tocsin.service.letters.write import write
from tocsin.service.subscribers.changes.steps import Did, Step, to_json
from tocsin.service.subscribers.models import (
    Change,
    Contact,
    ContactRole,
    ContactState,
    Organisation,
    Request,
)
from tocsin.service.subscribers.snapshots.due import snapshot_is_due

NOT_US = "not-us"
"""The purpose of the link by which somebody who was told says that it was not them."""

OBJECT_WITHIN = dt.timedelta(days=30)


def note_change(
    organisation: Organisation,
    by: str,
    steps: Iterable[Step | None],
    now: dt.datetime,
    request: Request | None = None,
) -> Change | None:
    """Keep what was done, and tell the admins; None if nothing was. In the caller's transaction."""
    done = [each for each in steps if each is not None]
    if not done:
        return None
    change = Change.objects.create(
        organisation=organisation,
        request=request,
        by=by,
        lines=[each.line for each in done],
        steps=[to_json(each) for each in done],
        made_at=now,
    )
    for contact in told_of(organisation, done):
        _tell(change, contact, now)
    snapshot_is_due(now)
    return change


def told_of(organisation: Organisation, steps: Sequence[Step]) -> list[Contact]:
    """The admins, and those who were admins until this very change.

    Whoever holds one mailbox could remove the other admins first, and would then be alone to be
    told. Where there is but one admin, the other contacts are told for the same reason.
    """
    contacts = list(organisation.contacts.order_by("pk"))
    ousted = {
        each.row
        for each in steps
        if each.did in (Did.CONTACT_REMOVED, Did.CONTACT_DEMOTED)
        and each.before == {"state": ContactState.ACTIVE, "role": ContactRole.ADMIN}
    }
    told = [each for each in contacts if each.is_admin or each.pk in ousted]
    if len(told) > 1:
        return told
    return [each for each in contacts if each.state == ContactState.ACTIVE or each in told]


def admins_of(organisation: Organisation) -> list[Contact]:
    """Its active admins, those of longest standing first."""
    found = organisation.contacts.filter(state=ContactState.ACTIVE, role=ContactRole.ADMIN)
    return list(found.order_by("since", "pk"))


def reference(change: Change, contact: Contact) -> str:
    """What the link stands for that a contact is mailed of a change."""
    return f"{change.pk}.{contact.pk}"


def _tell(change: Change, contact: Contact, now: dt.datetime) -> None:
    write(
        "change_told",
        contact.address,
        f"change_told {reference(change, contact)}",
        {
            "name": contact.full_name,
            "organisation": change.organisation.name,
            "number": change.pk,
            "by": change.by,
            "at": f"{change.made_at:%Y-%m-%d %H:%M} UTC",
            "lines": change.lines,
            "days": OBJECT_WITHIN.days,
            "not_us": {"link": [NOT_US, reference(change, contact)]},
        },
        now,
        organisation=change.organisation_id,
    )
