"""Prefixes without what others answer for, so that nobody is told of what is not theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field

from tocsin.model.address import Network as Prefix


def cut(prefixes: Iterable[Prefix], taken: Set[Prefix]) -> dict[Prefix, tuple[Prefix, ...]]:
    """Of each prefix what is left without `taken`, and without the more specific of its own kind.

    In order of addresses; a prefix of which nothing is left has an empty tuple. Time grows with
    the number of prefixes, and of pieces, of which one taken out of another makes at most 128.
    """
    own = set(prefixes)
    left: dict[Prefix, tuple[Prefix, ...]] = {}
    around: list[_Open] = []
    for each in sorted(own | taken):
        # Those that come later begin within one that is open, and so lie in it, or behind it.
        while around and around[-1].last < each.first:
            _close(around.pop(), own, left)
        if around:
            around[-1].inner.append(each)
        is_taken = each in taken or bool(around and around[-1].is_taken)
        around.append(_Open(each, each.last, is_taken))
    while around:
        _close(around.pop(), own, left)
    return left


@dataclass(slots=True)
class _Open:
    """A prefix whose addresses are being gone through. inner: the greatest within it."""

    prefix: Prefix
    last: int
    is_taken: bool
    inner: list[Prefix] = field(default_factory=list)


def _close(done: _Open, own: Set[Prefix], left: dict[Prefix, tuple[Prefix, ...]]) -> None:
    if done.prefix not in own:
        return
    if done.is_taken:
        left[done.prefix] = ()
    elif done.inner:
        left[done.prefix] = tuple(without(done.prefix, done.inner))
    else:
        left[done.prefix] = (done.prefix,)


def without(prefix: Prefix, inner: Sequence[Prefix]) -> Iterator[Prefix]:
    """What is left of a prefix without others within it, which are sorted and do not overlap."""
    begin = prefix.first
    for each in inner:
        yield from spanned(begin, each.first)
        begin = each.last + 1
    yield from spanned(begin, prefix.last + 1)


def spanned(begin: int, end: int) -> Iterator[Prefix]:
    """The fewest prefixes that make up the addresses from `begin` on and before `end`."""
    while begin < end:
        aligned = (begin & -begin).bit_length() - 1 if begin else 128
        size = min(aligned, (end - begin).bit_length() - 1)
        yield Prefix(begin, 128 - size)
        begin += 1 << size
