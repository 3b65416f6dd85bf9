"""Single acts on a feed: each does one thing, leaves its audit line, and gives back its step.

They are called in the transaction of a change, which holds the row of the organisation locked.
"""

from __future__ import annotations

import datetime as dt

from tocsin.model.errors import UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.changes.steps import Did, Step
from tocsin.service.subscribers.lists.preference_values import preference
from tocsin.service.subscribers.models import (
    MailingList,
    Network,
    NetworkState,
    Recipient,
    RecipientKind,
    RecipientState,
)
from tocsin.service.subscribers.recipients import membership


def end_network(network: Network, actor: Actor, now: dt.datetime) -> Step | None:
    """Nothing is reported of it from now on; None if it had ended already."""
    network = Network.objects.select_for_update().get(pk=network.pk)
    if network.state == NetworkState.ENDED:
        return None
    before = {"state": network.state}
    network.state = NetworkState.ENDED
    network.valid_to = now
    network.save(update_fields=["state", "valid_to"])
    record(
        actor,
        "network.ended",
        Subject("network", str(network.pk), str(network.network)),
        now,
        organisation=network.organisation_id,
        before=before,
        after={"state": network.state, "valid_to": now.isoformat()},
    )
    line = f"network {network.network} removed: nothing is reported of it any more"
    return Step(Did.NETWORK_ENDED, network.pk, line, before)


def add_recipient(
    mailing_list: MailingList,
    address: str,
    kind: RecipientKind,
    actor: Actor,
    now: dt.datetime,
) -> Step | None:
    """Put an address on a list; None if it is on it."""
    known = mailing_list.recipients.filter(address=address).first()
    if known is not None and known.state not in (RecipientState.LEFT, RecipientState.REMOVED):
        return None
    recipient = membership.add_recipient(mailing_list, address, kind, actor, now)
    line = f"recipient {recipient.address} added to list {mailing_list}"
    if kind == RecipientKind.PERSON:
        line += ", once the address has been confirmed"
    if recipient.active_from > now:
        line += f", not before {recipient.active_from:%Y-%m-%d %H:%M} UTC"
    return Step(Did.RECIPIENT_ADDED, recipient.pk, line)


def remove_recipient(
    recipient: Recipient, actor: Actor, now: dt.datetime, *, sure: bool = False
) -> Step | None:
    """Take an address off a list; None if it is not on it.

    UsageError if nobody would be left to send to, unless the caller is sure of that.
    """
    recipient = Recipient.objects.select_for_update().select_related("list").get(pk=recipient.pk)
    if recipient.state in (RecipientState.LEFT, RecipientState.REMOVED):
        return None
    if membership.is_last(recipient) and not sure:
        raise UsageError(
            f"{recipient.address} is the last one that list {recipient.list} is sent to",
            where="recipients",
            todo="add another one first, or say that you are sure",
        )
    before = {"state": recipient.state}
    membership.remove(recipient, actor, now)
    line = f"recipient {recipient.address} removed from list {recipient.list}"
    return Step(Did.RECIPIENT_REMOVED, recipient.pk, line, before)


def set_preference(
    mailing_list: MailingList, name: str, said: str, actor: Actor, now: dt.datetime
) -> Step | None:
    """Set one preference of a list; None if it is so already. ValueError as `preference`."""
    value = preference(name, said)
    mailing_list = MailingList.objects.select_for_update().get(pk=mailing_list.pk)
    before = {name: getattr(mailing_list, name)}
    if before[name] == value:
        return None
    setattr(mailing_list, name, value)
    mailing_list.save(update_fields=[name])
    record(
        actor,
        "list.preference",
        Subject("list", str(mailing_list.pk), str(mailing_list)),
        now,
        organisation=mailing_list.organisation_id,
        before=before,
        after={name: value},
    )
    line = f"list {mailing_list}: {name.replace('_', ' ')} is {said.strip().casefold()} now"
    return Step(Did.PREFERENCE_SET, mailing_list.pk, line, before)
