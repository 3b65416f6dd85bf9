"""Runs the examples that every rule carries: events that it has to take, and to leave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from tocsin.catalogue.rules import Event, Rule
from tocsin.engine.classify.compiled import Ruleset, compile_rules
from tocsin.engine.classify.verdicts import verdicts
from tocsin.model.errors import Problem


def failed_examples(rules: Sequence[Rule]) -> tuple[Problem, ...]:
    """Every example that its rule judges otherwise; CatalogueError if rules cannot be compiled."""
    compile_rules(rules)  # so that the mistakes of all are told
    return tuple(problem for rule in rules for problem in _failed(rule))


def _failed(rule: Rule) -> Iterator[Problem]:
    events = (*rule.hits, *rule.misses)
    taken = takes(compile_rules([rule]), events)
    for number in range(len(events)):
        is_hit = number < len(rule.hits)
        if (number in taken) != is_hit:
            kind, place = ("hits", number) if is_hit else ("misses", number - len(rule.hits))
            verb = "leaves an event that it has to take" if is_hit else "takes what it has to leave"
            yield rule.problem(("tocsin", "examples", kind, place), f"the rule {verb}")


def takes(ruleset: Ruleset, events: Sequence[Event]) -> set[int]:
    """The numbers of the events that any rule takes."""
    cells = {
        name: pa.array([event.get(name) for event in events], pa.string())
        for name in ruleset.columns
    }
    found = verdicts(cells, len(events), ruleset)
    return {row for each in found for row in each.rows.tolist()}
