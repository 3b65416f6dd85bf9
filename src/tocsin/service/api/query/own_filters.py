"""Whether a question is about networks of those who ask: it has to name one of theirs.

What they are not to see they do not see anyway, by the audience of each row. This is what keeps
questions about others' networks from being asked at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tocsin.engine.nightly.subscribers import FilterKind, SubscribedNetwork
from tocsin.engine.search.conditions import Condition, network_of

_KINDS = {
    "asn": FilterKind.ASN,
    "geo": FilterKind.GEO,
    "ip": FilterKind.CIDR,
    "domain": FilterKind.DOMAIN,
    "hostname": FilterKind.DOMAIN,
}
_NOT_BY_ADDRESS = (FilterKind.ASN, FilterKind.GEO)


def names_own(conditions: Iterable[Condition], networks: Collection[SubscribedNetwork]) -> bool:
    """Whether an AS, an address, a country or a domain that is asked for is among the networks.

    Which addresses an AS or a country has only the rows tell; who has one of these may ask for
    any address.
    """
    return any(
        _is_own(kind, said, networks)
        for condition in conditions
        if (kind := _KINDS.get(condition.field.rpartition("_")[2])) is not None
        for said in condition.values
    )


def _is_own(kind: FilterKind, said: str, networks: Collection[SubscribedNetwork]) -> bool:
    if kind is FilterKind.CIDR and any(each.kind in _NOT_BY_ADDRESS for each in networks):
        return True
    same = [each for each in networks if each.kind is kind]
    if kind is FilterKind.CIDR:
        asked = network_of(said)
        return asked is not None and any(
            each.prefix.is_v4 == asked.is_v4 and each.prefix.overlaps(asked) for each in same
        )
    if kind is FilterKind.DOMAIN:
        name = said.lower().removeprefix("*.")
        return any(f".{name}".endswith(f".{each.value}") for each in same)
    return said.upper() in {each.value for each in same}
