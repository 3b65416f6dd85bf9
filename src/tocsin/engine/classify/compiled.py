"""The rules of a source as SQL: compiled once a process for each state of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.rules import Rule, ruleset_version
from tocsin.model.errors import CatalogueError, Problem

_MOST_KEPT = 8
_kept: dict[tuple[str, str], Ruleset] = {}


@dataclass(frozen=True)
class Ruleset:
    """Rules in the order in which they are asked.

    questions: column -> SQL of what is asked of it -> name of the answer. verdicts: each rule as
    SQL over these names. marks: what stands in `_rule` of the records of each.
    """

    rules: tuple[Rule, ...]
    questions: Mapping[str, Mapping[str, str]]
    verdicts: tuple[str, ...]
    marks: tuple[str, ...]

    @property
    def report_types(self) -> tuple[str, ...]:
        """All types that the rules make records of, in the order of their first rules."""
        named = [name for rule in self.rules for name in rule.report_types]
        return tuple(dict.fromkeys(named))


def rules_of(catalogue: Catalogue, source: str) -> Ruleset:
    """The compiled rules of a source; CatalogueError as `compile_rules`."""
    key = (catalogue.version, source)
    if key not in _kept:
        if len(_kept) == _MOST_KEPT:
            _kept.clear()
        _kept[key] = compile_rules(catalogue.rules_of(source))
    return _kept[key]


def compile_rules(rules: Sequence[Rule]) -> Ruleset:
    """Compile rules; CatalogueError lists all mistakes that Sigma finds, with file and line."""
    if not rules:
        return Ruleset((), {}, (), ())
    # pySigma takes a fifth of a second, which commands without rules need not wait for.
    from tocsin.engine.classify.sigma_reading import SigmaReader  # noqa: PLC0415

    reader = SigmaReader()
    verdicts: list[str] = []
    problems: list[Problem] = []
    for rule in rules:
        read = reader.read(rule)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            verdicts.append(read)
    if problems:
        raise CatalogueError(
            f"{len(problems)} rule{'s' * (len(problems) != 1)} cannot be read as Sigma",
            todo="mend the files below",
            problems=problems,
        )
    version = ruleset_version(rules)
    marks = tuple(f"{rule.id}@{version}" for rule in rules)
    return Ruleset(tuple(rules), reader.questions, tuple(verdicts), marks)


def check_rules(catalogue: Catalogue) -> None:
    """Compile all rules there are; CatalogueError as `compile_rules`."""
    compile_rules(catalogue.rules)
