"""Changes that an admin makes in the portal: one change each, done, told, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.changes.changing import why_still
from tocsin.service.subscribers.changes.steps import Step
from tocsin.service.subscribers.changes.telling import note_change
from tocsin.service.subscribers.models import (
    Change,
    Network,
    Organisation,
    OrganisationState,
)


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
