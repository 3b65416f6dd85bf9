"""Who holds what by the registries' files of delegations, as far as `tocsin atlas fetch` brought
them into the home.

The extended form ends each row with an opaque id: the same for all that one holder has from that
registry ("RIR statistics exchange format"; see engine/atlas/delegated.py for the other cells).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from sys import intern

from tocsin.engine.atlas.packed import MOST_OF_TEXT, Unpacked
from tocsin.engine.home import Home
from tocsin.model.address import ALL_ONES, parse_address
from tocsin.model.errors import AtlasError
from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.verification.facts import RegistryFacts
from tocsin.service.verification.ranges import Range, range_of

_CELLS = 8
_HELD = ("allocated", "assigned")


@dataclass(frozen=True, slots=True)
class Held:
    """A row: AS numbers or addresses, from `first` to `last`, and the opaque id of the holder."""

    is_asn: bool
    first: int
    last: int
    holder: str


class Holders:
    """The rows of a file, to be asked by range; about 100 bytes a row."""

    def __init__(self, rows: Iterable[Held]) -> None:
        numbers: list[Held] = []
        addresses: list[Held] = []
        for each in rows:
            (numbers if each.is_asn else addresses).append(each)
        self._numbers = _InOrder(numbers)
        self._addresses = _InOrder(addresses)

    def of_numbers(self, wanted: Range) -> str:
        """The holder of all these AS numbers, if it is one. They are handed out in rows of
        several, and never passed on."""
        return _one_holder(self._numbers.touching(wanted), wanted)

    def of_addresses(self, wanted: Range) -> str:
        """The holder of all these addresses, if it is one and has them from the registry itself.

        A range that is only a part of a row was passed on by its holder to somebody else, perhaps:
        it has no id of its own.
        """
        rows = list(self._addresses.touching(wanted))
        if any(first < wanted[0] or wanted[1] < last for first, last, _ in rows):
            return ""
        return _one_holder(rows, wanted)


class _InOrder:
    """Ranges that do not overlap, and who holds them."""

    def __init__(self, rows: list[Held]) -> None:
        rows.sort(key=attrgetter("first"))
        self._firsts = [each.first for each in rows]
        self._lasts = [each.last for each in rows]
        self._holders = [intern(each.holder) for each in rows]

    def touching(self, wanted: Range) -> Iterator[tuple[int, int, str]]:
        first, last = wanted
        for number in range(max(0, bisect_right(self._firsts, first) - 1), len(self._firsts)):
            if self._firsts[number] > last:
                return
            if self._lasts[number] >= first:
                yield self._firsts[number], self._lasts[number], self._holders[number]


def _one_holder(rows: Iterable[tuple[int, int, str]], wanted: Range) -> str:
    holders, covered = set(), 0
    for first, last, holder in rows:
        holders.add(holder)
        covered += min(last, wanted[1]) - max(first, wanted[0]) + 1
    whole = covered == wanted[1] - wanted[0] + 1
    return holders.pop() if whole and len(holders) == 1 else ""


def file_id(network: NetworkValue, facts: RegistryFacts, home: Home) -> str | None:
    """The opaque id of the holder of the object that `facts` tells of; empty if the file has none
    for it, None if there is no file that could tell."""
    holders = _holders(facts.registry, home)
    if holders is None:
        return None
    if network.kind is NetworkKind.ASN:
        number = int(network.value)
        return holders.of_numbers((number, number))
    found = range_of(facts.range) if network.kind is NetworkKind.CIDR else None
    return holders.of_addresses(found) if found else ""


def held_rows(lines: Iterable[str]) -> Iterator[Held]:
    """The rows that say who holds something; others, and those that cannot be read, are passed
    over: what is not said here is asked of the registry."""
    for line in lines:
        cells = line.strip().split("|")
        if len(cells) >= _CELLS and cells[6].lower() in _HELD and cells[7]:
            try:
                ends = _ends(cells[2], cells[3], cells[4])
            except ValueError:
                continue
            yield Held(cells[2] == "asn", *ends, cells[7])


def _ends(kind: str, begin: str, value: str) -> Range:
    if kind == "asn":
        return int(begin), int(begin) + int(value) - 1
    first = parse_address(begin)
    if kind == "ipv6":
        return first, first | (ALL_ONES >> int(value))
    return first, first + int(value) - 1


def _holders(registry: str, home: Home) -> Holders | None:
    folder = home.maps / registry
    if not registry.isalpha() or not folder.is_dir():
        return None
    for path in sorted(folder.glob("delegated-*")):
        try:
            known = path.stat()
            return _read_once(path, known.st_ino, known.st_mtime_ns)
        except (AtlasError, OSError):
            continue
    return None


@lru_cache(maxsize=2)
def _read_once(path: Path, inode: int, changed: int) -> Holders:  # noqa: ARG001 - a newer file
    """A registry's file has some 200,000 rows, and a worker asks it thousands of times a day."""
    with Unpacked(path, most_bytes=MOST_OF_TEXT) as stream:
        text = stream.rest().decode("utf-8", errors="replace")
    return Holders(held_rows(text.splitlines()))
