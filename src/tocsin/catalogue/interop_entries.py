"""What the files of `interop/` mean: how a row is said in another vocabulary, as frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tocsin.catalogue.entries import ReportType

Said = str | tuple[str, ...]
"""A text, or the entries of a list; facts in braces stand for themselves."""

SUBJECT: Final = "$subject"
SUBJECT_PORT: Final = "$subject_port"
STAND_INS: Final = (SUBJECT, SUBJECT_PORT)
"""What stands for the subject's column and its port's, whichever they are in a type."""

FACTS: Final = (
    "id",
    "type",
    "title",
    "severity",
    "tlp",
    "tlp_word",
    "rsit_class",
    "rsit_type",
    "service",
    "organisation",
    "contact",
    "domain",
    "node",
)
"""What texts may name in braces.

id: of the row, a UUID. type, title: of the report. severity: of the row. tlp: of the row, in the
vocabulary's word; tlp_word: in ours. rsit_class, rsit_type: the report type's in the Reference
Security Incident Taxonomy. service: what the report type is about, as in `telnet`. organisation,
contact, domain: who reports. node: a name for this installation, after the domain.
"""

BRACES: Final = re.compile(r"\{([a-z_]*)\}")


class Pick(StrEnum):
    """Which of a field's columns is taken.

    first: the first one that the type has. any: the first one with a fitting cell. all: every one
    with a fitting cell.
    """

    FIRST = "from"
    ANY = "any"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of another vocabulary: kind of value, and the columns that may fill it.

    one_of: the only values that fit, none for any. least, greatest: bounds of an integer. most:
    characters at most, 0 for any number.
    """

    path: str
    kind: str
    pick: Pick
    columns: tuple[str, ...]
    one_of: frozenset[str] = frozenset()
    least: int | None = None
    greatest: int | None = None
    most: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What rows of some types are there. Without types, taxonomies and areas it is for all."""

    types: frozenset[str]
    taxonomies: frozenset[str]
    areas: frozenset[str]
    needs: tuple[str, ...]
    without: frozenset[str]
    fields: tuple[Field, ...]
    says: Mapping[str, Said]

    def fits(self, entry: ReportType) -> bool:
        """Whether the rule is for the type's rows."""
        if not (self.types or self.taxonomies or self.areas):
            return True
        named = entry.id in self.types or entry.area in self.areas
        return named or entry.taxonomy in self.taxonomies

    @property
    def is_last(self) -> bool:
        """Whether it takes every row there may be."""
        return not (self.types or self.taxonomies or self.areas or self.needs)


@dataclass(frozen=True, slots=True)
class OtherVocabulary:
    """One file of `interop/`, with what the home adds to it; see `schema/interop.json`."""

    name: str
    title: str
    nested: bool
    needs_reporter: bool
    rest: str
    evidence: str
    tlp: Mapping[str, str]
    always: Mapping[str, Said]
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
