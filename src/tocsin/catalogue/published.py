"""Reading a schema of report types as others publish it: JSON, by type its title and columns.

    {"scan_ssh": {"title": "...", "severity": "medium", "taxonomy": "vulnerable",
                  "class": "vulnerable-system", "columns": ["timestamp", ...]}, ...}

or with the words that the original publishes and `publishing.py` writes:

    {"scan_ssh": {"name": "...", "classification.taxonomy": "vulnerable",
                  "classification.type": "vulnerable-system", "fields": ["timestamp", ...]}, ...}

It comes from outside: every word of it is held to what a catalogue may say. A name that stands
twice in an object is refused, as one of the two would be lost.
"""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from tocsin.model.errors import InputError, Problem
from tocsin.model.severity import Severity

MOST_BYTES: Final = 1 << 24
_MOST_TYPES: Final = 2_000
_MOST_COLUMNS: Final = 500
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_CLASS: Final = re.compile(r"[a-z0-9-]{1,60}")
_MOST_TITLE: Final = 120


@dataclass(frozen=True, slots=True)
class PublishedType:
    """A report type as a published schema has it.

    taxonomy: `class/type`, or empty. severity: empty where the schema leaves it open.
    """

    id: str
    title: str
    severity: str
    taxonomy: str
    columns: tuple[str, ...]


def read_published(path: pathlib.Path) -> tuple[PublishedType, ...]:
    """The types of a schema, in its order; InputError lists everything that cannot be taken."""
    said = _object(path)
    problems: list[Problem] = []
    found = [_type(str(path), name, entry, problems) for name, entry in said.items()]
    if not found:
        problems.append(Problem(str(path), 0, 0, "the schema names no report type"))
    if len(found) > _MOST_TYPES:
        what = f"the schema names {len(found)} report types, more than {_MOST_TYPES}"
        problems.append(Problem(str(path), 0, 0, what))
    if problems:
        raise InputError(
            "this is no schema of report types",
            where=str(path),
            todo="give the JSON that names title and columns of every report type",
            problems=problems[:50],
        )
    return tuple(each for each in found if each is not None)


def _object(path: pathlib.Path) -> Mapping[str, object]:
    todo = "give the JSON that names title and columns of every report type"
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        what = f"the file cannot be read: {error.strerror}"
        raise InputError(what, where=str(path), todo=todo) from error
    if len(content) > MOST_BYTES:
        what = f"the file is larger than {MOST_BYTES >> 20} MiB"
        raise InputError(what, where=str(path), todo=todo)
    try:
        said = json.loads(content, object_pairs_hook=_once)
    except _Twice as error:
        what = f"{error.name[:80]!r} is said twice"
        raise InputError(what, where=str(path), todo="say it once") from error
    except (ValueError, RecursionError) as error:
        raise InputError("this is not JSON", where=str(path), todo=todo) from error
    if not isinstance(said, dict):
        raise InputError("this is not a JSON object", where=str(path), todo=todo)
    return cast("dict[str, object]", said)


class _Twice(Exception):
    """An object has two entries of one name, of which a reader would drop one."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, held in pairs:
        if name in found:
            raise _Twice(name)
        found[name] = held
    return found


def _type(where: str, name: str, entry: object, problems: list[Problem]) -> PublishedType | None:
    def wrong(what: str) -> None:
        problems.append(Problem(where, 0, 0, f"{name[:80]!r}: {what}"))

    if not _NAME.fullmatch(name):
        wrong("no report type can be called so")
        return None
    if not isinstance(entry, dict):
        wrong("this is no object")
        return None
    columns = entry.get("columns", entry.get("fields"))
    if not isinstance(columns, list) or not columns or len(columns) > _MOST_COLUMNS:
        wrong(f"'columns' is no list of 1 to {_MOST_COLUMNS} names")
        return None
    strange = [each for each in columns if not isinstance(each, str) or not _NAME.fullmatch(each)]
    if strange:
        wrong(f"no column can be called {str(strange[0])[:80]!r}")
        return None
    if len(set(columns)) < len(columns):
        wrong("a column is named twice")
        return None
    return PublishedType(
        name, _title(entry, name), _severity(entry), _taxonomy(entry), tuple(columns)
    )


def _title(entry: Mapping[str, object], name: str) -> str:
    said = entry.get("title", entry.get("name"))
    text = "".join(c if c.isprintable() else " " for c in said) if isinstance(said, str) else ""
    return " ".join(text.split())[:_MOST_TITLE] or name.replace("_", " ")


def _severity(entry: Mapping[str, object]) -> str:
    said = entry.get("severity")
    words = {severity.word for severity in Severity}
    return said if isinstance(said, str) and said in words else ""


def _taxonomy(entry: Mapping[str, object]) -> str:
    parts = [
        entry.get("taxonomy", entry.get("classification.taxonomy")),
        entry.get("class", entry.get("classification.type")),
    ]
    if all(isinstance(part, str) and _CLASS.fullmatch(part) for part in parts):
        return "/".join(cast("list[str]", parts))
    return ""
