"""YAML with the line of everything, in a narrow form that holds no surprises.

Read by events and never recursively, so that no nesting can exhaust the stack. Refused: keys
that come twice, aliases, tags, more than one document. Plain words are numbers only when they
are decimal integers and truth values only as `true` and `false`; everything else is text
(the country `NO`, the time `07:00`, the version `1.10`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import yaml

from tocsin.model.errors import Problem

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | int | bool | None"
Path: TypeAlias = tuple[str | int, ...]

MOST_BYTES: Final = 1 << 20
MOST_DEPTH: Final = 20

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C parser where there is one: it is some ten times faster, and every command reads us."""

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_WORDS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None, "": None}


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, and where: `places` has line and column, counted from 1, per path.

    The place of a value in a mapping is that of its key. `spoiled`: paths whose value could not be
    read, and is None.
    """

    where: str
    data: Plain
    places: Mapping[Path, tuple[int, int]]
    spoiled: frozenset[Path] = frozenset()

    def problem(self, path: Path, what: str, todo: str = "") -> Problem:
        """A mistake at `path`, or at the nearest thing around it that has a place."""
        while path and path not in self.places:
            path = path[:-1]
        line, column = self.places.get(path, (1, 1))
        return Problem(self.where, line, column, what, todo)


def read_yaml(content: bytes, where: str) -> tuple[Document, tuple[Problem, ...]]:
    """Read one document; the problems are all mistakes of form. Data is None when unreadable."""
    nothing = Document(where, None, {})
    if len(content) > MOST_BYTES:
        what = f"the file is larger than {MOST_BYTES} bytes"
        return nothing, (Problem(where, 1, 0, what, "make several files of it"),)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return nothing, (Problem(where, line, 0, "the file is not UTF-8", "save it as UTF-8"),)
    reading = _Reading(where)
    try:
        reading.read(text)
    except _StoppedError:
        return nothing, tuple(reading.problems)
    except yaml.MarkedYAMLError as error:
        return nothing, (*reading.problems, _syntax(where, error, text))
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        what = "the file holds a character that YAML does not allow"
        return nothing, (Problem(where, line, 0, what, "take it out, or save it as plain text"),)
    spoiled = frozenset(reading.spoiled)
    return Document(where, reading.data, reading.places, spoiled), tuple(reading.problems)


def _syntax(where: str, error: yaml.MarkedYAMLError, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    if error.context_mark is not None and str(error.context).startswith(_BEGUN):
        # Where it breaks off is the end of the file as often as not.
        mark = error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 0)
    words = [part for part in (error.context, error.problem) if part]
    indented = text.splitlines()[line - 1 : line]
    todo = "mend it; a text with a colon, a number sign or brackets in it wants quotes"
    if any(part.lstrip(" ").startswith("\t") for part in indented):
        todo = "indent with blanks, never with tabs"
    return Problem(where, line, column, "this is not YAML: " + ", ".join(words), todo)


_BEGUN: Final = ("while scanning a quoted", "while parsing a flow")


class _StoppedError(Exception):
    """There is no use in reading on: all that follows would be mistakes of the same kind."""


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is being read; `container` is None for what is read past."""

    container: dict[str, Plain] | list[Plain] | None
    path: Path
    is_mapping: bool
    awaits_key: bool = True
    key: str | None = None
    items: int = 0


