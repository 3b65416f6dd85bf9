"""Who holds what by the registries' files of delegations, as far as `tocsin atlas fetch` brought
them into the home.

The extended form ends each row with an opaque id: the same for all that one holder has from that
registry ("RIR statistics exchange format"; see engine/atlas/delegated.py for the other cells).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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


def file_id(network: NetworkValue, facts: RegistryFacts, home: Home) -> str:
    """The opaque id of the holder of the object that `facts` tells of; empty if there is none."""
    lines = _lines(facts.registry, home)
    if network.kind is NetworkKind.ASN:
        number = int(network.value)
        return holder_in(held_rows(lines), (number, number), is_asn=True)
    found = range_of(facts.range) if network.kind is NetworkKind.CIDR else None
    return holder_in(held_rows(lines), found, is_asn=False) if found else ""


def holder_in(rows: Iterable[Held], wanted: Range, *, is_asn: bool) -> str:
    """The holder of all that is `wanted`, if it is one and has it from the registry itself.

    A range that is only a part of a row was passed on by its holder to somebody else, perhaps: it
    has no id of its own. AS numbers are handed out in rows of several, and never passed on.
    """
    first, last = wanted
    holders, covered = set(), 0
    for row in rows:
        if row.is_asn != is_asn or row.last < first or last < row.first:
            continue
        if not is_asn and (row.first < first or last < row.last):
            return ""
        holders.add(row.holder)
        covered += min(last, row.last) - max(first, row.first) + 1
    whole = covered == last - first + 1
    return holders.pop() if whole and len(holders) == 1 else ""


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


def _lines(registry: str, home: Home) -> list[str]:
    folder = home.maps / registry
    if not registry.isalpha() or not folder.is_dir():
        return []
    files = [each for each in folder.iterdir() if each.name.startswith("delegated-")]
    for path in sorted(files):
        try:
            with Unpacked(path, most_bytes=MOST_OF_TEXT) as stream:
                return stream.rest().decode("utf-8", errors="replace").splitlines()
        except (AtlasError, OSError):
            continue
    return []
