"""Whether a question is about networks of those who ask: it has to name one of theirs.

What they are not to see they do not see anyway, by the audience of each row. This is what keeps
questions about others' networks from being asked at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from tocsin.engine.atlas.lookup import Cover
from tocsin.engine.nightly.subscribers import FilterKind, SubscribedNetwork
from tocsin.engine.search.conditions import Condition, network_of
from tocsin.model.address import Network

_KINDS = {
    "asn": FilterKind.ASN,
    "geo": FilterKind.GEO,
    "ip": FilterKind.CIDR,
    "domain": FilterKind.DOMAIN,
    "hostname": FilterKind.DOMAIN,
    "tld": FilterKind.DOMAIN,
}

Where = Callable[[Network], Iterable[Cover]]
"""What the maps that count tell of an address or a prefix; nothing if there are none."""


def names_own(
    conditions: Iterable[Condition], networks: Collection[SubscribedNetwork], where: Where
) -> bool:
    """Whether an AS, an address, a country or a domain that is asked for is among the networks.

    Whoever has an AS or a country may ask for the addresses that a map has put there, and for those
    of which one does not tell: the rows decide then.
    """
    return any(
        _is_own(kind, said, networks, where)
        for condition in conditions
        if (kind := _KINDS.get(condition.field.rpartition("_")[2])) is not None
        for said in condition.values
    )


def _is_own(
    kind: FilterKind, said: str, networks: Collection[SubscribedNetwork], where: Where
) -> bool:
    same = [each for each in networks if each.kind is kind]
    if kind is FilterKind.CIDR:
        asked = network_of(said)
        if asked is None:
            # The beginning of an address, or a name in its place.
            return bool(_values(networks, FilterKind.ASN) or _values(networks, FilterKind.GEO))
        overlaps = (
            each.prefix.is_v4 == asked.is_v4 and each.prefix.overlaps(asked) for each in same
        )
        return any(overlaps) or _may_lie_in(asked, networks, where)
    if kind is FilterKind.DOMAIN:
        name = said.lower().removeprefix("*.").removeprefix(".")
        return any(f".{name}".endswith(f".{each.value}") for each in same)
    return said.upper() in {each.value for each in same}


def _may_lie_in(asked: Network, networks: Collection[SubscribedNetwork], where: Where) -> bool:
    """Whether a map puts some of it into one of their ASes or countries, or does not tell."""
    asns, countries = (_values(networks, kind) for kind in (FilterKind.ASN, FilterKind.GEO))
    if not asns | countries:
        return False
    told = False
    for cover in where(asked):
        told = True
        if _fits(asns, map(str, cover.origins)) or _fits(countries, cover.countries):
            return True
    return not told


def _fits(own: set[str], told: Iterable[str]) -> bool:
    found = set(told)
    return bool(own) and (not found or not own.isdisjoint(found))


def _values(networks: Iterable[SubscribedNetwork], kind: FilterKind) -> set[str]:
    return {each.value for each in networks if each.kind is kind}
