"""The rules of a source as SQL: compiled once a process for each state of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.rules import Rule, ruleset_version
from tocsin.engine.classify.clauses import Clauses
from tocsin.engine.classify.family_names import FamilyNames, family_names
from tocsin.engine.classify.wanted import Wanted
from tocsin.model.errors import CatalogueError, Problem

_MOST_KEPT = 64
_kept: dict[tuple[str, str], Ruleset] = {}


@dataclass(frozen=True)
class Ruleset:
    """Rules in the order in which they are asked.

    clauses, wanted: what each rule asks, as SQL and as a tree. marks: what stands in `_rule` of
    the records of each. families: what the families in them are called.
    """

    rules: tuple[Rule, ...]
    clauses: tuple[Clauses, ...]
    marks: tuple[str, ...]
    wanted: tuple[Wanted, ...]
    families: FamilyNames = field(default_factory=lambda: family_names({}))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """All columns that are asked."""
        every = [column for of_rule in self.clauses for clause in of_rule for column in clause]
        return tuple(dict.fromkeys(every))

    def questions(self, column: str) -> int:
        """How many different things are asked of a column."""
        every = [clause.get(column) for of_rule in self.clauses for clause in of_rule]
        return len(set(every) - {None})

    @property
    def outcomes(self) -> tuple[str, ...]:
        """All that the rules make of events, in the order of their first rules."""
        named = [name for rule in self.rules for name in rule.outcomes]
        return tuple(dict.fromkeys(named))


def rules_of(catalogue: Catalogue, source: str) -> Ruleset:
    """The compiled rules of a source; CatalogueError as `compile_rules`."""
    key = (catalogue.version, source)
    if key not in _kept:
        if len(_kept) == _MOST_KEPT:
            _kept.clear()
        compiled = compile_rules(catalogue.rules_of(source))
        _kept[key] = replace(compiled, families=family_names(catalogue.families))
    return _kept[key]


def compile_rules(rules: Sequence[Rule]) -> Ruleset:
    """Compile rules; CatalogueError lists all mistakes that Sigma finds, with file and line."""
    if not rules:
        return Ruleset((), (), (), ())
    # pySigma takes a fifth of a second, which commands without rules need not wait for.
    from tocsin.engine.classify.sigma_reading import read_rule  # noqa: PLC0415 - slow, see above

    read = [read_rule(rule) for rule in rules]
    problems = [each for each in read if isinstance(each, Problem)]
    if problems:
        raise CatalogueError(
            f"{len(problems)} rule{'s' * (len(problems) != 1)} cannot be read as Sigma",
            todo="mend the files below",
            problems=problems,
        )
    version = ruleset_version(rules)
    marks = tuple(f"{rule.id}@{version}" for rule in rules)
    sound = [each for each in read if not isinstance(each, Problem)]
    clauses = tuple(each.clauses for each in sound)
    return Ruleset(tuple(rules), clauses, marks, tuple(each.wanted for each in sound))


def check_rules(catalogue: Catalogue) -> None:
    """Compile all rules there are; CatalogueError as `compile_rules`."""
    compile_rules(catalogue.rules)
