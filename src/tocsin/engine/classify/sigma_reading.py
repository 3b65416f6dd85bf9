"""A rule given to pySigma, and what pySigma says of it told with the line in its file."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from tocsin.catalogue.rules import PRODUCT, Rule
from tocsin.catalogue.yaml_lines import Path
from tocsin.engine.classify.sigma_sql import DuckDbBackend
from tocsin.model.errors import Problem

_WORD = re.compile(r"[A-Za-z0-9_*-]+")
_CONDITION_WORDS = frozenset({"and", "or", "not", "of", "them", "all", "1", "any"})


class SigmaReader:
    """Makes SQL of one rule after the other; their questions gather."""

    def __init__(self) -> None:
        self._backend = DuckDbBackend()

    @property
    def questions(self) -> Mapping[str, Mapping[str, str]]:
        """What is asked of each column, see `Ruleset`."""
        return self._backend.questions.by_column

    def read(self, rule: Rule) -> str | Problem:
        """The rule as SQL over the answers, or what is wrong with it."""
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
            found = self._backend.convert_rule(read)
        except (SigmaError, NotImplementedError) as error:
            return rule.problem(place, f"Sigma does not take this: {_told(error)}", "")
        if len(found) != 1 or not isinstance(found[0], str):
            return rule.problem(place, "the rule asks nothing", "name a selection")
        return found[0]


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
