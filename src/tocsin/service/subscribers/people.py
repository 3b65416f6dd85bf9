"""Contacts: how a person comes to speak for an organisation, and stops to.

One outside the organisation's domains waits as a recipient does: whoever may sign in sees what is
reported. `add`, `remove` and `set_role` are acts (see `acts.py`).
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.accounts.models import User, canonical_address
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.write import write
from tocsin.service.subscribers.changes.steps import Did, Step
from tocsin.service.subscribers.models import (
    Contact,
    ContactRole,
    ContactState,
    Organisation,
    OrganisationState,
)
from tocsin.service.subscribers.recipients.address_health import heard_from
from tocsin.service.subscribers.recipients.membership import waiting_time
from tocsin.service.work.queue import enqueue
from tocsin.service.work.worker import Payload, inner_only

CONFIRM = "confirm-contact"
"""The purpose of the link by which a new contact confirms the address."""

ACTIVATE = "activate_contact"


def add(
    organisation: Organisation,
    address: str,
    full_name: str,
    role: ContactRole,
    actor: Actor,
    now: dt.datetime,
) -> Step | None:
    """Make somebody a contact, who is asked to confirm; None if they are one already."""
    address = canonical_address(address)
    contact = organisation.contacts.select_for_update().filter(address=address).first()
    if contact is not None and contact.state != ContactState.REMOVED:
        return None
    contact = contact or Contact(organisation=organisation, address=address)
    contact.full_name = full_name
    contact.role = role
    contact.state = ContactState.UNCONFIRMED
    contact.active_from = now + waiting_time(organisation, address)
    contact.since = now
    contact.round += 1
    contact.save()
    _note(contact, "contact.added", actor, now)
    _ask_to_confirm(contact, actor, now)
    line = f"contact {contact} added as {contact.get_role_display()}, once confirmed"
    if contact.active_from > now:
        line += f", not before {contact.active_from:%Y-%m-%d %H:%M} UTC"
    return Step(Did.CONTACT_ADDED, contact.pk, line)


def remove(contact: Contact, actor: Actor, now: dt.datetime) -> Step | None:
    """They speak for it no more; None if they did not. UsageError for the last admin."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    if contact.state == ContactState.REMOVED:
        return None
    _keep_an_admin(contact)
    before = {"state": contact.state, "role": contact.role}
    take_away(contact, actor, now)
    return Step(Did.CONTACT_REMOVED, contact.pk, f"contact {contact} removed", before)


def take_away(contact: Contact, actor: Actor, now: dt.datetime) -> None:
    """Remove without asking whether an admin is left."""
    before = {"state": contact.state, "role": contact.role}
    contact.state = ContactState.REMOVED
    contact.account = None
    contact.round += 1
    contact.save(update_fields=["state", "account", "round"])
    _note(contact, "contact.removed", actor, now, before)


def set_role(contact: Contact, role: ContactRole, actor: Actor, now: dt.datetime) -> Step | None:
    """Change what they may do; None if it is so already. UsageError for the last admin."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    if contact.state == ContactState.REMOVED or contact.role == role:
        return None
    if role != ContactRole.ADMIN:
        _keep_an_admin(contact)
    before = {"state": contact.state, "role": contact.role}
    contact.role = role
    contact.save(update_fields=["role"])
    _note(contact, "contact.role", actor, now, before)
    did = Did.CONTACT_PROMOTED if role == ContactRole.ADMIN else Did.CONTACT_DEMOTED
    line = f"contact {contact} is {contact.get_role_display()} now"
    return Step(did, contact.pk, line, before)


def reference(contact: Contact) -> str:
    """What the links that are mailed to a contact stand for."""
    return f"{contact.pk}.{contact.round}"


@transaction.atomic
def confirm(contact: Contact, now: dt.datetime) -> bool:
    """The new contact confirms; False if that was not awaited, or the feed is frozen."""
    organisation = Organisation.objects.select_for_update().get(pk=contact.organisation_id)
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    if contact.state != ContactState.UNCONFIRMED or organisation.state != OrganisationState.ACTIVE:
        return False
    heard_from(contact.address, now)
    if contact.active_from is not None and contact.active_from > now:
        contact.state = ContactState.WAITING
        contact.save(update_fields=["state"])
        _note(contact, "contact.confirmed", Actor.person(contact.address), now)
        activate_later(contact, now)
        return True
    _note(contact, "contact.confirmed", Actor.person(contact.address), now)
    make_active(contact, Actor.person(contact.address), now)
    return True


def activate_later(contact: Contact, now: dt.datetime) -> None:
    """Let them in when their time has come."""
    due = contact.active_from or now
    key = f"{reference(contact)} {due.isoformat()}"
    enqueue(ACTIVATE, key, {"contact": contact.pk, "round": contact.round}, now, due)


def make_active(contact: Contact, actor: Actor, now: dt.datetime) -> None:
    """They may sign in; the account is made if there is none."""
    contact.state = ContactState.ACTIVE
    known = User.objects.filter(email=contact.address).first()
    contact.account = known or User.objects.create_user(contact.address)
    contact.save(update_fields=["state", "account"])
    _note(contact, "contact.active", actor, now)


def _activate(payload: Payload, now: dt.datetime) -> None:
    contact = Contact.objects.select_related("organisation").get(pk=payload["contact"])
    organisation = Organisation.objects.select_for_update().get(pk=contact.organisation_id)
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    waits = contact.state == ContactState.WAITING and contact.round == payload["round"]
    early = contact.active_from is not None and contact.active_from > now
    # Of a frozen organisation nobody is let in; when it is no longer frozen the wait begins anew.
    if waits and not early and organisation.state == OrganisationState.ACTIVE:
        make_active(contact, Actor.system("contacts"), now)


ACTIVATING = inner_only(_activate)


def _keep_an_admin(contact: Contact) -> None:
    others = Contact.objects.filter(
        organisation=contact.organisation_id, role=ContactRole.ADMIN, state=ContactState.ACTIVE
    ).exclude(pk=contact.pk)
    if contact.is_admin and not others.exists():
        raise UsageError(
            f"{contact.full_name} is the last one who may change the feed",
            where="people",
            todo="let another admin be there first",
        )


def _ask_to_confirm(contact: Contact, actor: Actor, now: dt.datetime) -> None:
    write(
        "contact_confirm",
        contact.address,
        f"contact_confirm {reference(contact)}",
        {
            "name": contact.full_name,
            "organisation": contact.organisation.name,
            "by": actor.name,
            "role": contact.get_role_display(),
            "is_admin": contact.role == ContactRole.ADMIN,
            "from": _later(contact, now),
            "confirm": {"link": [CONFIRM, reference(contact)]},
        },
        now,
        organisation=contact.organisation_id,
    )


def _later(contact: Contact, now: dt.datetime) -> str:
    if contact.active_from is None or contact.active_from <= now:
        return ""
    return f"{contact.active_from:%Y-%m-%d %H:%M} UTC"


def _note(
    contact: Contact,
    verb: str,
    actor: Actor,
    now: dt.datetime,
    before: dict[str, str] | None = None,
) -> None:
    record(
        actor,
        verb,
        Subject("contact", str(contact.pk), str(contact)),
        now,
        organisation=contact.organisation_id,
        before=before,
        after={"state": contact.state, "role": contact.role, "address": contact.address},
    )
