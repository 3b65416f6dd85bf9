"""What the files of rules mean, as frozen values; `engine/classify` makes SQL of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tocsin.catalogue.yaml_lines import Document, Path, Plain
from tocsin.model.errors import Problem

PRODUCT: Final = "tocsin"
USUAL_PRIORITY: Final = 100

NO_MEANING: Final[Mapping[str, bool]] = {"canonical": False}
"""Marks a field that says how something was read, or follows from the rest; not what it means."""

Event = Mapping[str, str]
"""The cells of an event by column."""


class Evidence(StrEnum):
    """What a verdict rests on; only what is one-way may come from a forged address."""

    ONE_WAY = "one-way"
    HANDSHAKE = "handshake"
    AUTHENTICATED = "authenticated"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Corroboration:
    """By how many witnesses a subject has to be seen on a day before anything of it is reported.

    of: `sensors` or `sources`. among: only these count as witnesses; empty: all.
    """

    least: int
    of: str
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A Sigma rule, and what becomes of the events it takes.

    says: cells by column, for events that have none there. columns: column of the record -> the
    event's column that it is filled from. masks, removes: columns of the event of whose cells
    the first letter or nothing is kept. daily_cap: records of a sensor and day, 0: any number.
    detection: Sigma's, as it stands in the file.
    """

    id: str
    title: str
    service: str
    """The source whose events it is asked about, and those of all that extend it."""
    report_types: tuple[str, ...]
    observation: str
    """The kind of observation that an event is kept as beside its records; empty: none."""
    evidence: Evidence
    priority: int
    says: Mapping[str, str]
    columns: Mapping[str, str]
    masks: tuple[str, ...]
    removes: tuple[str, ...]
    daily_cap: int
    corroboration: Corroboration | None
    detection: Mapping[str, Plain]
    hits: tuple[Event, ...]
    misses: tuple[Event, ...]
    document: Document = field(repr=False, compare=False, metadata=NO_MEANING)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What an event becomes: report types, and a kind of observation as `observed` names it."""
        return (*self.report_types, *([observed(self.observation)] if self.observation else []))

    def problem(self, path: Path, what: str, todo: str = "") -> Problem:
        """A mistake at that place of the rule's file."""
        return self.document.problem(path, what, todo)


MAY_BE_FORGED: Final = "address-may-be-forged"
"""The tag of records that rest on one-way evidence."""


_OBSERVED: Final = "observation:"


def observed(kind: str) -> str:
    """A kind of observation as an outcome beside report types, whose ids have no colon."""
    return f"{_OBSERVED}{kind}"


def kind_of(outcome: str) -> str:
    """The kind of observation that an outcome is, empty for a report type."""
    return outcome.removeprefix(_OBSERVED) if outcome.startswith(_OBSERVED) else ""


def in_order(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The order in which rules are asked: by priority, then by id."""
    return tuple(sorted(rules, key=lambda rule: (rule.priority, rule.id)))


def ruleset_version(rules: Iterable[Rule]) -> str:
    """Twelve hexadecimal digits that change with whatever rules say, not with where they stand."""
    said = [
        {
            "id": rule.id,
            "priority": rule.priority,
            "report_types": rule.report_types,
            "evidence": rule.evidence.value,
            "says": dict(rule.says),
            "columns": dict(rule.columns),
            "observation": rule.observation,
            "masks": rule.masks,
            "removes": rule.removes,
            "detection": dict(rule.detection),
        }
        for rule in in_order(rules)
    ]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
