"""Reading the values of a JSON object from outside, every mistake told with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.utils.text import slugify

from tocsin.model.errors import Problem
from tocsin.service.texts import harmless

T = TypeVar("T")


class Row(dict[str, Any]):
    """An object that was a row of a table, and so says itself where it stands.

    columns: the number, from 1, and the name of the column that a key was read from.
    """

    __slots__ = ("columns", "line", "where")

    def __init__(
        self,
        said: Mapping[str, Any],
        where: str,
        line: int,
        columns: Mapping[str, tuple[int, str]],
    ) -> None:
        super().__init__(said)
        self.where = where
        self.line = line
        self.columns = columns


class Cells:
    """An object of a file. What cannot be read is left out, and a problem is noted."""

    def __init__(
        self, said: object, where: str, line: int, problems: list[Problem], path: str = ""
    ) -> None:
        self._said: Mapping[str, Any] = said if isinstance(said, dict) else {}
        self._where = where
        self._line = line
        self._problems = problems
        self._path = path
        self._columns: Mapping[str, tuple[int, str]] = {}
        if isinstance(said, Row):
            self._where, self._line, self._path = said.where, said.line, ""
            self._columns = said.columns
        if not isinstance(said, dict):
            self.wrong("", "is no object", "write {...} there")

    def text(self, *keys: str, longest: int = 200, lines: bool = False) -> str:
        """The text under the first of the keys that has one."""
        for key in keys:
            value = self._said.get(key)
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                return harmless(str(value), longest, lines=lines)
        return ""

    def flag(self, key: str, default: bool) -> bool:
        """A flag; the default where there is none."""
        value = self._said.get(key, default)
        if not isinstance(value, bool):
            self.wrong(key, "is neither true nor false", "write true or false")
            return default
        return value

    def read(self, key: str, reader: Callable[[str], T], default: T) -> T:
        """The text under the key as a reader takes it; the default if it is missing or wrong."""
        text = self.text(key, longest=400)
        if not text:
            return default
        try:
            return reader(text)
        except ValueError as error:
            self.wrong(key, str(error))
            return default

    def each(self, *keys: str, inner: str | tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """Texts of a list under one of the keys, each with its place.

        An entry is a text or number, or an object that has it under one of the `inner` keys.
        """
        names = (inner,) if isinstance(inner, str) else inner
        found = []
        for key, index, value in self._entries(keys):
            if isinstance(value, dict):
                value = next((value[name] for name in names if name in value), None)  # noqa: PLW2901
            place = f"{key}[{index}]"
            if isinstance(value, str | int) and not isinstance(value, bool):
                found.append((place, harmless(str(value), 400)))
            else:
                self.wrong(place, "has no text", f"write a text, or {' or '.join(names) or 'none'}")
        return found

    def values(
        self, reader: Callable[[str], T], *keys: str, inner: str | tuple[str, ...] = ()
    ) -> tuple[T, ...]:
        """As `each`, through a reader; equal ones once."""
        found: dict[T, None] = {}
        for place, text in self.each(*keys, inner=inner):
            try:
                found.setdefault(reader(text))
            except ValueError as error:
                self.wrong(place, str(error))
        return tuple(found)

    def objects(self, *keys: str) -> list[Cells]:
        """The objects of a list under one of the keys; what is none is a problem."""
        return [
            Cells(value, self._where, self._line, self._problems, f"{self._path}{key}[{index}].")
            for key, index, value in self._entries(keys)
        ]

    def inner(self, *keys: str) -> Cells:
        """The object under one of the keys; an empty one if there is none."""
        key = next((each for each in keys if self._said.get(each)), keys[0])
        value = self._said.get(key) or {}
        return Cells(value, self._where, self._line, self._problems, f"{self._path}{key}.")

    def has(self, *keys: str) -> bool:
        """Whether there is anything under one of the keys."""
        return any(self._said.get(key) for key in keys)

    def wrong(self, key: str, what: str, todo: str = "mend it, or leave it out") -> None:
        """Note a problem."""
        name, bracket, index = key.partition("[")
        column, name = self._columns.get(name, (0, name))
        place = f"{self._path}{name}{bracket}{index}".rstrip(".")
        text = f"{place}: {what}" if place else what
        self._problems.append(Problem(self._where, self._line, column, harmless(text, 400), todo))

    def _entries(self, keys: tuple[str, ...]) -> list[tuple[str, int, Any]]:
        for key in keys:
            value = self._said.get(key)
            if value in (None, "", [], {}):
                continue
            listed = value if isinstance(value, list) else [value]
            return [(key, index, each) for index, each in enumerate(listed)]
        return []


def slug_of(name: str) -> str:
    """The slug that an organisation of that name gets: the same for the same name."""
    return slugify(name.replace(".", "-"))[:56].strip("-_").replace("_", "-")
