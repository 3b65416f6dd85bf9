"""What autonomous systems are called: JSON, CSV asn,as_name, or lines `AS64496 NAME, CC`."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.engine.atlas.forms import SHOWN_TEXT, Form, Given, lines_of, open_given, other_form
from tocsin.engine.atlas.info import AtlasInput
from tocsin.engine.atlas.tables import Complaints, read_asn, tidy
from tocsin.model.errors import AtlasError

_COUNTRY = re.compile(r",\s*[A-Z]{2}\s*$")


@dataclass
class Names:
    """Names by AS number; a later file overrides an earlier one."""

    by_asn: dict[int, str] = field(default_factory=dict)
    inputs: list[AtlasInput] = field(default_factory=list)


def read_names(
    paths: Sequence[Path], complaints: Complaints, days: Mapping[Path, str] | None = None
) -> Names:
    """Read files of names; rows that cannot be used go to `complaints`. An empty name says
    nothing, and leaves what is known.

    `days`: of when a file is, where that is known. Raises AtlasError for a file that is of no such
    form, or that names nothing.
    """
    names = Names()
    for path in paths:
        given = open_given(path)
        count = 0
        for line, asn, name in _rows(given):
            count += 1
            try:
                number, text = read_asn(asn, least=0), tidy(_text(name))
                if text:
                    names.by_asn[number] = text
            except ValueError as error:
                complaints.add(path, line, str(error))
        if not count:
            raise AtlasError("names no AS at all", where=str(path))
        made = (days or {}).get(path, "")
        names.inputs.append(AtlasInput(given.name, given.sha256, made))
    return names


def _text(name: object) -> str:
    if not isinstance(name, str):
        raise ValueError(f"the name {str(name)[:SHOWN_TEXT]!r} is no text")
    return name


def _rows(given: Given) -> Iterable[tuple[int, str, object]]:
    """Line, number and name, as they stand there."""
    if given.form is Form.JSON:
        return _json_rows(given)
    if given.form is Form.NAMES_TEXT:
        return _text_rows(given)
    if given.form is Form.CSV:
        return _csv_rows(given)
    raise other_form(given, "names of ASes")


def _json_rows(given: Given) -> Iterable[tuple[int, str, object]]:
    path = str(given.path)
    try:
        said = json.loads(given.text)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 0
        raise AtlasError(f"is no JSON: {error}", where=path, line=line) from error
    if not isinstance(said, dict):
        raise AtlasError("is no JSON object of AS number to name", where=path)
    # A whole file of names is often a single line, so there is no line worth telling.
    return [(0, str(asn), name) for asn, name in said.items()]


def _text_rows(given: Given) -> Iterator[tuple[int, str, str]]:
    for line, text in lines_of(given.text):
        asn, *rest = text.split(None, 1)
        # The country is where the AS is registered; it is no part of its name.
        yield line, asn, _COUNTRY.sub("", rest[0]) if rest else ""


def _csv_rows(given: Given) -> Iterable[tuple[int, str, str]]:
    path = str(given.path)
    reader = csv.reader(io.StringIO(given.text, newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        if "asn" not in header or "as_name" not in header:
            raise AtlasError(
                "is neither a JSON object, nor CSV with the columns asn and as_name, nor lines of "
                "AS number and name",
                where=path,
            )
        asn_at, name_at = header.index("asn"), header.index("as_name")
        return [
            (reader.line_num, cells[asn_at], cells[name_at])
            if len(cells) == len(header)
            else (reader.line_num, "a row of another width", "")
            for cells in reader
            if cells
        ]
    except csv.Error as error:
        raise AtlasError(f"is no CSV: {error}", where=path, line=reader.line_num) from error
