"""Rows of nights that are shown to nobody any more, though whole reports are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tocsin.engine.search.values import Without
from tocsin.model.address import MASK_64, parse_network
from tocsin.service.delivery.brake.part import Part, PartKind
from tocsin.service.delivery.brake.withheld import parts_withheld
from tocsin.service.delivery.models import Night


@dataclass(frozen=True, slots=True)
class Withheld:
    """What is kept back of a night: report types and lists whole, and rows of others."""

    types: frozenset[str] = frozenset()
    lists: frozenset[int] = frozenset()
    rows: Without = field(default_factory=Without)

    def keeps_back(self, report_type: str, number: int) -> bool:
        """Whether the whole report of a type and a list is kept back."""
        return report_type in self.types or number in self.lists


def withheld(nights: Iterable[Night]) -> Mapping[int, Withheld]:
    """By key of the night: what the brake holds, what staff dropped, and what was recalled."""
    found = list(nights)
    by_day = {day: _of(parts) for day, parts in parts_withheld(each.day for each in found).items()}
    return {each.pk: by_day[each.day] for each in found}


def _of(parts: Iterable[Part]) -> Withheld:
    named: dict[PartKind, set[str]] = defaultdict(set)
    for each in parts:
        named[each.kind].add(each.name)
    return Withheld(
        types=frozenset(named[PartKind.TYPE]),
        lists=frozenset(map(int, named[PartKind.LIST])),
        rows=Without(
            rules=frozenset(named[PartKind.RULE]),
            sources=frozenset(named[PartKind.SOURCE]),
            sensors=frozenset(named[PartKind.SENSOR]),
            ids=frozenset(map(bytes.fromhex, named[PartKind.EVENT])),
            subjects=frozenset(map(_subject, named[PartKind.ADDRESS])),
        ),
    )


def _subject(name: str) -> tuple[int, int, int]:
    network = parse_network(name)
    return network.first >> 64, network.first & MASK_64, network.length
