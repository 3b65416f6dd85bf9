"""From the files of correlations to correlations that fit the rules and types there are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import Final, cast

from tocsin.catalogue.build_rules import SAYS, Known, accuses
from tocsin.catalogue.correlations import (
    Aggregate,
    AggregateKind,
    Correlation,
    CorrelationKind,
    Series,
)
from tocsin.catalogue.entries import OBSERVED, ReportType
from tocsin.catalogue.nearest import in_type, nearest
from tocsin.catalogue.raw import RawCorrelation, RawSeries
from tocsin.catalogue.rules import Evidence, Rule
from tocsin.catalogue.sections import Section
from tocsin.catalogue.yaml_lines import Path
from tocsin.model.columns import ColumnKind
from tocsin.model.errors import Problem

LONGEST: Final = dt.timedelta(days=1)
"""Thresholds look back one span into the day before, and no further."""

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_OF_A_COLUMN: Final = (CorrelationKind.VALUE_COUNT, CorrelationKind.VALUE_SUM)

Told = tuple[Path, str, str]
"""Where in the file, what, what to do."""


def is_correlation(section: Section) -> bool:
    """Whether a file of rules is a correlation's."""
    data = section.document.data
    return isinstance(data, dict) and "correlation" in data


def build_correlation(
    section: Section, known: Known, rules: Mapping[str, Rule]
) -> tuple[Correlation | None, list[Problem]]:
    """The correlation of a file, None where it has mistakes; `rules`: those there are, by id."""
    if not section.readable or section.broken or section.problems:
        return None, []
    raw = cast(RawCorrelation, section.document.data)
    mistakes = [*_rule_mistakes(raw, rules)]
    if not mistakes:
        read = _Reader(raw, known, [rules[each] for each in raw["correlation"]["rules"]])
        mistakes = [*read.mistakes()]
        if not mistakes:
            return read.correlation(section), []
    return None, [section.document.problem(*mistake) for mistake in mistakes]


def _rule_mistakes(raw: RawCorrelation, rules: Mapping[str, Rule]) -> Iterator[Told]:
    for number, name in enumerate(raw["correlation"]["rules"]):
        place: Path = ("correlation", "rules", number)
        if name not in rules:
            todo = "name the id of a rule; tocsin rules list tells those there are"
            yield place, f"there is no rule {name!r}", todo
        elif not rules[name].observation:
            todo = "let it say tocsin: observation"
            yield place, f"the rule {name!r} keeps no observation", todo


