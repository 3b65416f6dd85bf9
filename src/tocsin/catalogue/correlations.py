"""What the files of correlations mean, as frozen values; `engine/correlate` makes SQL of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.catalogue.rules import NO_MEANING, Event, Evidence
from tocsin.catalogue.yaml_lines import Document, Path
from tocsin.model.errors import Problem


class CorrelationKind(StrEnum):
    """What of a group's observations within the span is held against the threshold."""

    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    VALUE_SUM = "value_sum"
    TEMPORAL = "temporal"


class AggregateKind(StrEnum):
    """What is worked out over the observations of an episode; the last five of a column."""

    EVENTS = "events"
    FIRST = "first"
    LAST = "last"
    SECONDS = "seconds"
    SUM = "sum"
    DISTINCT = "distinct"
    RATE = "rate"
    PEAK = "peak"
    ONE = "one"

    @property
    def of_column(self) -> bool:
        """Whether it says something of a column."""
        return self in _OF_COLUMN


_OF_COLUMN = frozenset(
    {
        AggregateKind.SUM,
        AggregateKind.DISTINCT,
        AggregateKind.RATE,
        AggregateKind.PEAK,
        AggregateKind.ONE,
    }
)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One thing that is worked out; `column` is empty where it is of none."""

    kind: AggregateKind
    column: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """In an example: the same observation several times, `{n}` in its cells being the number."""

    cells: Event
    times: int = 1
    every: dt.timedelta = dt.timedelta(seconds=1)
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Correlation:
    """Which observations of one group within a span of time are harm together.

    rules: ids of the rules whose observations are read. kinds: what these keep them as. group_by:
    columns whose equal cells make a group. threshold: from which number on it holds. column: the
    one whose values are counted or summed, empty for events and rules. says: cells of the record
    by column. columns: column of the record -> column of the group. aggregates: by column of the
    record.
    """

    id: str
    title: str
    kind: CorrelationKind
    rules: tuple[str, ...]
    kinds: tuple[str, ...]
    group_by: tuple[str, ...]
    timespan: dt.timedelta
    threshold: int
    column: str
    report_types: tuple[str, ...]
    evidence: Evidence
    says: Mapping[str, str]
    columns: Mapping[str, str]
    aggregates: Mapping[str, Aggregate]
    hits: tuple[tuple[Series, ...], ...]
    misses: tuple[tuple[Series, ...], ...]
    document: Document = field(repr=False, compare=False, metadata=NO_MEANING)

    def problem(self, path: Path, what: str, todo: str = "") -> Problem:
        """A mistake at that place of the correlation's file."""
        return self.document.problem(path, what, todo)

    @property
    def asked(self) -> tuple[str, ...]:
        """The columns of observations that it needs, each once."""
        of_aggregates = (each.column for each in self.aggregates.values() if each.column)
        own = (*self.group_by, *([self.column] if self.column else []))
        return tuple(dict.fromkeys((*own, *of_aggregates)))

    @property
    def mark(self) -> str:
        """What stands in `_rule` of its records: its id, and what changes with whatever it says."""
        said = json.dumps(
            {
                "kind": self.kind,
                "rules": self.rules,
                "group_by": self.group_by,
                "seconds": self.timespan.total_seconds(),
                "threshold": self.threshold,
                "column": self.column,
                "report_types": self.report_types,
                "evidence": self.evidence,
                "says": dict(self.says),
                "columns": dict(self.columns),
                "aggregates": {n: [a.kind, a.column] for n, a in self.aggregates.items()},
            },
            sort_keys=True,
            separators=(",", ":"),
        )
        return f"{self.id}@{hashlib.sha256(said.encode()).hexdigest()[:12]}"


def kinds_asked(correlations: Iterable[Correlation]) -> frozenset[str]:
    """All kinds of observation that any of them reads."""
    return frozenset(_kinds(correlations))


def _kinds(correlations: Iterable[Correlation]) -> Iterator[str]:
    for each in correlations:
        yield from each.kinds
