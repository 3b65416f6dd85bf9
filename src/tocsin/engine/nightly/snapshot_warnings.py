"""What is allowed in a snapshot and yet may be a mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tocsin.engine.nightly.snapshot import Snapshot
from tocsin.engine.nightly.subscribers import FilterKind, SubscribedNetwork
from tocsin.model.address import V4_BITS, Network

BROADEST = 8
"""Prefixes with fewer bits than this are worth a second look."""

MOST_OVERLAPS = 20
"""How many overlaps are told one by one."""

_Claim = tuple[str, SubscribedNetwork]


def warnings_of(snapshot: Snapshot) -> list[str]:
    """Sentences for a person, in a fixed order; none if nothing is odd."""
    overlaps = list(_overlaps(snapshot))
    told = overlaps[:MOST_OVERLAPS]
    if len(overlaps) > MOST_OVERLAPS:
        told.append(f"{len(overlaps) - MOST_OVERLAPS} more networks are claimed twice")
    return [*_empty_lists(snapshot), *_broad_prefixes(snapshot), *told, *_idle(snapshot)]


def _empty_lists(snapshot: Snapshot) -> Iterator[str]:
    for each in snapshot.lists.values():
        if not each.networks:
            yield (
                f"list {each.id} ({each.name}, {each.filter}) gets nothing: "
                f"{each.organisation} has no network for its filter"
            )
        elif each.only is not None and not each.only:
            yield f"list {each.id} ({each.name}, {each.filter}) gets nothing: it wants no type"


def _broad_prefixes(snapshot: Snapshot) -> Iterator[str]:
    for organisation in snapshot.organisations.values():
        for network in organisation.networks:
            if network.kind is FilterKind.CIDR and _bits(network.prefix) < BROADEST:
                yield f"{network} of {organisation.id} is broader than /{BROADEST}"


def _bits(prefix: Network) -> int:
    return prefix.length - V4_BITS if prefix.is_v4 else prefix.length


def _overlaps(snapshot: Snapshot) -> Iterator[str]:
    """Networks that two owners claim for the same time; one prefix may hold another."""
    claims = [
        (organisation.id, network)
        for organisation in snapshot.organisations.values()
        if not organisation.is_national_cert
        for network in organisation.networks
    ]
    same: dict[SubscribedNetwork, list[_Claim]] = {}
    for claim in claims:
        if claim[1].kind is not FilterKind.CIDR:
            same.setdefault(SubscribedNetwork(claim[1].kind, claim[1].value), []).append(claim)
    for several in same.values():
        for later, claim in enumerate(several):
            yield from _told(claim, several[:later])
    yield from _nested(claims)


def _nested(claims: Sequence[_Claim]) -> Iterator[str]:
    """Prefixes are nested or apart: those around one are the ones still open when it begins."""
    prefixes = sorted(
        (
            (network.prefix, owner, network)
            for owner, network in claims
            if network.kind is FilterKind.CIDR
        ),
        key=lambda claim: claim[:2],
    )
    around: list[tuple[Network, _Claim]] = []
    for prefix, owner, network in prefixes:
        while around and not around[-1][0].covers(prefix):
            around.pop()
        yield from _told((owner, network), [c for p, c in around if p.is_v4 == prefix.is_v4])
        around.append((prefix, (owner, network)))


def _told(claim: _Claim, others: Sequence[_Claim]) -> Iterator[str]:
    owner, network = claim
    for other_owner, other in others:
        if other_owner != owner and network.valid.meet(other.valid) is not None:
            within = "" if other.value == network.value else f", within {other}"
            yield f"{network} of {owner} is also claimed by {other_owner}{within}"


def _idle(snapshot: Snapshot) -> Iterator[str]:
    for each in snapshot.suppressions:
        if not any(not snapshot.lists[number].national_cert for number in each.lists):
            yield f"suppression {each.id} does nothing: it names no list of a network owner"


def counts_of(snapshot: Snapshot) -> Mapping[str, Mapping[str, int]]:
    """How many organisations by kind, lists by filter, networks by filter, suppressions by kind."""
    organisations = snapshot.organisations.values()
    return {
        "organisations": _counted(str(each.kind) for each in organisations),
        "lists": _counted(str(each.filter) for each in snapshot.lists.values()),
        "networks": _counted(str(n.kind) for each in organisations for n in each.networks),
        "suppressions": _counted(str(each.kind) for each in snapshot.suppressions),
    }


def _counted(words: Iterator[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))
