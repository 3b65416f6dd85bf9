"""What of a night's reports is still an abuse contact's: of one who is told without having asked.

The lists of contacts are made anew for each night, and stand in no table. So what counts is what is
on file now: a network of a list that no contact with its identity answers for any more is gone from
it, and so is what a subscriber has proven since.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.engine.nightly.subscribers import FilterKind, ReportList, SubscribedNetwork
from tocsin.model.address import Network as Prefix
from tocsin.model.address import parse_network
from tocsin.service.delivery.models import NightList
from tocsin.service.delivery.share import NOTHING, Share, Standing
from tocsin.service.subscribers.abuse_contacts.cutting import cut
from tocsin.service.subscribers.abuse_contacts.find import off_among, proven_networks
from tocsin.service.subscribers.abuse_contacts.subscriptions import contact_id, is_automatic
from tocsin.service.subscribers.abuse_contacts.values import Asked
from tocsin.service.subscribers.models import AbuseContact, Network
from tocsin.service.subscribers.values import NetworkKind, NetworkValue

_AT_ONCE = 500

Key = tuple[int, int]
"""A night and a list."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers for a list of a night, and what of it is still theirs."""

    contact: AbuseContact
    standing: Standing


def contact_standings(then: Iterable[NightList], now: dt.datetime) -> dict[Key, Standing]:
    """How lists of contacts stand now, by keys of night and list; other lists are left out."""
    ours = [each for each in then if is_automatic(each.list)]
    found = answering(ours, now) if ours else {}
    keys = [(each.night_id, each.list) for each in ours]
    return {key: found[key].standing if key in found else NOTHING for key in keys}


def answering(then: Sequence[NightList], now: dt.datetime) -> dict[Key, Answering]:
    """Who answers for lists of contacts; those of nobody, or of one who is off, are left out."""
    asked = {word: _asked(word) for each in then for word in each.networks}
    rows = _on_file({network for networks in asked.values() for network in networks})
    found = {}
    for made in then:
        theirs = rows.get(made.organisation, {})
        kept = [word for word in made.networks if any(each in theirs for each in asked[word])]
        if kept:
            contact = min(theirs.values(), key=lambda each: each.pk)
            found[made.night_id, made.list] = Answering(contact, _standing(made, kept, now))
    off = off_among(each.contact.address for each in found.values())
    return {key: each for key, each in found.items() if each.contact.address not in off}


def _asked(word: str) -> tuple[NetworkValue, ...]:
    """The networks that hold one, itself the first."""
    kind, _, value = word.partition(" ")
    return tuple(Asked.of(NetworkValue(NetworkKind(kind), value)).networks())


def _on_file(networks: set[NetworkValue]) -> dict[str, dict[NetworkValue, AbuseContact]]:
    """By identity the networks that a contact has of these."""
    found: dict[str, dict[NetworkValue, AbuseContact]] = defaultdict(dict)
    for kind in NetworkKind:
        values = sorted(each.value for each in networks if each.kind is kind)
        for begin in range(0, len(values), _AT_ONCE):
            some = values[begin : begin + _AT_ONCE]
            for each in AbuseContact.objects.filter(kind=kind.value, value__in=some):
                found[contact_id(each.address, each.country)][each.network] = each
    return found


def _standing(made: NightList, kept: Sequence[str], now: dt.datetime) -> Standing:
    left = _without_proven(kept, now)
    if not left:
        return NOTHING
    whole = [f"{each.kind.value} {each.value}" for each in left] == sorted(made.networks)
    found = ReportList(
        id=made.list,
        name=made.organisation,
        organisation=made.organisation,
        filter=left[0].kind,
        networks=tuple(left),
    )
    return Standing(Share.WHOLE if whole else Share.CUT, found)


def _without_proven(words: Sequence[str], now: dt.datetime) -> list[SubscribedNetwork]:
    """What is left of networks without what a subscriber has proven; sorted by their words."""
    proven = Network.objects.filter(proven_networks(now)).order_by()
    left: list[SubscribedNetwork] = []
    prefixes: list[Prefix] = []
    for word in words:
        kind, _, value = word.partition(" ")
        if kind == NetworkKind.CIDR:
            prefixes.append(parse_network(value))
            continue
        holding = [each.value for each in _asked(word)]
        if not proven.filter(kind=kind, value__in=holding).exists():
            left.append(SubscribedNetwork(FilterKind(kind), value))
    if prefixes:
        first = f"{min(each.first for each in prefixes):032x}"
        last = f"{max(each.last for each in prefixes):032x}"
        near = proven.filter(kind=NetworkKind.CIDR.value, first__lte=last, last__gte=first)
        taken = {parse_network(each) for each in near.values_list("value", flat=True)}
        pieces = (piece for some in cut(prefixes, taken).values() for piece in some)
        left += [SubscribedNetwork(FilterKind.CIDR, str(each)) for each in pieces]
    return sorted(left, key=lambda each: f"{each.kind.value} {each.value}")
