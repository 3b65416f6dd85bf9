"""What is wrong with rules that load: examples that fail, rules that never get anything.

A rule whose examples fail is not what its author thinks; one that can take nothing, or all of
whose events go to a rule that is asked earlier, makes no record ever. Both are told with the
place in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tocsin.catalogue.build_rules import SENSOR
from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.rules import Rule, kind_of
from tocsin.engine.classify.compiled import Ruleset, compile_rules
from tocsin.engine.classify.examples import failed_examples
from tocsin.engine.classify.wanted import Wanted, columns_of, in_words, takes
from tocsin.engine.rule_check.finding import Finding, Kind
from tocsin.engine.rule_check.possible import covers, dead_parts, is_impossible
from tocsin.engine.rule_check.together import check_correlations

_LONGEST = 120
_PLACE = ("detection", "condition")


Progress = Callable[[str, int, int], None]
"""Called with what is going on, how far it is, and of how much."""


def check_rules(catalogue: Catalogue, progress: Progress) -> tuple[Finding, ...]:
    """Everything that is wrong with rules and correlations, by file and line.

    CatalogueError if they cannot be read as Sigma.
    """
    ruleset = compile_rules(catalogue.rules)
    checking = _Checking(catalogue, ruleset)
    found: list[Finding] = [*check_correlations(catalogue)]
    for number, rule in enumerate(ruleset.rules):
        progress("checking rules", number, len(ruleset.rules))
        found += _examples(rule)
        found += checking.rule(number)
    progress("checking rules", len(ruleset.rules), len(ruleset.rules))
    return tuple(sorted(found, key=lambda finding: finding.problem))


def _examples(rule: Rule) -> Iterator[Finding]:
    for problem in failed_examples([rule]):
        yield Finding(Kind.EXAMPLE, rule, problem)


class _Checking:
    def __init__(self, catalogue: Catalogue, ruleset: Ruleset) -> None:
        self.catalogue = catalogue
        self.rules = ruleset.rules
        self.wanted = ruleset.wanted

    def rule(self, number: int) -> Iterator[Finding]:
        rule, wanted = self.rules[number], self.wanted[number]
        if is_impossible(wanted, rule.hits):
            what = f"the rule can take nothing: it wants that {_short(wanted)}"
            yield _finding(Kind.NEVER, rule, what, "take out what contradicts the rest")
            return
        for part in dead_parts(wanted, rule.hits):
            what = f"this alternative can take nothing beside the rest: {_short(part)}"
            yield _finding(Kind.DEAD_PART, rule, what, "take it out, or what contradicts it")
        yield from self._shadows(number)
        yield from self._cells_that_nobody_gives(rule, wanted)

    # --- rules that are asked earlier ---------------------------------------------------

    def _shadows(self, number: int) -> Iterator[Finding]:
        rule = self.rules[number]
        for outcome in rule.outcomes:
            earlier = self._earlier(number, outcome)
            finding = self._covered(number, outcome, earlier)
            if finding is None:
                finding = self._without_own_hit(rule, outcome, earlier)
            if finding is not None:
                yield finding

    def _earlier(self, number: int, outcome: str) -> list[int]:
        """The rules that are asked before it of each of its events, for the same outcome."""
        lineage = self.catalogue.lineage(self.rules[number].service)
        return [
            place
            for place in range(number)
            if outcome in self.rules[place].outcomes and self.rules[place].service in lineage
        ]

    def _covered(self, number: int, outcome: str, earlier: Sequence[int]) -> Finding | None:
        rule, wanted = self.rules[number], self.wanted[number]
        for place in earlier:
            # A hit that the other leaves saves the long way.
            if not all(takes(self.wanted[place], hit) for hit in rule.hits):
                continue
            if covers(self.wanted[place], wanted, rule.hits):
                first = self.rules[place]
                what = f"all that it takes goes to {_named(first)}, {_becomes(outcome)}"
                todo = "give it a smaller priority, ask for less there, or take it out"
                return _finding(Kind.SHADOWED, rule, what, todo, first.id)
        return None

    def _without_own_hit(self, rule: Rule, outcome: str, earlier: Sequence[int]) -> Finding | None:
        takers = [
            next((place for place in earlier if takes(self.wanted[place], hit)), None)
            for hit in rule.hits
        ]
        if None in takers or takers[0] is None:
            return None
        first = self.rules[takers[0]]
        what = f"each of its hits goes to a rule that is asked earlier, such as {_named(first)}"
        todo = f"give it a hit that only it takes, {_becomes(outcome)}"
        place = ("tocsin", "examples", "hits")
        return Finding(Kind.NO_OWN_HIT, rule, rule.problem(place, what, todo), first.id)

    # --- columns ------------------------------------------------------------------------

    def _cells_that_nobody_gives(self, rule: Rule, wanted: Wanted) -> Iterator[Finding]:
        """What a rule asks of sources that all say what their columns are, and not this one."""
        sources = [
            source
            for name, source in self.catalogue.sources.items()
            if rule.service in self.catalogue.lineage(name)
        ]
        given: set[str] = {SENSOR}
        for source in sources:
            if source.reading is None:
                return
            given |= {column.column for column in source.reading.columns}
            given |= source.reading.named | {*source.reading.header}
        for column in dict.fromkeys(columns_of(wanted)):
            if column not in given:
                what = f"the reading of {rule.service!r} makes no column {column!r}"
                yield _finding(Kind.NO_SUCH_CELL, rule, what, "name it there, or ask for another")


def _finding(kind: Kind, rule: Rule, what: str, todo: str, other: str = "") -> Finding:
    return Finding(kind, rule, rule.problem(_PLACE, what, todo), other)


def _short(wanted: Wanted) -> str:
    said = " ".join(in_words(wanted).split())
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"


def _named(rule: Rule) -> str:
    return f"{rule.title!r} ({rule.id}), priority {rule.priority}"


def _becomes(outcome: str) -> str:
    kind = kind_of(outcome)
    return f"as an observation {kind!r}" if kind else f"as records of {outcome!r}"
