"""Taking the steps of a change back.

When somebody objects, only what the change gave is taken away. What it took away is put back by
staff alone: the person who objects may be the one who was removed for a reason, or may want to go
on reading of a network that has been sold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from tocsin.service.accounts.models import User
from tocsin.service.api import keys
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers import people
from tocsin.service.subscribers.changes.steps import GIVES, Did, Step, from_json
from tocsin.service.subscribers.lists import undoing
from tocsin.service.subscribers.models import (
    Change,
    Contact,
    ContactRole,
    ContactState,
    Network,
    NetworkState,
    Recipient,
)
from tocsin.service.subscribers.recipients import keys as recipient_keys
from tocsin.service.subscribers.recipients import membership
from tocsin.service.verification.freezing import freeze_network
from tocsin.service.webhooks import hooks


def take_back(change: Change, actor: Actor, now: dt.datetime) -> None:
    """Take away what the change gave, the last step first."""
    for step in reversed([from_json(each) for each in change.steps]):
        if step.did in GIVES:
            _UNDO[step.did](step, actor, now)


def put_back(change: Change, actor: Actor, now: dt.datetime) -> None:
    """Put back what the change took away or set, the last step first."""
    for step in reversed([from_json(each) for each in change.steps]):
        if step.did not in GIVES and can_be_undone(step):
            _UNDO[step.did](step, actor, now)


def can_be_undone(step: Step) -> bool:
    """Whether there is a way back from it."""
    return step.did in _UNDO


def freeze_networks(change: Change, actor: Actor, now: dt.datetime) -> None:
    """Freeze the networks that the change added."""
    for step in (from_json(each) for each in change.steps):
        if step.did == Did.NETWORK_ADDED:
            _freeze(step, actor, now)


def _freeze(step: Step, actor: Actor, now: dt.datetime) -> None:
    network = Network.objects.get(pk=step.row)
    reason = "Somebody who was told of its adding said that it was not them."
    freeze_network(network, reason, actor, now)


def _revive(step: Step, actor: Actor, now: dt.datetime) -> None:
    network = Network.objects.select_for_update().get(pk=step.row)
    again = Network.objects.filter(
        organisation=network.organisation_id, kind=network.kind, value=network.value
    ).exclude(state=NetworkState.ENDED)
    if network.state == NetworkState.ENDED and not again.exists():
        before = {"state": network.state}
        network.valid_to = None
        network.state = NetworkState(step.before["state"])
        network.save(update_fields=["state", "valid_to"])
        record(
            actor,
            "network.put_back",
            Subject("network", str(network.pk), str(network.network)),
            now,
            organisation=network.organisation_id,
            before=before,
            after={"state": network.state},
        )


def _not_a_contact(step: Step, actor: Actor, now: dt.datetime) -> None:
    contact = Contact.objects.select_for_update().get(pk=step.row)
    if contact.state != ContactState.REMOVED:
        people.take_away(contact, actor, now)


def _not_an_admin(step: Step, actor: Actor, now: dt.datetime) -> None:
    contact = Contact.objects.select_for_update().get(pk=step.row)
    if contact.state != ContactState.REMOVED and contact.role == ContactRole.ADMIN:
        _contact_is(contact, contact.state, ContactRole.MEMBER, actor, now)


def _contact_again(step: Step, actor: Actor, now: dt.datetime) -> None:
    contact = Contact.objects.select_for_update().get(pk=step.row)
    _contact_is(contact, step.before["state"], step.before["role"], actor, now)
    if contact.state == ContactState.ACTIVE:
        contact.account = User.objects.filter(email=contact.address).first()
        contact.save(update_fields=["account"])


def _contact_is(contact: Contact, state: str, role: str, actor: Actor, now: dt.datetime) -> None:
    before = {"state": contact.state, "role": contact.role}
    contact.state, contact.role = state, role
    contact.save(update_fields=["state", "role"])
    record(
        actor,
        "contact.put_back",
        Subject("contact", str(contact.pk), str(contact)),
        now,
        organisation=contact.organisation_id,
        before=before,
        after={"state": state, "role": role},
    )


def _not_a_recipient(step: Step, actor: Actor, now: dt.datetime) -> None:
    membership.remove(Recipient.objects.get(pk=step.row), actor, now)


def _recipient_again(step: Step, actor: Actor, now: dt.datetime) -> None:
    recipient = Recipient.objects.select_for_update().select_related("list").get(pk=step.row)
    before = {"state": recipient.state}
    recipient.state = step.before["state"]
    recipient.save(update_fields=["state"])
    record(
        actor,
        "recipient.put_back",
        Subject("recipient", str(recipient.pk), str(recipient)),
        now,
        organisation=recipient.list.organisation_id,
        before=before,
        after={"state": recipient.state},
    )


_UNDO: Mapping[Did, Callable[[Step, Actor, dt.datetime], None]] = {
    Did.NETWORK_ADDED: _freeze,
    Did.CONTACT_ADDED: _not_a_contact,
    Did.CONTACT_PROMOTED: _not_an_admin,
    Did.RECIPIENT_ADDED: _not_a_recipient,
    Did.LIST_MADE: undoing.end,
    Did.KEY_MADE: keys.take_back,
    Did.OPENPGP_SET: recipient_keys.take_back,
    Did.WEBHOOK_MADE: hooks.take_back,
    Did.NETWORK_ENDED: _revive,
    Did.CONTACT_REMOVED: _contact_again,
    Did.CONTACT_DEMOTED: _contact_again,
    Did.RECIPIENT_REMOVED: _recipient_again,
    Did.PREFERENCE_SET: undoing.put_back,
    Did.LIST_CHANGED: undoing.put_back,
    Did.LIST_ENDED: undoing.go_on,
    Did.OPENPGP_REMOVED: recipient_keys.put_back,
}
"""A network that is only asked for is not here: its request is withdrawn. Nor is a key that was
revoked: another is made."""
