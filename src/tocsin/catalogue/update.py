"""Taking what a published schema adds into a home's catalogue, and telling of it.

    changes/<day>-<number>.json       what was added: the record that all else is made from
    columns/<day>-<number>.yaml       columns that nobody had described
    report_types/<day>-<number>.yaml  new types, and columns that known types gain
    CHANGES.md                        all changes in words, newest first

The record is written first; if the rest is cut short, the next update goes on with it.
"""

from __future__ import annotations

import datetime as dt
import json
import pathlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import cast

import yaml

from tocsin.catalogue.difference import Difference
from tocsin.catalogue.entries import SubjectKind
from tocsin.catalogue.guesses import area_of, column_kind, likely_subject, subject_said
from tocsin.catalogue.load import load_catalogue
from tocsin.catalogue.published import PublishedType
from tocsin.catalogue.whole_files import write_whole
from tocsin.model.severity import Severity

FORMAT = 1
CHANGES = "changes"
_HEAD = "# Added by tocsin catalogue update. What is guessed here may be mended by hand.\n"

Change = Mapping[str, object]


def apply(folder: pathlib.Path, found: Difference, *, day: dt.date, source: str) -> pathlib.Path:
    """Add what was found; the change's record. `folder`: a home's catalogue.

    Raises StorageFull when the device has no room, HomeError when writing fails otherwise.
    """
    path = _free_name(folder, day)
    write_whole(path, _json(_change(found, day, source)))
    complete(folder)
    return path


def try_out(folder: pathlib.Path, found: Difference, *, day: dt.date, source: str) -> None:
    """CatalogueError, and nothing written, if the catalogue would not hold together with it."""
    with TemporaryDirectory() as name:
        copy = pathlib.Path(name) / "catalogue"
        if folder.exists():
            shutil.copytree(folder, copy)
        apply(copy, found, day=day, source=source)
        load_catalogue(copy)


def complete(folder: pathlib.Path) -> None:
    """Make what follows from the records of all changes, as far as it is not there."""
    changes = [(path, _read(path)) for path in sorted((folder / CHANGES).glob("*.json"))]
    for path, change in changes:
        for kind, content in _files(change):
            made = folder / kind / f"{path.stem}.yaml"
            # A file that is there may have been mended by hand since.
            if not made.exists():
                write_whole(made, content)
    if changes:
        write_whole(folder / "CHANGES.md", _told(changes).encode())


def _free_name(folder: pathlib.Path, day: dt.date) -> pathlib.Path:
    number = 1
    while (path := folder / CHANGES / f"{day}-{number}.json").exists():
        number += 1
    return path


def _change(found: Difference, day: dt.date, source: str) -> Change:
    return {
        "format": FORMAT,
        "day": day.isoformat(),
        "source": source,
        "columns": {name: column_kind(name).value for name in found.columns},
        "appended": {name: list(columns) for name, columns in found.appended.items()},
        "report_types": {each.id: _as_json(each) for each in found.types},
    }


def _as_json(each: PublishedType) -> Mapping[str, object]:
    return {
        "title": each.title,
        "severity": each.severity or Severity.MEDIUM.word,
        "taxonomy": each.taxonomy,
        "columns": list(each.columns),
    }


def _files(change: Change) -> Iterator[tuple[str, bytes]]:
    columns = cast("Mapping[str, str]", change["columns"])
    if columns:
        said = {
            name: {"kind": kind, "description": "Not described yet."}
            for name, kind in columns.items()
        }
        yield "columns", _yaml({"columns": said})
    types = cast("Mapping[str, Mapping[str, object]]", change["report_types"])
    yield (
        "report_types",
        _yaml(
            {
                "family": f"Added on {change['day']}",
                "report_types": {name: _raw_type(name, each) for name, each in types.items()},
                "appended": change["appended"],
            }
        ),
    )


def _raw_type(name: str, said: Mapping[str, object]) -> Mapping[str, object]:
    columns = cast("Sequence[str]", said["columns"])
    taxonomy = str(said["taxonomy"])
    raw: dict[str, object] = {
        "title": said["title"],
        "area": area_of(name, taxonomy),
        "severity": said["severity"],
    }
    if taxonomy:
        raw["taxonomy"] = taxonomy
    subject = likely_subject(columns)
    if subject.kind is SubjectKind.ADDRESS and name.split("_", maxsplit=1)[0].endswith("6"):
        subject = replace(subject, version=6)
    return {**raw, "subject": subject_said(subject), "columns": list(columns)}


def _told(changes: Sequence[tuple[pathlib.Path, Change]]) -> str:
    """In words, newest first."""
    pieces = ["# Changes of this catalogue\n"]
    for path, change in reversed(changes):
        types = cast("Mapping[str, Mapping[str, object]]", change["report_types"])
        appended = cast("Mapping[str, Sequence[str]]", change["appended"])
        lines = [f"## {path.stem}, from {change['source']}\n"]
        lines += [f"- New report type `{name}`: {each['title']}." for name, each in types.items()]
        lines += [
            f"- `{name}` ends with {', '.join(f'`{c}`' for c in columns)} from now on."
            for name, columns in appended.items()
        ]
        pieces.append("\n".join(lines) + "\n")
    return "\n".join(pieces)


def _read(path: pathlib.Path) -> Change:
    return cast("Change", json.loads(path.read_bytes()))


def _json(change: Change) -> bytes:
    return json.dumps(change, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _yaml(said: Mapping[str, object]) -> bytes:
    plain = cast("object", json.loads(json.dumps(said)))
    text = yaml.safe_dump(plain, sort_keys=False, default_style='"', width=4096)
    return (_HEAD + text).encode()