class _Reader:
    """One correlation on its way; the rules that it names are there."""

    def __init__(self, raw: RawCorrelation, known: Known, rules: list[Rule]) -> None:
        self._said = raw["correlation"]
        self._emits = raw["tocsin"]
        self._raw = raw
        self._known = known
        self._rules = rules
        self._kind = CorrelationKind(self._said["type"])
        self._group = tuple(self._said["group-by"])
        self._kept = self._kept_columns()

    def _kept_columns(self) -> dict[str, ColumnKind]:
        """What all observations have that are read."""
        kinds = [self._known.observations[rule.observation].columns for rule in self._rules]
        both_sides = dict.fromkeys(OBSERVED, ColumnKind.TEXT)
        both_sides |= dict.fromkeys(("port", "src_port", "dst_port"), ColumnKind.INTEGER)
        shared = set.intersection(*(set(kind) for kind in kinds))
        return {**both_sides, **{name: kinds[0][name] for name in sorted(shared)}}

    # --- mistakes -----------------------------------------------------------------------

    def mistakes(self) -> Iterator[Told]:
        """Everything in which it does not fit."""
        for number, name in enumerate(self._group):
            yield from self._column_mistakes(("correlation", "group-by", number), name)
        if _span(self._said["timespan"]) > LONGEST:
            yield ("correlation", "timespan"), "a span is a day at most", "say 1d, or less"
        yield from self._condition_mistakes()
        yield from self._aggregate_mistakes()
        yield from self._evidence_mistakes()
        for number, name in enumerate(self._emits["report_types"]):
            yield from self._type_mistakes(("tocsin", "report_types", number), name)
        for target, origin in self._emits.get("columns", {}).items():
            if origin not in self._group:
                what = f"{origin!r} is not among the columns of the group"
                todo = f"group-by says {', '.join(self._group)}"
                yield ("tocsin", "columns", target), what, todo
        yield from self._example_mistakes()

    def _column_mistakes(self, place: Path, name: str, *, number: bool = False) -> Iterator[Told]:
        kind = self._kept.get(name)
        if kind is None:
            names = ", ".join(sorted({rule.observation for rule in self._rules}))
            what = f"the observation {names} keeps no column {name!r}"
            yield place, what, nearest(name, self._kept)
        elif number and kind is not ColumnKind.INTEGER:
            yield place, f"the column {name!r} holds no numbers", "sum one that does"

    def _condition_mistakes(self) -> Iterator[Told]:
        said = self._said.get("condition", {})
        place: Path = ("correlation", "condition")
        if self._kind is CorrelationKind.TEMPORAL:
            if said:
                yield place, "a temporal correlation has no condition", "leave it out"
            if len(self._rules) < 2:
                yield (
                    ("correlation", "rules"),
                    "one rule cannot come together with others",
                    "name two",
                )
            return
        if ("gte" in said) == ("gt" in said):
            yield place, "one of gte and gt has to be said", "say from which number on it is harm"
        if self._kind in _OF_A_COLUMN:
            if "field" in said:
                summed = self._kind is CorrelationKind.VALUE_SUM
                yield from self._column_mistakes((*place, "field"), said["field"], number=summed)
            else:
                yield place, "it does not say of which column", "say field: COLUMN"
        elif "field" in said:
            yield (*place, "field"), "events are counted, and not a column", "say value_count"

    def _aggregate_mistakes(self) -> Iterator[Told]:
        for target, raw in self._emits.get("aggregates", {}).items():
            place: Path = ("tocsin", "aggregates", target)
            if isinstance(raw, str):
                plain = [kind.value for kind in AggregateKind if not kind.of_column]
                if raw not in plain:
                    yield place, f"{raw!r} is nothing to work out", f"there are {', '.join(plain)}"
                continue
            ((kind, column),) = raw.items()
            summed = AggregateKind(kind) not in (AggregateKind.ONE, AggregateKind.DISTINCT)
            yield from self._column_mistakes((*place, kind), column, number=summed)

    def _evidence_mistakes(self) -> Iterator[Told]:
        if self._emits["evidence"] == Evidence.ONE_WAY:
            return
        for number, rule in enumerate(self._rules):
            if rule.evidence is Evidence.ONE_WAY:
                what = f"the rule {rule.id!r} rests on one-way evidence, and so does this"
                yield ("correlation", "rules", number), what, "say evidence: one-way"

    def _type_mistakes(self, place: Path, name: str) -> Iterator[Told]:
        found = self._known.report_types.get(name)
        if found is None:
            yield place, f"there is no report type {name!r}", nearest(name, self._types)
            return
        one_way = self._emits["evidence"] == Evidence.ONE_WAY
        if one_way and accuses(found):
            what = f"one-way evidence cannot make a record of {name!r}"
            yield place, what, "an address that may be forged proves nothing against its owner"
        said = cast("Mapping[str, str]", self._emits)
        typed = [key for key in SAYS if key in said and key != "confidence"]
        named = [("columns", key) for key in self._emits.get("columns", {})]
        named += [("values", key) for key in self._emits.get("values", {})]
        named += [("aggregates", key) for key in self._emits.get("aggregates", {})]
        for path, column in [
            *(((key,), key) for key in typed),
            *((each, each[1]) for each in named),
        ]:
            if found.column(column) is None:
                todo = in_type(column, name, found.column_names)
                yield ("tocsin", *path), f"the report type {name!r} has no column {column!r}", todo
        if found.subject.column and found.subject.column not in self._filled(found):
            what = f"nothing says the subject of {name!r}, {found.subject.column!r}"
            yield place, what, "put it into group-by, or name it in tocsin: columns"
        if one_way and found.column("tag") is None:
            what = f"{name!r} has no column tag, which says that an address may be forged"
            yield place, what, "let evidence of another kind make its records"

    @property
    def _types(self) -> Collection[str]:
        return self._known.report_types

    def _filled(self, report_type: ReportType) -> set[str]:
        own = {name for name in self._group if report_type.column(name)}
        return own | set(self._emits.get("columns", {}))

    def _example_mistakes(self) -> Iterator[Told]:
        for kind, examples in self._emits["examples"].items():
            for number, series in enumerate(cast("list[list[RawSeries]]", examples)):
                for step, each in enumerate(series):
                    place: Path = ("tocsin", "examples", kind, number, step)
                    for name in each["observation"]:
                        yield from self._column_mistakes((*place, "observation", name), name)
                    if each.get("rule", self._rules[0].id) not in self._said["rules"]:
                        todo = "name one of correlation: rules"
                        yield (*place, "rule"), "the correlation does not read this rule", todo

    # --- what it says -------------------------------------------------------------------

    def correlation(self, section: Section) -> Correlation:
        """The correlation; it has no mistakes."""
        said = cast("Mapping[str, str]", self._emits)
        condition = self._said.get("condition", {})
        temporal = self._kind is CorrelationKind.TEMPORAL
        least = condition.get("gte", condition.get("gt", 0) + 1)
        return Correlation(
            id=self._raw["id"],
            title=self._raw["title"],
            kind=self._kind,
            rules=tuple(self._said["rules"]),
            kinds=tuple(sorted({rule.observation for rule in self._rules})),
            group_by=self._group,
            timespan=_span(self._said["timespan"]),
            threshold=len(self._rules) if temporal else least,
            column=condition.get("field", ""),
            report_types=tuple(self._emits["report_types"]),
            evidence=Evidence(self._emits["evidence"]),
            says={
                **{key: said[key] for key in SAYS if key in said},
                **{name: str(cell) for name, cell in self._emits.get("values", {}).items()},
            },
            columns=self._emits.get("columns", {}),
            aggregates={
                name: _aggregate(raw) for name, raw in self._emits.get("aggregates", {}).items()
            },
            hits=_examples(self._emits["examples"]["hits"]),
            misses=_examples(self._emits["examples"]["misses"]),
            document=section.document,
        )


def _aggregate(raw: str | dict[str, str]) -> Aggregate:
    if isinstance(raw, str):
        return Aggregate(AggregateKind(raw))
    ((kind, column),) = raw.items()
    return Aggregate(AggregateKind(kind), column)


def _examples(raw: list[list[RawSeries]]) -> tuple[tuple[Series, ...], ...]:
    return tuple(tuple(_series(each) for each in series) for series in raw)


def _series(raw: RawSeries) -> Series:
    return Series(
        cells={name: str(cell) for name, cell in raw["observation"].items()},
        times=raw.get("times", 1),
        every=_span(raw.get("every", "1s")),
        rule=raw.get("rule", ""),
    )


def _span(text: str) -> dt.timedelta:
    return dt.timedelta(seconds=int(text[:-1]) * _SECONDS[text[-1]])
