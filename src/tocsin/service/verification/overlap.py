"""AS numbers and their own prefixes, asked for together: the list by AS number covers both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tocsin.service.subscribers.values import NetworkKind, NetworkValue

Origins = Callable[[NetworkValue], tuple[int, ...] | None]
"""The AS numbers that announce a prefix; None where nobody can tell."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """covered: prefixes that only AS numbers announce that are asked for as well. unknown: those of
    which nobody can tell."""

    covered: tuple[NetworkValue, ...] = ()
    unknown: tuple[NetworkValue, ...] = ()


def overlap_of(networks: Iterable[NetworkValue], origins_of: Origins) -> Overlap:
    """What is asked for twice."""
    asked = tuple(networks)
    asns = {int(each.value) for each in asked if each.kind is NetworkKind.ASN}
    if not asns:
        return Overlap()
    covered, unknown = [], []
    for network in asked:
        if network.kind is not NetworkKind.CIDR:
            continue
        origins = origins_of(network)
        if origins is None:
            unknown.append(network)
        elif origins and asns.issuperset(origins):
            covered.append(network)
    return Overlap(tuple(covered), tuple(unknown))


def says_both(texts: Iterable[str]) -> bool:
    """Whether one of the texts that somebody answered with is the word `both`, and nothing else."""
    return any(_is_both(each) for each in texts)


def _is_both(text: str) -> bool:
    first = next((each for each in text.splitlines() if each.strip()), "")
    return first.strip(" .,!\"'").casefold() == "both"
