"""Reading the parts of a snapshot as what they should be, keeping every mistake with its place."""

from __future__ import annotations

import datetime as dt
import reprlib
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TypeVar

from tocsin.engine.nightly.lists_form.places import Path

Word = TypeVar("Word", bound=StrEnum)


class Mistakes:
    """What is wrong, and where in the document."""

    def __init__(self) -> None:
        self.found: list[tuple[Path, str, str]] = []

    def add(self, path: Path, what: str, todo: str = "") -> None:
        """Keep one mistake; reading goes on."""
        self.found.append((path, what, todo))


class DoubledObject(dict[str, object]):
    """A JSON object in which a key stands twice."""

    doubled: str = ""


def json_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """What json's `object_pairs_hook` is to make of an object."""
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    marked = DoubledObject(plain)
    keys = [key for key, _ in pairs]
    marked.doubled = next(key for key in keys if keys.count(key) > 1)
    return marked


class Fields:
    """One object of the document; whatever does not fit is a mistake and reads as its default."""

    def __init__(
        self,
        said: object,
        path: Path,
        mistakes: Mistakes,
        *,
        required: Sequence[str],
        optional: Sequence[str] = (),
    ) -> None:
        self.path = path
        self.mistakes = mistakes
        self._said: dict[str, object] = said if isinstance(said, dict) else {}
        if not isinstance(said, dict):
            mistakes.add(path, f"{shown(said)} stands where an object belongs")
            return
        if isinstance(said, DoubledObject):
            mistakes.add((*path, said.doubled), f"the key {said.doubled!r} stands here twice")
        for key in said:
            if key not in required and key not in optional:
                known = ", ".join((*required, *optional))
                mistakes.add((*path, key), f"unknown key {key!r}", f"known are {known}")
        for key in required:
            if key not in said:
                mistakes.add(path, f"the key {key!r} is missing")

    def __contains__(self, key: str) -> bool:
        return key in self._said

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    def at(self, key: str) -> Path:
        """The place of a key's value."""
        return (*self.path, key)

    def wrong(self, key: str, what: str, todo: str = "") -> None:
        """Keep a mistake in that key's value."""
        self.mistakes.add(self.at(key), what, todo)

    def text(self, key: str, default: str = "", *, may_be_empty: bool = False) -> str:
        """A text of printable characters; the default if it is missing or wrong."""
        if key not in self._said:
            return default
        value = self._said[key]
        if isinstance(value, str) and value.isprintable() and (value or may_be_empty):
            return value
        self.wrong(key, f"{key} is {shown(value)}, not a text of printable characters")
        return default

    def word(self, key: str, words: type[Word]) -> Word | None:
        """One of a closed set of words, None if it is missing or wrong."""
        if key not in self._said:
            return None
        value = self._said[key]
        try:
            return words(str(value))
        except ValueError:
            self.wrong(key, f"{key} is {shown(value)}, none of {', '.join(words)}")
            return None

    def whole_number(self, key: str, least: int, greatest: int) -> int | None:
        """An integer within bounds, None if it is missing or wrong."""
        value = self._said.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= greatest:
            return value
        if key in self._said:
            self.wrong(
                key, f"{key} is {shown(value)}, not a whole number from {least} to {greatest}"
            )
        return None

    def flag(self, key: str) -> bool:
        """true or false; false if it is missing."""
        value = self._said.get(key, False)
        if isinstance(value, bool):
            return value
        self.wrong(key, f"{key} is {shown(value)}, not true or false")
        return False

    def array(self, key: str) -> list[object]:
        """A JSON array; empty if it is missing or wrong."""
        value = self._said.get(key, [])
        if isinstance(value, list):
            return value
        self.wrong(key, f"{key} is {shown(value)}, not an array")
        return []

    def raw(self, key: str) -> object:
        """The value as it stands."""
        return self._said.get(key)

    def moment(self, key: str) -> dt.datetime | None:
        """A date (its 00:00 UTC) or a time (UTC unless it names a zone), None if missing."""
        if key not in self._said:
            return None
        value = self._said[key]
        try:
            if not isinstance(value, str):
                raise ValueError
            return _moment(value)
        except (ValueError, OverflowError):
            self.wrong(
                key,
                f"{key} is {shown(value)}, no date or time",
                "write it as 2026-11-22 or 2026-11-22T06:30:00Z",
            )
            return None


def _moment(text: str) -> dt.datetime:
    said = dt.datetime.fromisoformat(text)
    return said.replace(tzinfo=dt.UTC) if said.tzinfo is None else said.astimezone(dt.UTC)


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60


def shown(value: object) -> str:
    """A value in a message: short, and of one line, whatever it is."""
    return _SHORT.repr(value)
