"""Who subscribes: 20,000 organisations, and what each answers for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np

from bench.world.hosts import Hosts
from bench.world.places import COUNTRIES
from bench.world.routes import Routes
from bench.world.scale import dice
from tocsin.model.address import Network

BY_ASN, BY_PREFIX, BY_BOTH, BY_COUNTRY = 15_000, 4_000, 800, 200
_MOST_ASNS, _MOST_PREFIXES = 20, 50
_LENGTHS = np.array([8, 10, 12, 14, 16, 18, 19, 20, 21, 22, 23, 24, 26, 28, 32])
_SHARES = np.array([1, 2, 6, 15, 60, 60, 80, 120, 120, 180, 140, 400, 60, 60, 80])
_V6_LENGTHS = np.array([29, 32, 36, 40, 44, 48, 56, 64])

Entry = dict[str, object]


def write_lists(routes: Routes, destination: Path, *, least_networks: int = 0) -> None:
    """The lists file; those who subscribe by prefix get more until there are so many networks."""
    made = _Maker(routes)
    made.fill(least_networks)
    document = {
        "format": "tocsin-lists/1",
        "organisations": made.organisations,
        "lists": made.lists,
    }
    destination.write_text(json.dumps(document), encoding="ascii")


class _Maker:
    """Makes organisations one after the other."""

    def __init__(self, routes: Routes) -> None:
        self.rolls = dice(31)
        self.hosts = Hosts.of(routes)
        self.asns = np.unique(np.concatenate([routes.v4_asn, routes.v6_asn]))
        self.organisations: list[Entry] = []
        self.lists: list[Entry] = []
        for _ in range(BY_ASN):
            self._add("owner", self._some_asns(), ["asn"])
        for _ in range(BY_PREFIX):
            self._add("owner", self._some_prefixes(_MOST_PREFIXES), ["cidr"])
        for _ in range(BY_BOTH):
            networks = [*self._some_asns(), *self._some_prefixes(5)]
            self._add("owner", networks, ["asn", "cidr"])
        for country in COUNTRIES[:BY_COUNTRY]:
            self._add("national_cert", [{"country": country}], ["geo"])

    def fill(self, least: int) -> None:
        """Give more prefixes to those who have some."""
        takers = self.organisations[BY_ASN : BY_ASN + BY_PREFIX]
        while self._networks < least:
            for each in takers:
                cast("list[Entry]", each["networks"]).extend(self._some_prefixes(8))

    @property
    def _networks(self) -> int:
        return sum(len(cast("list[Entry]", each["networks"])) for each in self.organisations)

    def _add(self, kind: str, networks: list[Entry], filters: list[str]) -> None:
        number = len(self.organisations) + 1
        name = f"org-{number}"
        self.organisations.append({"id": name, "name": name, "kind": kind, "networks": networks})
        for each in filters:
            self.lists.append(
                {
                    "id": len(self.lists) + 1,
                    "name": name if len(filters) == 1 else f"{name}-{each}",
                    "organisation": name,
                    "filter": each,
                }
            )

    def _some_asns(self) -> list[Entry]:
        """1 to 20, most often one or two."""
        many = min(_MOST_ASNS, int(self.rolls.pareto(1.0)) + 1)
        return [{"asn": int(asn)} for asn in self.rolls.choice(self.asns, many, replace=False)]

    def _some_prefixes(self, most: int) -> list[Entry]:
        many = min(most, int(self.rolls.pareto(0.7)) + 1)
        return [{"cidr": text} for text in dict.fromkeys(self._prefixes(many))]

    def _prefixes(self, many: int) -> Iterator[str]:
        """Prefixes around hosts, so that most of them hold some."""
        numbers = self.rolls.integers(0, 1 << 62, many).astype(np.uint64)
        for address in self.hosts.addresses(numbers).to_ints():
            if address >> 32 == 0xFFFF:
                length = int(self.rolls.choice(_LENGTHS, p=_SHARES / _SHARES.sum())) + 96
            else:
                length = int(self.rolls.choice(_V6_LENGTHS))
            yield str(Network(address >> (128 - length) << (128 - length), length))
