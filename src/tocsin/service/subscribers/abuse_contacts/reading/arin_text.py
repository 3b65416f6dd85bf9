"""ARIN's bulk whois data as text: `Label: value` lines, records between blank lines.

A record begins with the label of its handle and ends with `Source`; what lacks either is refused,
and a file that ends within a record is refused as a whole, since what follows is missing.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from tocsin.model.errors import InputError, Problem
from tocsin.service.subscribers.abuse_contacts.reading.arin_record import (
    HANDLES,
    LONGEST_VALUE,
    MOST_VALUES,
    WANTED,
    Item,
    record_of,
)
from tocsin.service.subscribers.abuse_contacts.reading.lines import numbered
from tocsin.service.texts import harmless


def text_records(stream: io.BufferedReader, place: str) -> Iterator[Item]:
    """The records of a text file. InputError if it ends within one.

    Memory: one record. A line that has no label, as within a comment, is passed over.
    """
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline=None)
    begun, begins_with = 0, ""
    fields: dict[str, list[str]] = {}
    for number, line in numbered(text):
        if not line.strip():
            if begun:
                yield _record(place, begun, begins_with, fields)
            begun, fields = 0, {}
            continue
        if line[0] == "#":
            continue
        label, _, value = line.partition(":")
        label = label.strip().lower()
        if not begun:
            begun, begins_with = number, label
        if label in WANTED:
            values = fields.setdefault(label, [])
            if len(values) <= MOST_VALUES:
                values.append(value.strip()[:LONGEST_VALUE])
    if begun and "source" not in fields:
        raise InputError(
            "the file ends within a record", where=place, line=begun, todo="fetch it once more"
        )
    if begun:
        yield _record(place, begun, begins_with, fields)


def _record(place: str, line: int, begins_with: str, fields: dict[str, list[str]]) -> Item:
    kind = HANDLES.get(begins_with)
    if kind is None:
        what = f"a record begins with {harmless(begins_with, 40)!r} and not with a handle"
        return Problem(place, line, 0, what, "tell the registry; passed over")
    if "source" not in fields:
        what = "a record without Source is cut off"
        return Problem(place, line, 0, what, "tell the registry; passed over")
    return record_of(place, line, kind, fields)
