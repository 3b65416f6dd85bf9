"""Looking contacts, owners and national CERTs of a network up in the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q

from tocsin.service.subscribers.abuse_contacts.chain import Holder, Step, chain_for
from tocsin.service.subscribers.abuse_contacts.policies import Policy
from tocsin.service.subscribers.abuse_contacts.values import Asked, ContactValue
from tocsin.service.subscribers.models import (
    AbuseContact,
    ContactOrigin,
    ContactPolicy,
    ListMode,
    Network,
    NetworkState,
    OrganisationState,
    ProofState,
    Recipient,
)
from tocsin.service.subscribers.recipients.membership import SENT_TO
from tocsin.service.subscribers.values import FILTERS, NetworkKind, NetworkValue


def value_of(contact: AbuseContact) -> ContactValue:
    """A contact as a value."""
    return ContactValue(
        contact.network,
        contact.address,
        ContactOrigin(contact.origin),
        contact.organisation_name,
        contact.country,
        is_off=is_off(contact),
    )


def is_off(contact: AbuseContact) -> bool:
    """Whether it is not to be told."""
    return contact.disabled_at is not None or contact.opted_out_at is not None


OFF = Q(disabled_at__isnull=False) | Q(opted_out_at__isnull=False)
"""As `is_off`, for the database."""


def held_for(asked: Asked) -> list[ContactValue]:
    """All contacts of networks that cover it; off if the address is off for any network."""
    found = list(AbuseContact.objects.filter(_any_of(asked.networks())))
    off = off_among(each.address for each in found)
    return [
        ContactValue(
            each.network,
            each.address,
            ContactOrigin(each.origin),
            each.organisation_name,
            each.country,
            is_off=each.address in off,
        )
        for each in found
    ]


def off_among(addresses: Iterable[str]) -> set[str]:
    """Those of the addresses that are disabled, or have opted out, for any network."""
    asked = set(addresses)
    if not asked:
        return set()
    known = AbuseContact.objects.filter(OFF, address__in=asked)
    return set(known.values_list("address", flat=True))


def all_off() -> set[str]:
    """All addresses that are disabled, or have opted out, for any network."""
    return set(AbuseContact.objects.filter(OFF).order_by().values_list("address", flat=True))


def chain_of(asked: Asked, now: dt.datetime) -> tuple[Step, ...]:
    """Who is told of it at that moment, and who would be next, each with its reason."""
    owned = [each for each in asked.networks() if each.kind is not NetworkKind.COUNTRY]
    country = [NetworkValue(NetworkKind.COUNTRY, asked.country)] if asked.country else []
    return chain_for(asked, _holders(owned, now), held_for(asked), _holders(country, now))


def policies() -> list[Policy]:
    """All policies."""
    return [
        Policy(
            each.country,
            each.report_type,
            each.notify,
            each.cc,
            each.least_severity,
            each.most_per_day,
            each.language,
        )
        for each in ContactPolicy.objects.order_by("country", "report_type")
    ]


def proven_networks(now: dt.datetime) -> Q:
    """Networks that are reported of: active, proven, of an organisation that is active."""
    return Q(
        state=NetworkState.ACTIVE,
        organisation__state=OrganisationState.ACTIVE,
        proofs__state=ProofState.VALID,
        proofs__ends_at__gt=now,
    ) & (Q(valid_to=None) | Q(valid_to__gt=now))


def _holders(networks: list[NetworkValue], now: dt.datetime) -> list[Holder]:
    if not networks:
        return []
    rank = {each: number for number, each in enumerate(networks)}
    found = (
        Network.objects.filter(_any_of(networks))
        .filter(proven_networks(now))
        .select_related("organisation")
        .distinct()
    )
    nearest = sorted(found, key=lambda each: (rank[each.network], each.pk))
    return [
        Holder(each.organisation.name, each.network, _recipients(each, now)) for each in nearest
    ]


def _recipients(network: Network, now: dt.datetime) -> tuple[str, ...]:
    lists = network.organisation.lists.filter(
        Q(all_networks=True) | Q(networks=network),
        Q(valid_to=None) | Q(valid_to__gt=now),
        filter=FILTERS[network.network.kind].value,
        mode=ListMode.LIVE,
    )
    sent = Recipient.objects.filter(list__in=lists, state__in=SENT_TO, active_from__lte=now)
    return tuple(sorted(set(sent.values_list("address", flat=True))))


def _any_of(networks: Iterable[NetworkValue]) -> Q:
    by_kind: dict[str, list[str]] = {}
    for each in networks:
        by_kind.setdefault(each.kind.value, []).append(each.value)
    found = Q(pk__in=())
    for kind, values in by_kind.items():
        found |= Q(kind=kind, value__in=values)
    return found
