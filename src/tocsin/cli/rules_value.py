"""What `tocsin rules ... --json` prints; the keys are documented and only ever added to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tocsin.catalogue.correlations import Correlation
from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.rules import Rule, kind_of
from tocsin.engine.classify.correlation_words import (
    aggregate_in_words,
    correlation_in_words,
    span_in_words,
)
from tocsin.engine.classify.wanted import Decided, Wanted, columns_of, in_words
from tocsin.engine.rule_check.finding import Finding
from tocsin.engine.rule_check.trial import OfOutcome, Trial


def list_value(
    rules: Sequence[Rule], correlations: Sequence[Correlation] = ()
) -> dict[str, object]:
    """The rules in their order, and the correlations."""
    return {
        "rules": [_in_short(rule) for rule in rules],
        "correlations": [_together_in_short(each) for each in correlations],
    }


def _together_in_short(correlation: Correlation) -> dict[str, object]:
    return {
        "id": correlation.id,
        "title": correlation.title,
        "observations": list(correlation.kinds),
        "evidence": correlation.evidence.value,
        "report_types": list(correlation.report_types),
        "file": correlation.document.where,
    }


def correlation_value(correlation: Correlation) -> dict[str, object]:
    """All that is to be said of one correlation."""
    return {
        **_together_in_short(correlation),
        "asks": correlation_in_words(correlation),
        "type": correlation.kind.value,
        "rules": list(correlation.rules),
        "group_by": list(correlation.group_by),
        "timespan": span_in_words(correlation.timespan),
        "threshold": correlation.threshold,
        "column": correlation.column or None,
        "says": dict(correlation.says),
        "columns": dict(correlation.columns),
        "aggregates": {n: aggregate_in_words(a) for n, a in correlation.aggregates.items()},
        "hits": len(correlation.hits),
        "misses": len(correlation.misses),
    }


def _in_short(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "title": rule.title,
        "source": rule.service,
        "priority": rule.priority,
        "evidence": rule.evidence.value,
        "report_types": list(rule.report_types),
        "observation": rule.observation or None,
        "file": rule.document.where,
    }


def rule_value(rule: Rule, wanted: Wanted, catalogue: Catalogue) -> dict[str, object]:
    """All that is to be said of one rule."""
    return {
        **_in_short(rule),
        "asks": in_words(wanted),
        "asked_columns": sorted(set(columns_of(wanted))),
        "says": dict(rule.says),
        "columns": dict(rule.columns),
        "mask": list(rule.masks),
        "remove": list(rule.removes),
        "daily_cap": rule.daily_cap or None,
        "sources": sources_of(rule, catalogue),
        "before": [each.id for each in before(rule, catalogue)],
        "hits": [dict(each) for each in rule.hits],
        "misses": [dict(each) for each in rule.misses],
    }


def sources_of(rule: Rule, catalogue: Catalogue) -> list[str]:
    """The sources whose events the rule is asked about."""
    return sorted(name for name in catalogue.sources if rule.service in catalogue.lineage(name))


def before(rule: Rule, catalogue: Catalogue) -> list[Rule]:
    """The rules that are asked before it for what it makes too."""
    asked = catalogue.rules_of(rule.service)
    return [
        each
        for each in asked[: asked.index(rule)]
        if set(each.outcomes).intersection(rule.outcomes)
    ]


def examples_of(catalogue: Catalogue) -> int:
    """How many examples rules and correlations have."""
    every: list[Rule | Correlation] = [*catalogue.rules, *catalogue.correlations]
    return sum(len(each.hits) + len(each.misses) for each in every)


def check_value(catalogue: Catalogue, found: Sequence[Finding]) -> dict[str, object]:
    """What was checked, and everything that was found."""
    return {
        "version": catalogue.version,
        "rules": len(catalogue.rules),
        "correlations": len(catalogue.correlations),
        "examples": examples_of(catalogue),
        "findings": [
            {
                "kind": finding.kind.value,
                "rule": finding.rule.id,
                "title": finding.rule.title,
                "file": finding.problem.where,
                "line": finding.problem.line,
                "what": finding.problem.what,
                "todo": finding.problem.todo,
                "other": finding.other or None,
            }
            for finding in found
        ],
    }


def trial_value(rule: Rule, seen: Trial) -> dict[str, object]:
    """What a rule made of a log."""
    return {
        "rule": rule.id,
        "title": rule.title,
        "source": seen.source,
        "events": seen.events,
        "taken": seen.taken,
        "left": seen.left,
        "not_asked": seen.not_asked,
        "unreadable": dict(seen.unreadable),
        "dropped": dict(seen.dropped),
        "outcomes": [_outcome(name, each) for name, each in seen.outcomes.items()],
        "nearly": dict(seen.near),
        "near_rows": [{"line": each.line, **_decided(each.lacks)} for each in seen.near_rows],
    }


def _outcome(name: str, seen: OfOutcome) -> Mapping[str, object]:
    kind = kind_of(name)
    return {
        "report_type": None if kind else name,
        "observation": kind or None,
        "made": seen.made,
        "rejected": dict(seen.turned_away),
        "elsewhere": dict(seen.elsewhere),
        "first": [{"line": each.line, "cells": dict(each.cells)} for each in seen.first],
    }


def _decided(lack: Decided) -> Mapping[str, object]:
    return {"column": lack.column, "cell": lack.cell, "wanted": lack.words(wanted=True)}
