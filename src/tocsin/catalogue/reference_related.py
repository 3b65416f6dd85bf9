"""Which reports belong together: twins for IPv6, the same service, the same family."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tocsin.catalogue.entries import ReportType

_BEFORE: Final = re.compile(r"^(scan6?|population6?|event[46]_honeypot|event[46])_")
_BEHIND: Final = re.compile(r"_(scan|vulnerable|anon|tcp|udp)$")


class Relations:
    """Of all types of a catalogue. `families`: type -> its family's name; "" or absent for none."""

    def __init__(self, types: Sequence[ReportType], families: Mapping[str, str]) -> None:
        self._types = types
        self._families = families
        self._twins = _twins(types)

    def family(self, report_type: ReportType) -> str:
        """The family's name, "" if it has none."""
        return self._families.get(report_type.id, "")

    def twin(self, report_type: ReportType) -> ReportType | None:
        """The type that says the same of the other version of IP."""
        return self._twins.get(report_type.id)

    def of_service(self, report_type: ReportType) -> tuple[ReportType, ...]:
        """Types about the same service, told by their names: `scan_adb` and whoever attacks it."""
        service = service_of(report_type.id)
        named = (other for other in self._types if service_of(other.id) == service)
        return self._beside(report_type, named)

    def of_family(self, report_type: ReportType) -> tuple[ReportType, ...]:
        """The rest of the family, without those about the same service."""
        family = self.family(report_type)
        if not family:
            return ()
        nearer = self.of_service(report_type)
        others = (other for other in self._types if self.family(other) == family)
        return tuple(each for each in self._beside(report_type, others) if each not in nearer)

    def _beside(self, own: ReportType, others: Iterable[ReportType]) -> tuple[ReportType, ...]:
        """The others, of two twins the one of the same version of IP."""
        wanted = 6 if own.subject.version == 6 else 4
        found = []
        for other in others:
            twin = self.twin(other)
            if own in (other, twin) or (twin is not None and other.subject.version != wanted):
                continue
            found.append(other)
        return tuple(sorted(found, key=lambda each: each.id))


def service_of(name: str) -> str:
    """What is left of a type's id without how it was seen: `adb` of `event4_honeypot_adb_scan`."""
    return _BEHIND.sub("", _BEFORE.sub("", name))


def _twins(types: Iterable[ReportType]) -> Mapping[str, ReportType]:
    """Types that differ in nothing but the version of IP, by each other's id."""
    alike: dict[tuple[object, ...], list[ReportType]] = {}
    for each in types:
        if each.subject.version:
            key = (each.column_names, each.subject.column, *sorted(each.text.items()))
            alike.setdefault(key, []).append(each)
    pairs = [held for held in alike.values() if len(held) == 2]
    return {
        one.id: other
        for first, second in pairs
        if first.subject.version != second.subject.version
        for one, other in ((first, second), (second, first))
    }
