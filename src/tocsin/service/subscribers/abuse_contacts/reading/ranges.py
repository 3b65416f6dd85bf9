"""Ranges of addresses in registries' files, as prefixes that somebody may hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from tocsin.engine.atlas import ranges
from tocsin.model.address import Network as Prefix
from tocsin.model.address import parse_address
from tocsin.service.subscribers.values import NetworkKind, network_value

Span = tuple[int, int]
"""First and last address, 128 bits wide, both included."""

_BROADEST_V4 = 96 + 8
_BROADEST_V6 = 16
_MOST_PREFIXES = 60
"""A range of any two IPv4 addresses is at most 62 prefixes; an honest one a few."""


def prefixes_of(said: str) -> list[Prefix]:
    """The prefixes of a prefix or a range `192.0.2.0 - 192.0.2.255`. ValueError if it is none."""
    begin, dash, end = said.partition("-")
    if not dash:
        return _sound([network_value(NetworkKind.CIDR, said).prefix], said)
    return prefixes_in([span_of(begin.strip(), end.strip())], said)


def prefixes_in(spans: Iterable[Span], said: str) -> list[Prefix]:
    """The fewest prefixes that together are the spans. ValueError if nobody would hold that."""
    every = (each for span in spans for each in ranges.prefixes_of(*span))
    return _sound(list(islice(every, _MOST_PREFIXES + 1)), said)


def span_of(first: str, last: str) -> Span:
    """A range from the texts of its two ends. ValueError says what is wrong with it."""
    begin, end = parse_address(first), parse_address(last)
    said = f"{first} - {last}"
    if (":" in first) != (":" in last):
        raise ValueError(f"{said!r} begins and ends in different kinds of addresses")
    if end < begin:
        raise ValueError(f"{said!r} ends before it begins")
    return begin, end


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same addresses in ascending spans, of which no two touch."""
    whole: list[Span] = []
    for first, last in sorted(spans):
        if whole and first <= whole[-1][1] + 1:
            whole[-1] = (whole[-1][0], max(whole[-1][1], last))
        else:
            whole.append((first, last))
    return tuple(whole)


def lies_in(inner: Sequence[Span], outer: Sequence[Span]) -> bool:
    """Whether each of the inner spans lies within one of the outer ones; both are merged."""
    return all(any(o[0] <= i[0] and i[1] <= o[1] for o in outer) for i in inner)


def _sound(prefixes: list[Prefix], said: str) -> list[Prefix]:
    if not prefixes or len(prefixes) > _MOST_PREFIXES:
        raise ValueError(f"{said!r} is no range that anybody would register")
    for each in prefixes:
        if each.length < (_BROADEST_V4 if each.is_v4 else _BROADEST_V6):
            raise ValueError(f"{said!r} is broader than anything that one organisation holds")
    return prefixes
