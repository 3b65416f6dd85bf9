"""The rule or correlation that somebody means: by its id, by how its title begins, by its file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tocsin.catalogue.correlations import Correlation
from tocsin.catalogue.rules import Rule
from tocsin.model.errors import UsageError

_MOST = 5
_ENDINGS = (".yml", ".yaml")

Chosen = Rule | Correlation


def is_file(name: str) -> bool:
    """Whether a file is meant, and not a rule of the catalogue."""
    return name.endswith(_ENDINGS) or Path(name).is_file()


def chosen(rules: Sequence[Chosen], name: str) -> Chosen:
    """The one rule whose id is `name`, or begins so, or whose title does; UsageError."""
    wanted = name.casefold().strip()
    exact = [rule for rule in rules if wanted in (rule.id, rule.title.casefold())]
    found = exact or [rule for rule in rules if wanted and _begins(rule, wanted)]
    if len(found) == 1:
        return found[0]
    if not found:
        todo = "tocsin rules list names them"
        raise UsageError(f"there is no rule whose id or title begins with {name!r}", todo=todo)
    several = "; ".join(f"{rule.id} {rule.title}" for rule in found[:_MOST])
    more = "; ..." if len(found) > _MOST else ""
    what = f"{len(found)} rules have an id or title that begins with {name!r}"
    raise UsageError(what, todo=f"say more of one: {several}{more}")


def _begins(rule: Chosen, wanted: str) -> bool:
    return rule.id.startswith(wanted) or rule.title.casefold().startswith(wanted)
