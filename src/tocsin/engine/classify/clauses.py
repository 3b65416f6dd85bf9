"""Conditions as alternatives: an event fits if it gives every answer that one alternative wants.

A clause has for each column that it asks one question, in SQL, that the cell has to answer with
yes. Any condition over several columns can be written as such clauses; most rules are a single one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a cell, in SQL. texts, numbers: where only cells that say one of these
    answer yes, folded or as numbers, all such questions of a column are answered by one look-up.
    """

    sql: str
    texts: frozenset[str] = frozenset()
    numbers: frozenset[int] = frozenset()


Clause = Mapping[str, Question]
"""Column -> question."""

Clauses = tuple[Clause, ...]
"""Fits if one of them does: without any nothing fits, and a clause that asks nothing always."""

MOST = 256
"""So many alternatives a rule may come to; more are a mistake or should be several rules."""


class TooManyError(Exception):
    """The condition comes to more alternatives than anybody could mean."""


def asked(column: str, question: Question) -> Clauses:
    """A condition that asks one column."""
    return ({column: question},)


def any_of(parts: Sequence[Clauses]) -> Clauses:
    """Fits where one of the parts does."""
    return _few(clause for part in parts for clause in part)


def all_of(parts: Sequence[Clauses]) -> Clauses:
    """Fits where all of the parts do."""
    found: Clauses = ({},)
    for part in parts:
        found = _few(_both(one, other) for one, other in product(found, part))
    return found


def none_of(clauses: Clauses) -> Clauses:
    """Fits where the condition does not: each clause has an answer that is another one."""
    return all_of(
        [
            tuple({name: Question(f"(NOT {asked.sql})")} for name, asked in clause.items())
            for clause in clauses
        ]
    )


def _both(one: Clause, other: Clause) -> Clause:
    shared = {
        column: Question(f"({one[column].sql} AND {other[column].sql})")
        for column in one
        if column in other
    }
    return {**one, **other, **shared}


def _few(clauses: Iterator[Clause]) -> Clauses:
    found: list[Clause] = []
    for clause in clauses:
        if len(found) == MOST:
            raise TooManyError
        if clause not in found:
            found.append(clause)
    return tuple(found)
