"""Networks that are known for what they are: research scanners, Tor exits, our own sensors.

`policy/known/<tag>/<day>.txt`: one address or prefix a line, `#` before remarks. A record about
such an address has the tag. For an event
that list counts which is the newest not later than its day.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.intake.hosts import Hosts
from tocsin.model.address import Ints, Network, UInt64s, parse_network
from tocsin.model.errors import ConfigurationError, Problem

TAG: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")
MOST_BYTES: Final = 1 << 26

_EPOCH = dt.date(1970, 1, 1)
_DAY = 86_400_000_000


@dataclass(frozen=True)
class _Ranges:
    """Merged ranges of one family, ascending: their first and last numbers of 64 bits, `(n,)`.

    Of IPv6 the upper half tells where a range may be; `exact` tells whether it is.
    """

    first: UInt64s
    last: UInt64s

    def hold(self, first: UInt64s, last: UInt64s) -> NDArray[np.bool_]:
        """Which spans of numbers lie within one range."""
        if not len(self.first):
            return np.zeros(len(first), np.bool_)
        place = np.searchsorted(self.first, first, side="right") - 1
        found: NDArray[np.bool_] = (place >= 0) & (last <= self.last[np.maximum(place, 0)])
        return found


@dataclass(frozen=True)
class DatedList:
    """One list: from which day on it counts, and what is in it."""

    day: dt.date
    v4: _Ranges
    v6: _Ranges
    v6_networks: tuple[Network, ...]

    @classmethod
    def of(cls, day: dt.date, networks: Iterable[Network]) -> DatedList:
        """A list of networks, in any order, that may overlap."""
        every = sorted(set(networks))
        v4 = [(n.first & 0xFFFFFFFF, n.last & 0xFFFFFFFF) for n in every if n.is_v4]
        others = tuple(n for n in every if not n.is_v4)
        halves = [(n.first >> 64, n.last >> 64) for n in others]
        return cls(day, _merged(v4), _merged(halves), others)

    def hold(self, hosts: Hosts) -> NDArray[np.bool_]:
        """Which hosts lie in the list whole."""
        v4 = hosts.is_v4
        first = hosts.first.lo & np.uint64(0xFFFFFFFF)
        last = first.copy()
        for row in np.flatnonzero(v4 & hosts.wide).tolist():
            last[row] = hosts.network(row).last & 0xFFFFFFFF
        found: NDArray[np.bool_] = v4 & self.v4.hold(first, last)
        near = hosts.present & ~v4 & self.v6.hold(hosts.first.hi, hosts.first.hi)
        for row in np.flatnonzero(near).tolist():
            network = hosts.network(row)
            found[row] = any(each.covers(network) for each in self.v6_networks)
        return found


def _merged(ranges: Sequence[tuple[int, int]]) -> _Ranges:
    merged: list[list[int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    pairs = np.array(merged, np.uint64).reshape(-1, 2)
    return _Ranges(pairs[:, 0].copy(), pairs[:, 1].copy())


@dataclass(frozen=True)
class KnownNetworks:
    """All lists by tag, those of a tag by day."""

    lists: tuple[tuple[str, tuple[DatedList, ...]], ...] = ()

    def tags(self, hosts: Hosts, moments: Ints) -> pa.Array | None:
        """Per row the tags of its host at its time, `;` between; None if no row has any.

        moments: microseconds since 1970, `(n,)`.
        """
        columns = [
            pc.if_else(pa.array(here), pa.scalar(f";{tag}"), pa.scalar(""))
            for tag, dated in self.lists
            if (here := _known(dated, hosts, moments)).any()
        ]
        if not columns:
            return None
        # Each brings its own `;`, so that the first of a row is there to be cut off.
        joined = pc.utf8_slice_codeunits(pc.binary_join_element_wise(*columns, ""), 1)
        return pc.if_else(pc.equal(joined, ""), pa.scalar(None, pa.string()), joined)


def _known(dated: Sequence[DatedList], hosts: Hosts, moments: Ints) -> NDArray[np.bool_]:
    begins = np.array([(each.day - _EPOCH).days * _DAY for each in dated], np.int64)
    which = np.searchsorted(begins, moments, side="right") - 1
    found = np.zeros(len(moments), np.bool_)
    for number in np.unique(which[which >= 0]).tolist():
        found |= (which == number) & dated[number].hold(hosts)
    return found


def with_tags(own: pa.Array, known: pa.Array) -> pa.Array:
    """The tags that rows have, and those of what their hosts are known for."""
    return pc.coalesce(pc.binary_join_element_wise(own, known, ";"), own, known)


def read_known_networks(folder: Path) -> KnownNetworks:
    """Read all lists; none is no mistake. ConfigurationError names every bad line."""
    files = sorted(folder.glob("*/*.txt"))
    return _read(tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in files))


@lru_cache(maxsize=4)
def _read(files: tuple[tuple[Path, int, int], ...]) -> KnownNetworks:
    lists: dict[str, list[DatedList]] = {}
    problems: list[Problem] = []
    for path, _, _ in files:
        try:
            day = dt.date.fromisoformat(path.stem)
        except ValueError:
            problems.append(Problem(str(path), 0, 0, "the name is no day", "call it DAY.txt"))
            continue
        networks, mistakes = networks_in(path)
        problems += mistakes
        lists.setdefault(path.parent.name, []).append(DatedList.of(day, networks))
    if problems:
        raise ConfigurationError(
            "the lists of known networks have mistakes", problems=problems[:100], todo="mend them"
        )
    by_tag = {tag: sorted(some, key=lambda each: each.day) for tag, some in lists.items()}
    return KnownNetworks(tuple((tag, tuple(some)) for tag, some in sorted(by_tag.items())))


def networks_in(path: Path) -> tuple[list[Network], list[Problem]]:
    """The networks of a list, and its bad lines.

    Lines of Tor's list of exits (`ExitAddress ADDRESS TIME` among others) are taken for what they
    are.
    """
    networks: list[Network] = []
    problems: list[Problem] = []
    for number, line in enumerate(_text(path).split("\n"), 1):
        said = line.partition("#")[0].split()
        if not said or said[0] in ("ExitNode", "Published", "LastStatus"):
            continue
        word = said[1] if said[0] == "ExitAddress" and len(said) > 1 else said[0]
        try:
            networks.append(parse_network(word))
        except ValueError as error:
            problems.append(Problem(str(path), number, 0, str(error), "one prefix a line"))
    return networks, problems


def _text(path: Path) -> str:
    if path.stat().st_size > MOST_BYTES:
        raise ConfigurationError(f"the list is larger than {MOST_BYTES} bytes", where=str(path))
    return path.read_text("utf-8-sig", "replace")
