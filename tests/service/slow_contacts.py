"""The oracle of the contacts in the snapshot: what it says of them, an object for each thing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.model.address import Network as Prefix
from tocsin.model.address import parse_network
from tocsin.service.subscribers.abuse_contacts.cutting import cut
from tocsin.service.subscribers.abuse_contacts.find import (
    off_among,
    policies,
    proven_networks,
)
from tocsin.service.subscribers.abuse_contacts.policies import Choice, Policy, choices_for
from tocsin.service.subscribers.abuse_contacts.subscriptions import contact_id, list_id
from tocsin.service.subscribers.abuse_contacts.values import ORIGIN_RANK
from tocsin.service.subscribers.in_batches import in_batches
from tocsin.service.subscribers.models import AbuseContact, ContactOrigin, Network
from tocsin.service.subscribers.values import FILTERS, NetworkKind

_KINDS = (NetworkKind.CIDR, NetworkKind.ASN, NetworkKind.DOMAIN)
"""A contact of a whole country is told of nothing by itself: that is what national CERTs are."""

_FROM_THE_BEGINNING = "1970-01-01T00:00:00Z"


@dataclass(slots=True)
class _Told:
    """Whom an organisation of the snapshot stands for, and its networks by kind."""

    name: str
    networks: dict[NetworkKind, list[str]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class _Best:
    """The contacts of one network that count: those of its best origin."""

    rank: int
    addresses: tuple[str, ...]
    name: str
    country: str


def automatic(
    now: dt.datetime, not_yet: Iterable[str] = ()
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Organisations and lists in the form of the lists file; nothing where no policy notifies.

    not_yet: report types that have not joined yet.
    """
    said = policies()
    if not any(each.notify for each in said):
        return [], []
    told: dict[tuple[str, str], _Told] = {}
    chosen: dict[str, tuple[Choice, ...]] = {}
    for kind in _KINDS:
        for networks, best in _left(kind, _best(kind), now):
            if _choices(chosen, said, best.country):
                for address in best.addresses:
                    one = told.setdefault((address, best.country), _Told(best.name))
                    one.networks[kind] += networks
    organisations: list[dict[str, Any]] = []
    lists: list[dict[str, Any]] = []
    for (address, country), one in sorted(told.items()):
        identity = contact_id(address, country)
        organisations.append(_organisation(identity, one))
        lists += _lists(identity, one, chosen[country], tuple(not_yet))
    return organisations, lists


def _choices(
    chosen: dict[str, tuple[Choice, ...]], said: list[Policy], country: str
) -> tuple[Choice, ...]:
    if country not in chosen:
        chosen[country] = choices_for(said, country)
    return chosen[country]


def _best(kind: NetworkKind) -> dict[str, _Best]:
    """By network, without the addresses that are off."""
    best: dict[str, _Best] = {}
    rows = AbuseContact.objects.filter(kind=kind.value).order_by("pk")
    values = rows.values_list("value", "address", "origin", "organisation_name", "country")
    for batch in in_batches(values.iterator(chunk_size=2000), 500):
        off = off_among(row[1] for row in batch)
        for value, address, origin, name, country in batch:
            if address in off:
                continue
            rank = ORIGIN_RANK[ContactOrigin(origin)]
            other = best.get(value)
            if other is None or rank < other.rank:
                best[value] = _Best(rank, (address,), name, country)
            elif rank == other.rank and address not in other.addresses:
                both = (*other.addresses, address)
                best[value] = _Best(rank, both, other.name or name, other.country or country)
    return best


def _left(
    kind: NetworkKind, best: Mapping[str, _Best], now: dt.datetime
) -> Iterator[tuple[list[str], _Best]]:
    held = set(
        Network.objects.filter(proven_networks(now), kind=kind.value).values_list(
            "value", flat=True
        )
    )
    if kind is NetworkKind.CIDR:
        yield from _cut(best, held)
        return
    for value, contacts in best.items():
        if value not in held and not (kind is NetworkKind.DOMAIN and _is_under(value, held)):
            yield [value], contacts


def _cut(best: Mapping[str, _Best], held: set[str]) -> Iterator[tuple[list[str], _Best]]:
    own: dict[Prefix, str] = {parse_network(value): value for value in best}
    left = cut(own, {parse_network(value) for value in held})
    for prefix, pieces in left.items():
        if pieces:
            yield [str(each) for each in pieces], best[own[prefix]]


def _is_under(domain: str, held: set[str]) -> bool:
    labels = domain.split(".")
    return any(".".join(labels[begin:]) in held for begin in range(1, len(labels)))


def _organisation(identity: str, one: _Told) -> dict[str, Any]:
    networks = [
        {kind.value: int(value) if kind is NetworkKind.ASN else value}
        for kind in _KINDS
        for value in sorted(one.networks.get(kind, ()))
    ]
    return {"id": identity, "name": one.name or identity, "kind": "owner", "networks": networks}


def _lists(
    identity: str, one: _Told, choices: tuple[Choice, ...], not_yet: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    for kind in _KINDS:
        for choice in choices if one.networks.get(kind) else ():
            group = choice.least_severity if choice.only is not None else "all"
            said: dict[str, Any] = {
                "id": list_id(identity, kind, group),
                "name": f"{identity}-{group}",
                "organisation": identity,
                "filter": FILTERS[kind].value,
                "least_severity": choice.least_severity,
                "delta": False,
                "valid_from": _FROM_THE_BEGINNING,
            }
            types = _types(choice, not_yet)
            if types:
                said["types"] = types
            yield said


def _types(choice: Choice, not_yet: tuple[str, ...]) -> dict[str, list[str]]:
    if choice.only is not None:
        return {"only": list(choice.only)}
    never = sorted({*choice.never, *not_yet})
    return {"except": never} if never else {}
