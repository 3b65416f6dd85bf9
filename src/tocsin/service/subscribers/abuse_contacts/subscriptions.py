"""What the snapshot says for contacts that nobody asked for: only where a policy says so.

All networks of one address in one country are an organisation `contact-...`, with a list per kind
of network and severity. What a subscriber holds is left out, and of a prefix what a more specific
contact answers for: one who asked goes before one who did not, the nearer before the farther.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tocsin.model.address import Network as Prefix
from tocsin.model.address import parse_network
from tocsin.service.subscribers.abuse_contacts.cutting import cut
from tocsin.service.subscribers.abuse_contacts.find import (
    all_off,
    policies,
    proven_networks,
)
from tocsin.service.subscribers.abuse_contacts.policies import Choice, Policy, choices_for
from tocsin.service.subscribers.abuse_contacts.values import ORIGIN_RANK
from tocsin.service.subscribers.models import AbuseContact, Network
from tocsin.service.subscribers.snapshots.parts.json_text import encoded, quoted
from tocsin.service.subscribers.values import FILTERS, NetworkKind

_OUR_IDS = 1 << 62
"""Ids of these lists begin here; those of lists in the database count up from 1."""

_KINDS = (NetworkKind.CIDR, NetworkKind.ASN, NetworkKind.DOMAIN)
"""A contact of a whole country is told of nothing by itself: that is what national CERTs are."""

_RANKS = {origin.value: rank for origin, rank in ORIGIN_RANK.items()}

_FROM_THE_BEGINNING = "1970-01-01T00:00:00Z"


_Whom = tuple[str, str]
"""An address, and the country in which it answers for networks."""

_Networks = dict[NetworkKind, dict[_Whom, list[str]]]


class _Best(NamedTuple):
    """The contacts of one network that count: those of its best origin."""

    rank: int
    addresses: tuple[str, ...]
    name: str
    country: str


def automatic(now: dt.datetime, not_yet: Iterable[str] = ()) -> tuple[list[str], list[str]]:
    """Organisations and lists, each as JSON of the lists file; nothing where no policy notifies.

    not_yet: report types that have not joined yet. Memory: the contacts of one kind of network,
    and what is said.
    """
    said = policies()
    if not any(each.notify for each in said):
        return [], []
    names: dict[_Whom, str] = {}
    networks: _Networks = {kind: {} for kind in _KINDS}
    choices = _Choices(said, tuple(not_yet))
    for kind in _KINDS:
        for left, best in _left(kind, _best(kind), now):
            if choices.of(best.country):
                for address in best.addresses:
                    whom = address, best.country
                    names.setdefault(whom, best.name)
                    networks[kind].setdefault(whom, []).extend(left)
    organisations: list[str] = []
    lists: list[str] = []
    for whom, name in sorted(names.items()):
        identity = contact_id(*whom)
        theirs = {kind: networks[kind].pop(whom) for kind in _KINDS if whom in networks[kind]}
        organisations.append(_organisation(identity, name, theirs))
        lists += _lists(identity, theirs, choices.of(whom[1]))
    return organisations, lists


def contact_id(address: str, country: str) -> str:
    """The id, in the snapshot, of the organisation that an address in a country is."""
    digest = hashlib.sha256(f"{country} {address}".encode()).hexdigest()
    return f"contact-{digest[:24]}"


class _Said(NamedTuple):
    """One list of a contact: what tells it from its others, and its preferences as JSON."""

    group: str
    least_severity: str
    types: str


class _Choices:
    """What policies choose for a country, looked for once."""

    def __init__(self, said: list[Policy], not_yet: tuple[str, ...]) -> None:
        self._said = said
        self._not_yet = not_yet
        self._known: dict[str, tuple[_Said, ...]] = {}

    def of(self, country: str) -> tuple[_Said, ...]:
        """The lists that a contact of a country has for each kind of network."""
        found = self._known.get(country)
        if found is None:
            chosen = choices_for(self._said, country)
            found = self._known[country] = tuple(map(self._one, chosen))
        return found

    def _one(self, choice: Choice) -> _Said:
        group = choice.least_severity if choice.only is not None else "all"
        return _Said(group, quoted(choice.least_severity), self._types(choice))

    def _types(self, choice: Choice) -> str:
        if choice.only is not None:
            return f'"types":{encoded({"only": list(choice.only)})},'
        never = sorted({*choice.never, *self._not_yet})
        return f'"types":{encoded({"except": never})},' if never else ""


def _best(kind: NetworkKind) -> dict[str, _Best]:
    """By network, without the addresses that are off."""
    off, same = all_off(), _Same()
    best: dict[str, _Best] = {}
    rows = AbuseContact.objects.filter(kind=kind.value).order_by("pk")
    values = rows.values_list("value", "address", "origin", "organisation_name", "country")
    for value, address, origin, name, country in values.iterator(chunk_size=2000):
        if address in off:
            continue
        rank = _RANKS[origin]
        other = best.get(value)
        if other is None or rank < other.rank:
            best[value] = same[rank, (address,), name, country]
        elif rank == other.rank and address not in other.addresses:
            both = (*other.addresses, address)
            best[value] = _Best(rank, both, other.name or name, other.country or country)
    return best


class _Same(dict[tuple[int, tuple[str, ...], str, str], _Best]):
    """The same contacts answer for many networks, and are kept once."""

    def __missing__(self, key: tuple[int, tuple[str, ...], str, str]) -> _Best:
        found = self[key] = _Best(*key)
        return found


def _left(
    kind: NetworkKind, best: Mapping[str, _Best], now: dt.datetime
) -> Iterator[tuple[list[str], _Best]]:
    proven = Network.objects.filter(proven_networks(now), kind=kind.value).order_by()
    held = set(proven.values_list("value", flat=True))
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
        value = own[prefix]
        if pieces == (prefix,):
            yield [value], best[value]
        elif pieces:
            yield [str(each) for each in pieces], best[value]


def _is_under(domain: str, held: set[str]) -> bool:
    labels = domain.split(".")
    return any(".".join(labels[begin:]) in held for begin in range(1, len(labels)))


def _organisation(identity: str, name: str, networks: Mapping[NetworkKind, list[str]]) -> str:
    said = (
        f'{{"{kind.value}":{value if kind is NetworkKind.ASN else quoted(value)}}}'
        for kind in networks
        for value in sorted(networks[kind])
    )
    return (
        f'{{"id":"{identity}","kind":"owner","name":{quoted(name or identity)},'
        f'"networks":[{",".join(said)}]}}'
    )


def _lists(
    identity: str, networks: Iterable[NetworkKind], choices: tuple[_Said, ...]
) -> Iterator[str]:
    for kind in networks:
        for group, least_severity, types in choices:
            yield (
                f'{{"delta":false,"filter":"{FILTERS[kind].value}",'
                f'"id":{list_id(identity, kind, group)},"least_severity":{least_severity},'
                f'"name":"{identity}-{group}","organisation":"{identity}",{types}'
                f'"valid_from":"{_FROM_THE_BEGINNING}"}}'
            )


def list_id(identity: str, kind: NetworkKind, group: str) -> int:
    """The number of a list: the same every night, and beyond those of the database."""
    digest = hashlib.sha256(f"{identity} {kind.value} {group}".encode()).digest()
    return _OUR_IDS | (int.from_bytes(digest[:8], "big") & (_OUR_IDS - 1))


def is_automatic(number: int) -> bool:
    """Whether a list is one of these, and so in no table."""
    return number >= _OUR_IDS
