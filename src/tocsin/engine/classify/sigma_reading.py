"""A rule given to pySigma, and what pySigma says of it told with the line in its file."""

from __future__ import annotations

import re

from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from tocsin.catalogue.rules import PRODUCT, Rule
from tocsin.catalogue.yaml_lines import Path
from tocsin.engine.classify.clauses import MOST, Clauses, TooManyError
from tocsin.engine.classify.sigma_sql import ColumnBackend
from tocsin.model.errors import Problem

_WORD = re.compile(r"[A-Za-z0-9_*-]+")
_CONDITION_WORDS = frozenset({"and", "or", "not", "of", "them", "all", "1", "any"})


def read_rule(rule: Rule) -> Clauses | Problem:
    """The rule as clauses, or what is wrong with it."""
    said = {
        "title": rule.title,
        "id": rule.id,
        "logsource": {"product": PRODUCT, "service": rule.service},
        "detection": dict(rule.detection),
    }
    place: Path = ("detection", "condition")
    unknown = _unknown_selections(rule)
    if unknown:
        known = ", ".join(name for name in rule.detection if name != "condition")
        what = f"the condition names {unknown[0]!r}, which is no selection of the rule"
        return rule.problem(place, what, f"there are {known}")
    try:
        read = SigmaRule.from_dict(said)
        (condition,) = read.detection.parsed_condition
        return ColumnBackend().clauses(condition.parsed)
    except TooManyError:
        what = f"the condition comes to more than {MOST} alternatives"
        return rule.problem(place, what, "make several rules of it")
    # pySigma reads conditions by recursion, and leaves what a backend lacks to Python's own error.
    except (SigmaError, NotImplementedError, RecursionError) as error:
        return rule.problem(place, f"Sigma does not take this: {_told(error)}")


def _unknown_selections(rule: Rule) -> list[str]:
    """Names in the condition that no selection has, `*` standing for anything."""
    names = [name for name in rule.detection if name != "condition"]
    words = [
        word
        for word in _WORD.findall(str(rule.detection["condition"]))
        if word.lower() not in _CONDITION_WORDS
    ]
    return [word for word in words if not any(_fits(word, name) for name in names)]


def _fits(word: str, name: str) -> bool:
    return re.fullmatch(re.escape(word).replace(r"\*", ".*"), name) is not None


def _told(error: Exception) -> str:
    return " ".join(str(error).split())
