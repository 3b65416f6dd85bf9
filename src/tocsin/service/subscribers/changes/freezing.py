"""Somebody says "this was not us": the feed stands still until staff have looked at it."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.write import write
from tocsin.service.subscribers import people
from tocsin.service.subscribers.changes.steps import GIVES, from_json
from tocsin.service.subscribers.changes.telling import OBJECT_WITHIN
from tocsin.service.subscribers.changes.undoing import (
    can_be_undone,
    freeze_networks,
    put_back,
    take_back,
)
from tocsin.service.subscribers.models import (
    Change,
    ChangeState,
    Contact,
    ContactState,
    Network,
    Organisation,
    OrganisationState,
    Recipient,
    RecipientState,
    Request,
    RequestKind,
    RequestState,
)
from tocsin.service.subscribers.recipients.membership import waiting_time
from tocsin.service.subscribers.snapshots.due import snapshot_is_due
from tocsin.service.verification.freezing import unfreeze_network

_MOST_RESTORABLE = 50


def may_object(change: Change, now: dt.datetime) -> bool:
    """Whether the link of a change still does something: once, and for some time."""
    return change.state == ChangeState.DONE and now < change.made_at + OBJECT_WITHIN


@transaction.atomic
def not_us(change: Change, contact: Contact, now: dt.datetime) -> bool:
    """Freeze the feed, since somebody who was told says so; False if the link is used up.

    If the change was the last one, what it gave is taken away. Otherwise it is left as it is, for
    staff: later changes may rest on it. Networks that it added are frozen in either case.
    """
    organisation = Organisation.objects.select_for_update().get(pk=change.organisation_id)
    change = Change.objects.select_for_update().get(pk=change.pk)
    if not may_object(change, now) or contact.organisation_id != organisation.pk:
        return False
    if _has_been_heard(contact):
        return False
    actor = Actor.person(contact.address)
    is_last = not Change.objects.filter(organisation=organisation, pk__gt=change.pk).exists()
    if is_last:
        take_back(change, actor, now)
    freeze_networks(change, actor, now)
    _stop_requests(organisation, change, actor, now)
    change.state = ChangeState.OBJECTED
    change.objected_by = contact.address
    change.objected_at = now
    change.taken_back = is_last
    change.save(update_fields=["state", "objected_by", "objected_at", "taken_back"])
    _freeze(organisation, change, actor, now)
    return True


def _has_been_heard(contact: Contact) -> bool:
    """Whether staff have looked at the word of somebody who has gone: it freezes once, not with
    each letter that they still have."""
    heard = Change.objects.filter(
        organisation=contact.organisation_id,
        objected_by=contact.address,
        state=ChangeState.SETTLED,
    )
    return contact.state != ContactState.ACTIVE and heard.exists()


@transaction.atomic
def unfreeze(
    organisation: Organisation,
    reviewer: User,
    note: str,
    now: dt.datetime,
    *,
    restore: tuple[int, ...] = (),
    networks: tuple[int, ...] = (),
) -> None:
    """Staff let the feed go on. UsageError if it is not frozen, or without a note.

    restore: changes (their numbers) of which what they took away is put back. networks: frozen
    networks (their numbers) that are reported again. Whoever waited begins to wait anew: the time
    is there for somebody to object in.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if organisation.state != OrganisationState.FROZEN:
        raise UsageError(
            f"{organisation} is not frozen",
            where="organisation",
            todo="look at it once more: somebody else may have decided it",
        )
    if not note.strip():
        raise UsageError("no reason is given", where=str(organisation), todo="say what was found")
    actor = Actor(ActorKind.STAFF, reviewer.email)
    for change in Change.objects.filter(organisation=organisation, pk__in=restore).order_by("-pk"):
        if change.state == ChangeState.SETTLED:
            continue
        put_back(change, actor, now)
        change.state = ChangeState.SETTLED
        change.save(update_fields=["state"])
    for network in Network.objects.filter(organisation=organisation, pk__in=networks):
        unfreeze_network(network, actor, note, now)
    _wait_anew(organisation, now)
    Change.objects.filter(organisation=organisation, state=ChangeState.OBJECTED).update(
        state=ChangeState.SETTLED
    )
    set_state(organisation, OrganisationState.ACTIVE, "", actor, now, note)
    for contact in organisation.contacts.filter(state=ContactState.ACTIVE, role="admin"):
        _write_to(contact, "change_unfrozen", organisation, f"{now.isoformat()}", {}, now)


