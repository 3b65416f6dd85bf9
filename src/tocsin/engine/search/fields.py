"""What may be asked for by name, and which column of a report type that is.

A name is that of a column, also an older one. The names of where a machine is (`ip`, `port`,
`asn`, `geo`, ...) mean in every report type those of its subject, so that one question goes over
all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tocsin.catalogue.entries import LOCATED, Catalogue, ReportType, SubjectKind
from tocsin.model.columns import Column, ColumnKind

TYPE: Final = "type"
TEXT: Final = "text"
DOMAIN: Final = "domain"
TLD: Final = "tld"
REQUIRE: Final = "require"

OF_SUBJECT: Final = ("ip", "port", "hostname", *LOCATED)
"""Names that mean the subject's column where a type has none of that very name."""

OVER_SEVERAL: Final = (TYPE, TEXT, DOMAIN, TLD, REQUIRE)
"""Names that mean more than one column. tld: that of a domain. require: a field that is filled."""

AS_NAMES: Final = {"asn_name": "asn", "dst_asn_name": "dst_asn"}
"""Names of ASes, and the fields with their numbers: rows have only those."""

NOT_COUNTED: Final = (TEXT, TLD, REQUIRE, *AS_NAMES)
"""What has no values of its own."""

ELSEWHERE: Final = {
    "agent": ("http_agent", "user_agent"),
    "referer": ("http_referer",),
    "sha512": ("binary_sha512", "config_sha512"),
}
"""What clients of the original call columns, where it is not the name of one."""

SEARCHED_AS_TEXT: Final = (ColumnKind.TEXT, ColumnKind.LIST)


@dataclass(frozen=True)
class Fields:
    """All names that may be asked for. kinds: what their cells hold."""

    kinds: Mapping[str, ColumnKind]
    aliases: Mapping[str, str]
    subjects: frozenset[str]
    """Columns that are the address of some type's subject, and `ip`."""

    @property
    def names(self) -> list[str]:
        """As people are told them."""
        return sorted(self.kinds)

    def column(self, name: str, report_type: ReportType) -> Column | None:
        """The column of a type that is meant; None if it has none such."""
        for meant in self._meanings(name, report_type):
            column = report_type.column(meant)
            if column is not None:
                return column
        return None

    def _meanings(self, name: str, report_type: ReportType) -> list[str]:
        subject = report_type.subject
        found = [name]
        if name in OF_SUBJECT and subject.kind in (SubjectKind.ADDRESS, SubjectKind.PREFIX):
            found.append(subject.column.removesuffix("ip") + name)
        found += ELSEWHERE.get(name, ())
        older = (report_type.column_aliases, self.aliases)
        return [*found, *(aliases[name] for aliases in older if name in aliases)]


class _ByVersion:
    """A catalogue, told from others by its version alone: it is large, and holds mappings."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def __hash__(self) -> int:
        return hash(self.catalogue.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByVersion) and other.catalogue.version == self.catalogue.version


@lru_cache(maxsize=2)
def _fields(of: _ByVersion) -> Fields:
    catalogue = of.catalogue
    kinds: dict[str, ColumnKind] = dict.fromkeys((*OVER_SEVERAL, *AS_NAMES), ColumnKind.TEXT)
    types = catalogue.report_types.values()
    for report_type in types:
        for column in report_type.columns:
            kinds.setdefault(column.name, column.kind)
    for name, meant in ELSEWHERE.items():
        for each in meant:
            if each in kinds:
                kinds.setdefault(name, kinds[each])
    for aliases in (catalogue.column_aliases, *(each.column_aliases for each in types)):
        for old, new in aliases.items():
            if new in kinds:
                kinds.setdefault(old, kinds[new])
    addresses = (SubjectKind.ADDRESS, SubjectKind.PREFIX)
    subjects = {each.subject.column for each in types if each.subject.kind in addresses}
    return Fields(kinds, catalogue.column_aliases, frozenset({"ip", *subjects}))


def fields_of(catalogue: Catalogue) -> Fields:
    """What may be asked for with a catalogue."""
    return _fields(_ByVersion(catalogue))


def class_of(report_type: str) -> str:
    """What kind of source a type's rows come from: `sinkhole`, `honeypot`, `scan`, ...

    The first word of its id, or the second where the first says that it is about events; without
    the 6 of IPv6.
    """
    first, _, rest = report_type.partition("_")
    if first in ("event4", "event6"):
        first = rest.partition("_")[0]
    return first.rstrip("46")


def is_type(said: str, report_type: ReportType) -> bool:
    """Whether a word names a type: its id, an older one, its class, its area, or how it begins."""
    word = said.lower()
    if word.endswith("*"):
        return report_type.id.startswith(word[:-1])
    return word in (
        report_type.id,
        *report_type.aliases,
        class_of(report_type.id),
        report_type.area,
    )
