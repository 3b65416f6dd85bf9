"""The snapshot: all organisations, networks and lists of one moment, as one checked JSON file.

The form is described in docs/operators/lists.md.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.allocation import without_collecting
from tocsin.engine.nightly.lists_form.document import read_document
from tocsin.engine.nightly.lists_form.fields import Mistakes, json_object
from tocsin.engine.nightly.lists_form.places import lines_of
from tocsin.engine.nightly.subscribers import (
    Organisation,
    ReportList,
    Suppression,
    boundaries_of,
)
from tocsin.model.errors import Problem, SnapshotError

__all__ = ["Organisation", "ReportList", "Snapshot", "Suppression", "read_snapshot"]

MOST_PROBLEMS = 100
"""How many mistakes one message lists; it tells the number of all."""


@dataclass(frozen=True)
class Snapshot:
    """A checked snapshot. `lists` by id; `sha256` of its canonical form, hexadecimal."""

    organisations: Mapping[str, Organisation]
    lists: Mapping[int, ReportList]
    suppressions: tuple[Suppression, ...]
    sha256: str

    def boundaries(self, start: dt.datetime, end: dt.datetime) -> tuple[dt.datetime, ...]:
        """Moments after `start` and before `end` at which a network of a list begins or ends."""
        return boundaries_of(self.lists.values(), start, end)


def read_snapshot(path: Path, catalogue: Catalogue | None) -> Snapshot:
    """Read and check a snapshot; without a catalogue, names of report types are not checked.

    SnapshotError lists every mistake with its line.
    """
    text = _read_text(path)
    with without_collecting():
        said = _parse(text, path)
        mistakes = Mistakes()
        document = read_document(said, catalogue, mistakes)
        if mistakes.found:
            raise _refusal(path, text, mistakes)
        digest = _digest(said)
    return Snapshot(document.organisations, document.lists, document.suppressions, digest)


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SnapshotError(
            f"the snapshot cannot be read: {error.strerror}",
            where=str(path),
            todo="name an existing file with --lists",
        ) from error
    except UnicodeDecodeError as error:
        raise SnapshotError(
            f"the snapshot is no UTF-8 text: byte {error.start} does not fit",
            where=str(path),
            todo="save it as UTF-8",
        ) from error


def _parse(text: str, path: Path) -> object:
    try:
        return json.loads(text, object_pairs_hook=json_object)
    except json.JSONDecodeError as error:
        what, line = f"this is no JSON: {error.msg} in column {error.colno}", error.lineno
        raise SnapshotError(what, where=str(path), line=line, todo="correct it") from error
    except (RecursionError, ValueError) as error:
        what = "this is no JSON that can be read: nested too deep, or a number too long"
        raise SnapshotError(what, where=str(path), todo="correct it") from error


def _refusal(path: Path, text: str, mistakes: Mistakes) -> SnapshotError:
    found = mistakes.found
    lines = lines_of(text, {place for place, _, _ in found})
    problems = sorted(
        Problem(str(path), lines[place], 0, what, todo) for place, what, todo in found
    )
    number = f"{len(found)} mistakes" if len(found) > 1 else "a mistake"
    rest = f", the first {MOST_PROBLEMS} of them" if len(found) > MOST_PROBLEMS else ""
    return SnapshotError(
        f"the snapshot has {number}{rest}",
        where=str(path),
        todo="correct them all; the form is described in docs/operators/lists.md",
        problems=problems[:MOST_PROBLEMS],
    )


def _digest(said: object) -> str:
    """Of the content: neither white space nor the order of keys or entries counts."""
    canonical = {
        key: sorted(value, key=_compact) if isinstance(value, list) else value
        for key, value in (said.items() if isinstance(said, dict) else ())
    }
    return hashlib.sha256(_compact(canonical).encode()).hexdigest()


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
