"""The one file of judgements of a home: `policy/judgements.json`, kept whole, replaced at once.

What was taken back or is over stays in it, so that it also tells who decided what, when and why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tocsin.engine.files import as_written, canonical_json, read_object, write_atomically
from tocsin.engine.home import Home
from tocsin.engine.judgements.checks import checked_words
from tocsin.engine.judgements.values import Judgement, Kind, document_of, judgements_of
from tocsin.model.errors import UsageError


def read_judgements(path: Path) -> tuple[Judgement, ...]:
    """All that a file holds, oldest first; none if there is no file. TerminalError if damaged."""
    if not path.exists():
        return ()
    said = read_object(path)
    with as_written(path):
        return judgements_of(said)


def judgements_bytes(judgements: Sequence[Judgement]) -> bytes:
    """The content of a file of judgements."""
    return canonical_json(document_of(judgements))


@dataclass(frozen=True, slots=True)
class Book:
    """The judgements of a home."""

    home: Home

    @property
    def path(self) -> Path:
        """Where they are kept."""
        return self.home.policy / "judgements.json"

    def read(self) -> tuple[Judgement, ...]:
        """All of them, oldest first, with those that are over."""
        return read_judgements(self.path)

    def add(self, judgement: Judgement) -> Judgement:
        """Keep one more; it is given an id that no other has or had.

        Busy if somebody else is writing to the file just now.
        """
        with self.home.lock("judgements"):
            known = self.read()
            number = 1 + max((int(each.id[1:]) for each in known), default=0)
            named = replace(judgement, id=f"{judgement.kind.letter}{number}")
            self._write([*known, named])
        return named

    def take_back(self, identity: str, kind: Kind, owner: str, now: dt.datetime) -> Judgement:
        """End one before its time. UsageError if there is none such, or it has been ended.

        Busy if somebody else is writing to the file just now.
        """
        by = checked_words("owner", owner)
        with self.home.lock("judgements"):
            known = self.read()
            meant = _the_one(known, identity, kind)
            ended = meant.taken_back(by, now)
            self._write([ended if each.id == identity else each for each in known])
        return ended

    def _write(self, judgements: Sequence[Judgement]) -> None:
        write_atomically(self.path, judgements_bytes(judgements))


_LISTS = {
    Kind.DISTRUST: "tocsin sensor list",
    Kind.WITHDRAWAL: "tocsin withdraw list",
    Kind.HOLD: "tocsin hold list",
}


def _the_one(known: Sequence[Judgement], identity: str, kind: Kind) -> Judgement:
    found = next((each for each in known if each.id == identity), None)
    if found is None or found.kind is not kind:
        raise UsageError(
            f"{identity} is a {found.kind}" if found else f"there is no {kind} {identity!r}",
            todo=f"{_LISTS[found.kind if found else kind]} tells their ids",
        )
    if found.ended is not None:
        raise UsageError(
            f"{identity} was ended already, by {found.ended_by} on {found.ended:%Y-%m-%d}",
            todo="nothing is left to do",
        )
    return found
