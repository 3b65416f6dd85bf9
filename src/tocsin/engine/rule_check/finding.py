"""What a check of rules finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.catalogue.correlations import Correlation
from tocsin.catalogue.rules import Rule
from tocsin.model.errors import Problem


class Kind(StrEnum):
    """What is wrong with a rule."""

    EXAMPLE = "example"
    NEVER = "never"
    DEAD_PART = "dead_part"
    SHADOWED = "shadowed"
    NO_OWN_HIT = "no_own_hit"
    NO_SUCH_CELL = "no_such_cell"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a rule or a correlation.

    other: the id of the one that is asked earlier, or that tells the same, if any.
    """

    kind: Kind
    rule: Rule | Correlation
    problem: Problem
    other: str = ""
