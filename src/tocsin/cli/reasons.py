"""Why a row was turned away, and what was odd about others, in words for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

REASONS: Final[Mapping[str, str]] = {
    # The reader's: the bytes are no record.
    "unbalanced_quote": "a quotation mark too many or too few",
    "cut_row": "the last row is cut off",
    "too_many_cells": "more cells than the header has names",
    "too_long": "longer than 1 MiB",
    "bad_json": "no JSON",
    "bad_encoding": "not UTF-8",
    "not_an_object": "JSON, but no object",
    "duplicate_key": "an object that names a key twice",
    "no_report_type": "an object with neither report_type nor observation",
    "too_deep": "nested too deep",
    "too_many_events": "holds more events than a row may",
    "no_event": "an object without eventid, and so none of Cowrie's events",
    # The judge's: the record cannot be right.
    "no_time": "no timestamp",
    "bad_time": "a timestamp that cannot be read",
    "future": "a timestamp more than a day ahead of the clock",
    "too_old": "older than its source may report",
    "pruned": "of a day that has been pruned",
    "no_subject": "does not say whom it is about",
    "bad_subject": "what it is about cannot be read",
    "wrong_family": "an IPv4 address where IPv6 belongs, or the other way round",
    "too_broad": "about a network broader than /8",
    "impossible": "a number that cannot be",
    "unknown_type": "of a report type that there is not",
    # Right, and not wanted.
    "reserved": "an address of reserved space, nobody's network",
    "allow_list": "on the operator's allow list",
    "no_rule": "an event that no rule of its source takes",
    "repeat": "the same row once more",
    "repeated_header": "the header once more",
    "header": "a header line",
    "comment": "a comment",
}
"""By reason: what is wrong with the row."""

NOTES: Final[Mapping[str, str]] = {
    "short_row": "Rows with fewer cells than the header, the rest taken as empty",
    "latin1": "Rows that are not UTF-8, read as Latin-1",
    "nul_bytes": "Rows with NUL bytes, which were taken out",
    "blank_lines": "Blank lines",
    "header_lines": "Header lines",
    "no_atlas": "Rows that no atlas is old enough for",
    "more_events": "Events beyond the first of rows that hold several",
    "events_left_out": "Events left out of rows that hold several",
    "uneven_items": "Events whose row has lists of different lengths",
    "session_unknown": "Rows of sessions whose beginning has not been seen",
    "unknown_second_type": "Rows that also name a report type that there is not",
}
"""By note: what was odd about rows that were kept, to be followed by how many."""

_NOT_FOR = "not_for:"
_NONE = re.compile(r"^(\w+) is None$")


def reason_in_words(reason: str) -> str:
    """What is wrong with a row of that reason; the reason itself if nobody gave it words."""
    return REASONS.get(reason, reason.replace("_", " "))


def detail_in_words(detail: str) -> str:
    """A detail without what only programmers understand or what breaks off."""
    return _NONE.sub(r"\1 is missing", detail).removesuffix(" starting at")


def note_in_words(note: str) -> str:
    """What was odd; `not_for:TYPE` tells of events with two addressees of which one is none."""
    if note.startswith(_NOT_FOR):
        return f"Rows that nobody can be told of as {note.removeprefix(_NOT_FOR)}"
    return NOTES.get(note, note.replace("_", " ").capitalize())