def _freeze(organisation: Organisation, change: Change, actor: Actor, now: dt.datetime) -> None:
    if organisation.state == OrganisationState.ACTIVE:
        reason = (
            f"{actor.name} says of a change of {change.made_at:%Y-%m-%d %H:%M} UTC by {change.by} "
            "that it was not them."
        )
        set_state(organisation, OrganisationState.FROZEN, reason, actor, now)
    context = {
        "by": change.by,
        "at": f"{change.made_at:%Y-%m-%d %H:%M} UTC",
        "objector": actor.name,
        "lines": change.lines,
        "taken_back": change.taken_back,
    }
    for contact in organisation.contacts.filter(state=ContactState.ACTIVE, role="admin"):
        _write_to(contact, "change_frozen", organisation, str(change.pk), context, now)
    staff = User.objects.filter(
        is_active=True, staff_role__in=(StaffRole.REVIEWER, StaffRole.ADMIN)
    )
    for user in staff.order_by("pk"):
        write(
            "staff_frozen",
            user.email,
            f"staff_frozen {change.pk} {user.pk}",
            {**context, "organisation": organisation.name, "slug": organisation.slug},
            now,
        )


def _write_to(
    contact: Contact,
    text: str,
    organisation: Organisation,
    key: str,
    context: dict[str, object],
    now: dt.datetime,
) -> None:
    write(
        text,
        contact.address,
        f"{text} {key} {contact.pk}",
        {**context, "name": contact.full_name, "organisation": organisation.name},
        now,
        organisation=organisation.pk,
    )


def restorable(organisation: Organisation, now: dt.datetime) -> list[tuple[Change, list[str]]]:
    """Changes of late that took something away or set something, and what; the newest first."""
    late = organisation.changes.exclude(state=ChangeState.SETTLED)
    found = []
    for change in late.filter(made_at__gt=now - OBJECT_WITHIN).order_by("-pk")[:_MOST_RESTORABLE]:
        steps = [from_json(each) for each in change.steps]
        lines = [each.line for each in steps if each.did not in GIVES and can_be_undone(each)]
        if lines:
            found.append((change, lines))
    return found


def set_state(
    organisation: Organisation,
    state: OrganisationState,
    reason: str,
    actor: Actor,
    now: dt.datetime,
    note: str = "",
) -> None:
    """An organisation, locked by the caller, is in another state: its row, the audit, the feed."""
    before = {"state": organisation.state}
    organisation.state = state
    organisation.frozen_reason = reason
    organisation.frozen_at = now if state == OrganisationState.FROZEN else None
    organisation.save(update_fields=["state", "frozen_reason", "frozen_at"])
    verb = "unfrozen" if state == OrganisationState.ACTIVE else state.value
    record(
        actor,
        f"organisation.{verb}",
        Subject("organisation", str(organisation.pk), organisation.name),
        now,
        organisation=organisation.pk,
        before=before,
        after={"state": state, "reason": reason},
        note=note,
    )
    snapshot_is_due(now)


def _stop_requests(
    organisation: Organisation, change: Change, actor: Actor, now: dt.datetime
) -> None:
    """Drafts are void, and so is what that very change asked for; the rest is held for staff."""
    drafts = (RequestState.ASKED, RequestState.UNCONFIRMED)
    requests = Request.objects.select_for_update().filter(
        organisation=organisation, kind=RequestKind.CHANGE
    )
    for request in requests.filter(state__in=RequestState.open_ones()).order_by("pk"):
        if request.state not in drafts and request.pk != change.request_id:
            continue
        before = {"state": request.state}
        request.state = RequestState.WITHDRAWN
        request.decided_at = now
        request.decision = "The feed was frozen: somebody said that a change was not theirs."
        request.round += 1
        request.save(update_fields=["state", "decided_at", "decision", "round"])
        record(
            actor,
            "request.withdrawn",
            Subject("request", str(request.pk), request.organisation_name),
            now,
            request=request.pk,
            organisation=organisation.pk,
            before=before,
            after={"state": request.state},
        )


def _wait_anew(organisation: Organisation, now: dt.datetime) -> None:
    frozen_at = organisation.frozen_at or now
    waiting = Recipient.objects.filter(
        list__organisation=organisation,
        state__in=(RecipientState.UNCONFIRMED, RecipientState.WAITING),
        active_from__gt=frozen_at,
    )
    for recipient in waiting:
        recipient.active_from = now + waiting_time(organisation, recipient.address)
        recipient.save(update_fields=["active_from"])
    contacts = organisation.contacts.filter(
        state__in=(ContactState.UNCONFIRMED, ContactState.WAITING)
    )
    for contact in contacts:
        contact.active_from = now + waiting_time(organisation, contact.address)
        contact.save(update_fields=["active_from"])
        if contact.state == ContactState.WAITING:
            people.activate_later(contact, now)
