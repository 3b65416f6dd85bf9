"""What has been read of the inputs: prefixes, and what each file says of them."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tocsin.engine.atlas.forms import Given
from tocsin.engine.atlas.info import AtlasInput
from tocsin.engine.atlas.tables import is_everything, read_number, tidy
from tocsin.model.address import MASK_64, Network

_GREATEST_NAICS = 999_999


class Where(NamedTuple):
    """One distinct place; empty text and 0 stand for unknown."""

    country: str
    region: str
    city: str
    naics: int
    sector: str


class Industry(NamedTuple):
    """What the holder of an AS does; 0 and empty text stand for unknown."""

    naics: int
    sector: str


@dataclass
class Prefixes:
    """Prefixes as read, columns side by side; they may repeat.

    told: how many rows said something. left_out: why others of the file that is being read are
    not used, and how many.
    """

    hi: array[int] = field(default_factory=lambda: array("Q"))
    lo: array[int] = field(default_factory=lambda: array("Q"))
    length: array[int] = field(default_factory=lambda: array("B"))
    inputs: list[AtlasInput] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    told: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.hi)

    def _keep(self, network: Network) -> None:
        self.hi.append(network.first >> 64)
        self.lo.append(network.first & MASK_64)
        self.length.append(network.length)
        self.told += 1

    def close_file(self, given: Given, made: str) -> None:
        """Note what was left out of a file; `made` is its date as far as it tells one."""
        name = given.path.name
        self.notes += [f"{name}: {count} {why} left out" for why, count in self.left_out.items()]
        self.left_out.clear()
        self.inputs.append(AtlasInput(given.name, given.sha256, made))


@dataclass
class Routes(Prefixes):
    """Routes as read; prefixes may repeat. names: of ASes, where a table of routes has them.

    neighbours: what stands directly before the origin in paths; so many of each row as its count
    of near says, row after row.
    """

    asn: array[int] = field(default_factory=lambda: array("I"))
    peers: array[int] = field(default_factory=lambda: array("I"))
    near: array[int] = field(default_factory=lambda: array("I"))
    neighbours: array[int] = field(default_factory=lambda: array("I"))
    names: dict[int, str] = field(default_factory=dict)

    def add(
        self, network: Network, asn: int, peers: int = 1, neighbours: Sequence[int] = ()
    ) -> None:
        """One origin of one prefix, seen by so many peers, behind such neighbours."""
        if is_everything(network):
            self.left_out["default routes (/0)"] += 1
            return
        self._keep(network)
        self.asn.append(asn)
        self.peers.append(peers)
        self.near.append(len(neighbours))
        self.neighbours.extend(neighbours)


@dataclass
class Geography(Prefixes):
    """Places as read; `place` is a row of `known`. industries: by AS number.

    registry: who delegated the prefix, as `Layout.registry` counts.
    """

    place: array[int] = field(default_factory=lambda: array("I"))
    registry: array[int] = field(default_factory=lambda: array("B"))
    known: dict[Where, int] = field(default_factory=dict)
    industries: dict[int, Industry] = field(default_factory=dict)

    def number(self, where: Where) -> int:
        """The row of `known` that is this place."""
        return self.known.setdefault(where, len(self.known))

    def add_industry(self, asn: int, industry: Industry) -> None:
        """What the holder of an AS does; the last word counts."""
        self.industries[asn] = industry
        self.told += 1

    def add(self, network: Network, place: int, registry: int = 0) -> None:
        """One prefix and the numbers of its place and its registry."""
        if is_everything(network):
            self.left_out["rows for the whole Internet (/0)"] += 1
            return
        self._keep(network)
        self.place.append(place)
        self.registry.append(registry)


def make_where(
    *, country: str = "", region: str = "", city: str = "", naics: str = "", sector: str = ""
) -> Where:
    """A place as texts tell it; ValueError says what is wrong with it."""
    two = tidy(country).upper()
    if two and not (len(two) == 2 and two.isascii() and two.isalpha()):
        raise ValueError(f"{two[:80]!r} is no country: two letters belong here")
    industry = make_industry(naics, sector)
    return Where(two, tidy(region).upper(), tidy(city).upper(), industry.naics, industry.sector)


def make_industry(naics: str, sector: str) -> Industry:
    """An industry as texts tell it; ValueError says what is wrong with it."""
    code = tidy(naics)
    number = read_number(code, "industry code (NAICS)", 0, _GREATEST_NAICS) if code else 0
    return Industry(number, tidy(sector))
