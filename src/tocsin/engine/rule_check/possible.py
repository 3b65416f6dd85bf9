"""Whether any event can be as a rule wants it, and whether a rule takes all that another does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from tocsin.catalogue.rules import Event
from tocsin.engine.classify.clauses import MOST, TooManyError
from tocsin.engine.classify.wanted import (
    AllOf,
    AnyOf,
    NotSo,
    OfCell,
    Wanted,
    cells_of,
    columns_of,
    takes,
)
from tocsin.engine.rule_check.witness import can_be, worth_trying

Alternative = Mapping[str, Wanted]
"""Column -> what is wanted of its cell."""


def is_impossible(wanted: Wanted, known: Sequence[Event] = ()) -> bool:
    """Whether certainly no event is as wanted; `known`: events whose cells are worth trying."""
    try:
        found = alternatives(wanted)
    except TooManyError:
        return False
    return all(_cannot_be(alternative, known) for alternative in found)


def covers(one: Wanted, other: Wanted, known: Sequence[Event] = ()) -> bool:
    """Whether certainly `one` takes every event that `other` does."""
    return one == other or is_impossible(AllOf((other, NotSo(one))), known)


def dead_parts(wanted: Wanted, known: Sequence[Event] = ()) -> Iterator[Wanted]:
    """Alternatives that the rule itself names, of which none of its events can be.

    Those that only come of denying several things at once are no mistake of anybody's.
    """
    for alone, part in _each_alone(wanted):
        if not _is_shown(alone, part, known) and is_impossible(alone, known):
            yield part


def _is_shown(alone: Wanted, part: Wanted, known: Sequence[Event]) -> bool:
    """Whether an event that is known shows the alternative to be possible, but for one cell."""
    columns = set(columns_of(part))
    if len(columns) > 1:
        return any(takes(alone, event) for event in known)
    (column,) = columns
    tried = list(worth_trying(each.test for each in cells_of(part)))
    return any(takes(alone, {**event, column: cell}) for event in known for cell in tried)


def _each_alone(wanted: Wanted) -> Iterator[tuple[Wanted, Wanted]]:
    """The rule with each of its alternatives as the only one, and this."""
    if isinstance(wanted, AnyOf):
        for part in wanted.parts:
            within = list(_each_alone(part))
            yield from within or [(part, part)]
    elif isinstance(wanted, AllOf):
        for number, part in enumerate(wanted.parts):
            for alone, meant in _each_alone(part):
                parts = (*wanted.parts[:number], alone, *wanted.parts[number + 1 :])
                yield AllOf(parts), meant


def _cannot_be(alternative: Alternative, known: Sequence[Event]) -> bool:
    return any(
        can_be(column, wanted, (event[column] for event in known if column in event)) is False
        for column, wanted in alternative.items()
    )


def alternatives(wanted: Wanted) -> tuple[Alternative, ...]:
    """The rule as alternatives that want something of each column by itself; TooManyError."""
    columns = set(columns_of(wanted))
    if len(columns) == 1:
        return ({columns.pop(): wanted},)
    if isinstance(wanted, NotSo):
        denied = [
            tuple({column: NotSo(part)} for column, part in alternative.items())
            for alternative in alternatives(wanted.part)
        ]
        return _all_of(denied)
    assert not isinstance(wanted, OfCell)  # noqa: S101 - it asks one column
    parts = [alternatives(part) for part in wanted.parts]
    if isinstance(wanted, AllOf):
        return _all_of(parts)
    return _few(alternative for part in parts for alternative in part)


def _all_of(parts: Iterable[Sequence[Alternative]]) -> tuple[Alternative, ...]:
    found: tuple[Alternative, ...] = ({},)
    for part in parts:
        found = _few(_both(one, other) for one, other in product(found, part))
    return found


def _both(one: Alternative, other: Alternative) -> Alternative:
    shared = {name: AllOf((one[name], other[name])) for name in one if name in other}
    return {**one, **other, **shared}


def _few(alternatives: Iterable[Alternative]) -> tuple[Alternative, ...]:
    found: list[Alternative] = []
    for alternative in alternatives:
        if len(found) == MOST:
            raise TooManyError
        if alternative not in found:
            found.append(alternative)
    return tuple(found)
