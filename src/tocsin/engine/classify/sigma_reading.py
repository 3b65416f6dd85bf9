"""A rule given to pySigma, and what pySigma says of it told with the line in its file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from sigma.exceptions import SigmaConditionError, SigmaError
from sigma.rule import SigmaRule

from tocsin.catalogue.rules import PRODUCT, Rule
from tocsin.catalogue.yaml_lines import Path, Plain
from tocsin.engine.classify.clauses import MOST, Clauses, TooManyError
from tocsin.engine.classify.sigma_cells import expression_fault, wanted_of
from tocsin.engine.classify.sigma_sql import ColumnBackend
from tocsin.engine.classify.wanted import Wanted
from tocsin.model.errors import Problem

_AT = re.compile(r"\(at char (\d+)\)")
_WORD = re.compile(r"[A-Za-z0-9_*-]+")
_CONDITION_WORDS = frozenset({"and", "or", "not", "of", "them", "all", "1", "any"})
_PLACE: Final[Path] = ("detection", "condition")
_CURE: Final = "put selections together with and, or, not, brackets, 1 of and all of"
_LONGEST_CONDITION: Final = 4_000


@dataclass(frozen=True, slots=True)
class ReadRule:
    """What a rule asks, as clauses of SQL and as a tree."""

    clauses: Clauses
    wanted: Wanted


def read_rule(rule: Rule) -> ReadRule | Problem:
    """The rule as it is asked, or what is wrong with it."""
    mistake = _mistake(rule)
    if mistake is not None:
        return mistake
    try:
        return _read(rule.detection)
    except TooManyError:
        what = f"the condition comes to more than {MOST} alternatives"
        return rule.problem(_PLACE, what, "make several rules of it")
    except RecursionError:  # pySigma reads conditions so
        return rule.problem(_PLACE, "the condition goes too deep", "take brackets and nots out")
    # What a backend lacks pySigma leaves to Python's own errors.
    except (SigmaError, NotImplementedError, TypeError) as error:
        return _told(rule, error)


def _read(detection: Mapping[str, Plain]) -> ReadRule:
    said = {
        "title": "A rule",
        "logsource": {"product": PRODUCT},
        "detection": dict(detection),
    }
    read = SigmaRule.from_dict(said)
    (condition,) = read.detection.parsed_condition
    parsed = condition.parsed
    return ReadRule(ColumnBackend().clauses(parsed), wanted_of(parsed))


def _told(rule: Rule, error: Exception) -> Problem:
    """What pySigma says, at the selection that it means: itself it names no line."""
    for place, key, value in _asked(rule.detection):
        try:
            _read({"one": {key: value}, "condition": "one"})
        except (SigmaError, NotImplementedError, TypeError) as own:
            what = f"Sigma does not take this: {_words(own)}"
            return rule.problem(place, what, "docs/operators/rules.md has what can be asked")
    found = _AT.search(str(error))
    if isinstance(error, SigmaConditionError) and found:
        what = f"the condition cannot be read from its letter {int(found[1]) + 1} on"
        return rule.problem(_PLACE, what, _CURE)
    return rule.problem(_PLACE, f"Sigma does not take this: {_words(error)}", _CURE)


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _asked(detection: Mapping[str, Plain]) -> Iterator[tuple[Path, str, Plain]]:
    """Every column with what is wanted of it, and its place in the file."""
    for name, selection in detection.items():
        if name == "condition":
            continue
        listed = isinstance(selection, list)
        for number, part in enumerate(selection if isinstance(selection, list) else [selection]):
            within: Path = ("detection", name, *((number,) if listed else ()))
            for key, value in cast("Mapping[str, Plain]", part).items():
                yield (*within, key), key, value


def _mistake(rule: Rule) -> Problem | None:
    """What can be told better than pySigma does."""
    condition = str(rule.detection["condition"])
    names = [name for name in rule.detection if name != "condition"]
    if not names:
        return rule.problem(_PLACE, "the rule has no selection", "write one above the condition")
    for name in names:
        if not _WORD.fullmatch(name) or "*" in name or name.lower() in _CONDITION_WORDS:
            what = f"no condition can say {name!r}, which is the name of a selection"
            return rule.problem(
                ("detection", name), what, "letters, digits, _ and -; no and, or, not"
            )
    what, todo = _condition_mistake(condition, rule.detection)
    if what:
        return rule.problem(_PLACE, what, todo)
    for place, key, value in _asked(rule.detection):
        if "re" in key.split("|")[1:]:
            for each in value if isinstance(value, list) else [value]:
                if fault := expression_fault(str(each)):
                    what = f"{str(each)[:60]!r} is no regular expression of RE2's: {fault}"
                    return rule.problem(
                        place, what[:300], "mend it; RE2 looks neither ahead nor back"
                    )
    return None


def _condition_mistake(condition: str, detection: Mapping[str, Plain]) -> tuple[str, str]:
    if "|" in condition:
        todo = "what counts events is a correlation, which has a file of its own"
        return "the condition counts what it finds", todo
    if len(condition) > _LONGEST_CONDITION:
        return (
            f"the condition is longer than {_LONGEST_CONDITION} letters",
            "make several rules of it",
        )
    depth = 0
    for letter in condition:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return "the condition closes a bracket that it does not open", "take it out"
    if depth:
        return "the condition opens a bracket that it does not close", "close it"
    unknown = _unknown_selections(condition, detection)
    if unknown:
        known = ", ".join(name for name in detection if name != "condition")
        what = f"the condition names {unknown[0]!r}, which is no selection of the rule"
        return what, f"there are {known}"
    return "", ""


def _unknown_selections(condition: str, detection: Mapping[str, Plain]) -> list[str]:
    """Names in the condition that no selection has, `*` standing for anything."""
    names = [name for name in detection if name != "condition"]
    words = [word for word in _WORD.findall(condition) if word.lower() not in _CONDITION_WORDS]
    return [word for word in words if not any(_fits(word, name) for name in names)]


def _fits(word: str, name: str) -> bool:
    return re.fullmatch(re.escape(word).replace(r"\*", ".*"), name) is not None
