"""Staff stop an organisation, or close it; letting it go on is in freezing.py."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.accounts.models import User
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.changes.acts import end_network
from tocsin.service.subscribers.changes.freezing import set_state
from tocsin.service.subscribers.lists.ending import end_now
from tocsin.service.subscribers.models import NetworkState, Organisation, OrganisationState


@transaction.atomic
def freeze_organisation(
    organisation: Organisation, reason: str, reviewer: User, now: dt.datetime
) -> bool:
    """Nothing is sent, nothing changed, until it is let go on; False if it was not active."""
    organisation = _locked(organisation)
    if organisation.state != OrganisationState.ACTIVE:
        return False
    set_state(organisation, OrganisationState.FROZEN, _reason(reason), _staff(reviewer), now)
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
    why, actor = _reason(reason), _staff(reviewer)
    for network in organisation.networks.exclude(state=NetworkState.ENDED):
        end_network(network, actor, now)
    for mailing_list in organisation.lists.filter(valid_to=None):
        end_now(mailing_list, actor, now)
    set_state(organisation, OrganisationState.CLOSED, why, actor, now)
    return True


def _locked(organisation: Organisation) -> Organisation:
    return Organisation.objects.select_for_update().get(pk=organisation.pk)


def _staff(reviewer: User) -> Actor:
    return Actor(ActorKind.STAFF, reviewer.email)


def _reason(said: str) -> str:
    if not said.strip():
        raise UsageError("a decision without a reason", where="staff", todo="say why")
    return said.strip()
