"""Staff stop an organisation or a network, let it go on, or close it."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from importlib.util import find_spec

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.accounts.models import User
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import (
    ListMode,
    MailingList,
    Network,
    NetworkState,
    Organisation,
    OrganisationState,
)

_FREEZING = "tocsin.service.subscribers.freezing"


@transaction.atomic
def freeze_organisation(
    organisation: Organisation, reason: str, reviewer: User, now: dt.datetime
) -> bool:
    """Nothing is sent, nothing changed, until it is let go on; False if it was not active."""
    organisation = _locked(organisation)
    if organisation.state != OrganisationState.ACTIVE:
        return False
    _set(organisation, OrganisationState.FROZEN, _reason(reason), reviewer, now)
    return True


@transaction.atomic
def unfreeze_organisation(
    organisation: Organisation, reason: str, reviewer: User, now: dt.datetime
) -> bool:
    """Let it go on; False if it was not frozen. What else that takes is told in freezing.py."""
    organisation = _locked(organisation)
    if organisation.state != OrganisationState.FROZEN:
        return False
    if find_spec(_FREEZING) is not None:
        import_module(_FREEZING).unfreeze(organisation, reviewer, _reason(reason), now)
        return True
    _set(organisation, OrganisationState.ACTIVE, _reason(reason), reviewer, now)
    return True


@transaction.atomic
def close_organisation(
    organisation: Organisation, reason: str, reviewer: User, now: dt.datetime
) -> bool:
    """End its networks and lists, for good; False if it is closed already.

    Its rows stay: reports that were sent, and the audit, speak of them.
    """
    organisation = _locked(organisation)
    if organisation.state == OrganisationState.CLOSED:
        return False
    why = _reason(reason)
    for network in organisation.networks.exclude(state=NetworkState.ENDED):
        network.valid_to = now
        _set_network(network, NetworkState.ENDED, why, reviewer, now)
    for mailing_list in MailingList.objects.filter(organisation=organisation, valid_to=None):
        mailing_list.valid_to = now
        mailing_list.mode = ListMode.SHADOW
        mailing_list.save(update_fields=["valid_to", "mode"])
        _note(mailing_list, "list.ended", organisation, reviewer, now, {}, {"valid_to": str(now)})
    _set(organisation, OrganisationState.CLOSED, why, reviewer, now)
    return True


@transaction.atomic
def freeze_network(network: Network, reason: str, reviewer: User, now: dt.datetime) -> bool:
    """Report nothing of it; False if it was not active."""
    network = Network.objects.select_for_update().get(pk=network.pk)
    if network.state != NetworkState.ACTIVE:
        return False
    _set_network(network, NetworkState.FROZEN, _reason(reason), reviewer, now)
    return True


@transaction.atomic
def unfreeze_network(network: Network, reason: str, reviewer: User, now: dt.datetime) -> bool:
    """Report of it again; False if it was not frozen."""
    network = Network.objects.select_for_update().get(pk=network.pk)
    if network.state != NetworkState.FROZEN:
        return False
    _set_network(network, NetworkState.ACTIVE, _reason(reason), reviewer, now)
    return True


def _locked(organisation: Organisation) -> Organisation:
    return Organisation.objects.select_for_update().get(pk=organisation.pk)


def _reason(said: str) -> str:
    if not said.strip():
        raise UsageError("a decision without a reason", where="staff", todo="say why")
    return said.strip()


def _set(
    organisation: Organisation,
    state: OrganisationState,
    reason: str,
    reviewer: User,
    now: dt.datetime,
) -> None:
    before = {"state": organisation.state, "reason": organisation.frozen_reason}
    organisation.state = state
    organisation.frozen_reason = "" if state == OrganisationState.ACTIVE else reason
    organisation.save(update_fields=["state", "frozen_reason"])
    verb = "unfrozen" if state == OrganisationState.ACTIVE else state.value
    after = {"state": state.value, "reason": reason}
    _note(organisation, f"organisation.{verb}", organisation, reviewer, now, before, after)


def _set_network(
    network: Network, state: NetworkState, reason: str, reviewer: User, now: dt.datetime
) -> None:
    before = {"state": network.state, "reason": network.frozen_reason}
    network.state = state
    network.frozen_reason = "" if state == NetworkState.ACTIVE else reason
    network.save(update_fields=["state", "frozen_reason", "valid_to"])
    verb = "unfrozen" if state == NetworkState.ACTIVE else state.value
    after = {"state": state.value, "reason": reason}
    _note(network, f"network.{verb}", network.organisation, reviewer, now, before, after)


def _note(
    subject: Organisation | Network | MailingList,
    verb: str,
    organisation: Organisation,
    reviewer: User,
    now: dt.datetime,
    before: dict[str, str],
    after: dict[str, str],
) -> None:
    record(
        Actor(ActorKind.STAFF, reviewer.email),
        verb,
        Subject(type(subject).__name__.lower(), str(subject.pk), str(subject)),
        now,
        organisation=organisation.pk,
        before=before,
        after=after,
    )
