"""A rule as a tree of what it wants of single cells, and what the tree says of one event.

The row-wise form of `verdicts`: for single events, for people, and for the checks of rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tocsin.catalogue.rules import Event
from tocsin.engine.classify.cell_tests import Test


@dataclass(frozen=True, slots=True)
class OfCell:
    """A cell of that column passes the test."""

    column: str
    test: Test


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the parts holds."""

    parts: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class NotSo:
    """The part does not hold."""

    part: Wanted


Wanted: TypeAlias = OfCell | AllOf | AnyOf | NotSo


@dataclass(frozen=True, slots=True)
class Decided:
    """A part of a rule, asking one column, that decided a verdict; `held` or not.

    cell: what the event says there.
    """

    column: str
    part: Wanted
    held: bool
    cell: str | None

    def words(self, *, wanted: bool = False) -> str:
        """What was so; with `wanted`, what should have been so."""
        return f"{self.column} {_words(self.part, held=self.held is not wanted)}"


def takes(wanted: Wanted, event: Event) -> bool:
    """Whether a rule fits an event; the event's columns have their names of today."""
    if isinstance(wanted, OfCell):
        return wanted.test.fits(event.get(wanted.column))
    if isinstance(wanted, NotSo):
        return not takes(wanted.part, event)
    found = (takes(part, event) for part in wanted.parts)
    return all(found) if isinstance(wanted, AllOf) else any(found)


def reasons(wanted: Wanted, event: Event) -> tuple[Decided, ...]:
    """What suffices for the verdict on an event, whichever it is."""
    if isinstance(wanted, OfCell):
        cell = event.get(wanted.column)
        return (Decided(wanted.column, wanted, wanted.test.fits(cell), cell),)
    if isinstance(wanted, NotSo):
        return reasons(wanted.part, event)
    held = takes(wanted, event)
    agreeing = [part for part in wanted.parts if takes(part, event) is held]
    if held is isinstance(wanted, AllOf):
        found = (each for part in agreeing for each in reasons(part, event))
        return tuple(dict.fromkeys(found))
    return min((reasons(part, event) for part in agreeing), key=len)


def columns_of(wanted: Wanted) -> Iterator[str]:
    """The columns that are asked, as often as they are."""
    yield from (cell.column for cell in cells_of(wanted))


def cells_of(wanted: Wanted) -> Iterator[OfCell]:
    """All that is wanted of single cells."""
    if isinstance(wanted, OfCell):
        yield wanted
    elif isinstance(wanted, NotSo):
        yield from cells_of(wanted.part)
    else:
        for part in wanted.parts:
            yield from cells_of(part)


def in_words(wanted: Wanted) -> str:
    """The whole of what a rule wants, for people."""
    columns = set(columns_of(wanted))
    if len(columns) == 1:
        return f"{columns.pop()} {_words(wanted, held=True)}"
    if isinstance(wanted, NotSo):
        return f"not ({in_words(wanted.part)})"
    assert isinstance(wanted, AllOf | AnyOf)  # noqa: S101 - what else asks several columns
    several = AnyOf if isinstance(wanted, AllOf) else AllOf
    said = [
        f"({in_words(part)})" if isinstance(part, several) and _is_wide(part) else in_words(part)
        for part in wanted.parts
    ]
    return (" and " if isinstance(wanted, AllOf) else " or ").join(said)


def _is_wide(wanted: Wanted) -> bool:
    return len(set(columns_of(wanted))) > 1


def _words(wanted: Wanted, *, held: bool) -> str:
    """What is wanted of one column, or that it is not so, behind the column's name."""
    if isinstance(wanted, OfCell):
        return wanted.test.told(held=held)
    if isinstance(wanted, NotSo):
        return _words(wanted.part, held=not held)
    said = list(dict.fromkeys(_words(part, held=held) for part in wanted.parts))
    joint = "and" if isinstance(wanted, AllOf) is held else "or"
    return _joined(said, joint)


def _joined(said: list[str], joint: str) -> str:
    """`is ssh, telnet or ftp` rather than `is ssh or is telnet or is ftp`."""
    for verb in ("is not ", "is ", "does not contain ", "contains "):
        denied = "not " in verb
        shared = all(_is_plain(each, verb) for each in said)
        if shared and len(said) > 1 and (joint == "and" or not denied):
            said = [said[0], *(each.removeprefix(verb) for each in said[1:])]
            joint = "or" if denied else joint
            break
    return f"{', '.join(said[:-1])} {joint} {said[-1]}" if len(said) > 1 else said[0]


def _is_plain(words: str, verb: str) -> bool:
    rest = words.removeprefix(verb)
    return words.startswith(verb) and not rest.startswith(("not ", "less ", "at ", "greater "))
