"""Changes that an admin makes in the portal: one change each, done, told, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.changing import why_still
from tocsin.service.subscribers.models import (
    Change,
    Network,
    Organisation,
    OrganisationState,
    Recipient,
    RecipientState,
)
from tocsin.service.subscribers.recipients import ask_to_confirm
from tocsin.service.subscribers.steps import Step
from tocsin.service.subscribers.telling import note_change

_MOST_ASKED = 5
"""How often an address is asked to confirm, so that nobody is mailed again and again."""


@transaction.atomic
def make_change(
    organisation: Organisation,
    actor: Actor,
    do: Callable[[], Iterable[Step | None]],
    now: dt.datetime,
) -> Change | None:
    """Do what `do` does as one change, and tell the admins; None if it changed nothing.

    UsageError if the organisation is not active, or as the acts say; nothing is done then.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if organisation.state != OrganisationState.ACTIVE:
        raise UsageError(why_still(organisation), where=organisation.name)
    return note_change(organisation, actor.name, do(), now)


@transaction.atomic
def set_label(network: Network, label: str, actor: Actor, now: dt.datetime) -> None:
    """What the organisation calls a network; it changes no report, and nobody is told."""
    network = Network.objects.select_for_update().get(pk=network.pk)
    if network.label == label:
        return
    before = {"label": network.label}
    network.label = label
    network.save(update_fields=["label"])
    record(
        actor,
        "network.label",
        Subject("network", str(network.pk), str(network.network)),
        now,
        organisation=network.organisation_id,
        before=before,
        after={"label": label},
    )


@transaction.atomic
def ask_again(recipient: Recipient, actor: Actor, now: dt.datetime) -> bool:
    """Ask an address once more to confirm; the link of before is void. False if not awaited."""
    recipient = (
        Recipient.objects.select_for_update().select_related("list__organisation")
        .get(pk=recipient.pk)
    )  # fmt: skip
    if recipient.state != RecipientState.UNCONFIRMED or recipient.round >= _MOST_ASKED:
        return False
    recipient.round += 1
    recipient.save(update_fields=["round"])
    ask_to_confirm(recipient, now)
    record(
        actor,
        "recipient.asked_again",
        Subject("recipient", str(recipient.pk), str(recipient)),
        now,
        organisation=recipient.list.organisation_id,
    )
    return True