@dataclass(slots=True)
class _Reading:
    where: str
    data: Plain = None
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    spoiled: set[Path] = field(default_factory=set)
    _open: list[_Frame] = field(default_factory=list)
    _documents: int = 0

    def read(self, text: str) -> None:
        for event in _events(text):
            self._take(event)

    def _take(self, event: yaml.events.Event) -> None:
        if isinstance(event, yaml.events.DocumentStartEvent):
            self._documents += 1
            if self._documents == 2:
                self._mistake(event, "a second document begins here", "use one file for each")
        elif self._documents > 1:
            return
        elif isinstance(event, yaml.events.ScalarEvent):
            self._tagged(event, event.tag, any(event.implicit))
            self._scalar(event)
        elif isinstance(event, yaml.events.AliasEvent):
            # Not even looked up: aliases of aliases may stand for more than any memory holds.
            self._mistake(event, f"the alias *{event.anchor} is not taken", "write it out")
            raise _StoppedError
        elif isinstance(event, yaml.events.MappingStartEvent | yaml.events.SequenceStartEvent):
            self._tagged(event, event.tag, event.implicit)
            self._begin(event, isinstance(event, yaml.events.MappingStartEvent))
        elif isinstance(event, yaml.events.MappingEndEvent | yaml.events.SequenceEndEvent):
            self._open.pop()

    def _scalar(self, event: yaml.events.ScalarEvent) -> None:
        frame = self._open[-1] if self._open else None
        if frame and frame.is_mapping and frame.awaits_key:
            self._key(frame, event)
            return
        self._place(event)
        plain = event.style in (None, "")
        self._store(_resolved(event.value) if plain else event.value)

    def _key(self, frame: _Frame, event: yaml.events.ScalarEvent) -> None:
        frame.awaits_key = False
        frame.key = event.value
        path = (*frame.path, event.value)
        if frame.container is not None and event.value in frame.container:
            first = self.places[path][0]
            what = f"the key {event.value!r} comes a second time; the first is in line {first}"
            self._mistake(event, what, "keep one of them")
            frame.key = None
        elif event.value == "<<" and event.style in (None, ""):
            self._mistake(event, "the key << takes nothing over", "write out what is meant")
            self.spoiled.add(frame.path)
            frame.key = None
        elif frame.container is not None:
            self.places[path] = _position(event)

    def _begin(self, event: yaml.events.Event, is_mapping: bool) -> None:
        if len(self._open) >= MOST_DEPTH:
            what = f"more than {MOST_DEPTH} levels within each other"
            if self._open[-1].container is not None:
                self._mistake(event, what, "take levels out; is a bracket missing?")
            raise _StoppedError
        frame = self._open[-1] if self._open else None
        if frame and frame.is_mapping and frame.awaits_key:
            if frame.container is not None:
                self._mistake(event, "a key has to be a word", "did a `{` or `[` slip in?")
            frame.awaits_key, frame.key = False, None
            self._open.append(_Frame(None, frame.path, is_mapping))
            return
        self._place(event)
        path = self._next_path()
        container: dict[str, Plain] | list[Plain] = {} if is_mapping else []
        kept = self._store(container)
        self._open.append(_Frame(container if kept else None, path, is_mapping))

    def _next_path(self) -> Path:
        if not self._open:
            return ()
        frame = self._open[-1]
        if frame.is_mapping:
            return (*frame.path, frame.key or "")
        return (*frame.path, frame.items)

    def _place(self, event: yaml.events.Event) -> None:
        """Note where a list's item is; a mapping's value was placed with its key."""
        if not self._open or not self._open[-1].is_mapping:
            self.places[self._next_path()] = _position(event)

    def _store(self, value: Plain) -> bool:
        """Put a value where it belongs; False if it is only read past."""
        if not self._open:
            self.data = value
            return True
        frame = self._open[-1]
        frame.awaits_key = True
        frame.items += 1
        if isinstance(frame.container, list):
            frame.container.append(value)
            return True
        if frame.container is None or frame.key is None:
            return False
        frame.container[frame.key] = value
        return True

    def _tagged(self, event: yaml.events.Event, tag: str | None, implicit: bool) -> None:
        if tag is not None and not implicit:
            self._mistake(event, f"the tag {tag} is not taken", "leave it out")
            if not (self._open and self._open[-1].is_mapping and self._open[-1].awaits_key):
                self.spoiled.add(self._next_path())

    def _mistake(self, event: yaml.events.Event, what: str, todo: str = "") -> None:
        self.problems.append(Problem(self.where, *_position(event), what, todo))


def _events(text: str) -> Iterator[yaml.events.Event]:
    loader = _LOADER(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _position(event: yaml.events.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)


def _resolved(word: str) -> Plain:
    if word in _WORDS:
        return _WORDS[word]
    return int(word) if _INTEGER.fullmatch(word) else word
