"""Files whose format is not known: what they look like, and what can be done with them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass

from tocsin.engine.sources.cowrie import COWRIE, is_cowrie
from tocsin.engine.sources.detect import (
    NDJSON,
    Detected,
    detect_sample,
    first_line,
    read_sample,
)
from tocsin.engine.sources.raw import Member

_SHOWN_BYTES = 100
_SHOWN_OF_BINARY = 16
_MOST_KEYS = 12
_MOST_LINES = 20
_SEPARATORS = ((b";", "semicolons"), (b"\t", "tabs"), (b"|", "bars"), (b",", "commas"))
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_ROUTES = re.compile(rb"[0-9a-fA-F.:]+/[0-9]{1,3}\t[0-9]+\s*$")
_WEB_LOG = re.compile(rb'\S+ \S+ \S+ \[[^\]]+\] "')
_FORM = "JSON, one object a line, as docs/operators/tocsin-ndjson.md says"


@dataclass(frozen=True, slots=True)
class Stranger:
    """A content that no source reads: what it looks like, how it begins, and what to do.

    begins: its first bytes as text, with everything that cannot be printed as `\\x..`; of what
    is no text, their hexadecimal digits. keys: of
    its first JSON object, if it has one.
    """

    looks_like: str
    begins: str
    keys: tuple[str, ...]
    todo: str


def meet(member: Member, *, most_bytes: int) -> Detected | Stranger:
    """The format of a member, or what to know of one that has none."""
    sample = read_sample(member, most_bytes=most_bytes)
    detected = detect_sample(sample)
    if detected.format == NDJSON and any(map(is_cowrie, sample.split(b"\n")[:_MOST_LINES])):
        return Detected(COWRIE, "the log of Cowrie")
    return detected if detected.format else stranger(sample, detected.looks_like)


def stranger(sample: bytes, looks_like: str) -> Stranger:
    """Describe a content that begins so; `looks_like` is what detection said of it."""
    line = first_line(sample)
    if not line:
        return Stranger(looks_like, "", (), "hand in a file with rows")
    if _NOT_TEXT.search(sample[:_SHOWN_BYTES]):
        begins = sample[:_SHOWN_OF_BINARY].hex(" ")
        return Stranger(looks_like, begins, (), f"hand in text: CSV with a header, or {_FORM}")
    begins = _begins(line)
    if _ROUTES.match(_first_row(sample)):
        todo = "make an atlas of it: tocsin atlas build --routes FILE --at DATE"
        return Stranger("it looks like a table of routes", begins, (), todo)
    if _WEB_LOG.match(line):
        return Stranger("it looks like the log of a web server", begins, (), f"write {_FORM}")
    keys = json_keys(line)
    separated = "" if keys else _separated(sample)
    if separated and "separated" not in looks_like:
        looks_like += f"; its lines are separated by {separated}"
    return Stranger(looks_like, begins, keys, _todo(line.lstrip()[:1], separated))


def json_keys(line: bytes) -> tuple[str, ...]:
    """The first keys of a line's JSON object, or of the first object in its array; else none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return ()
    if isinstance(value, list) and value:
        value = value[0]
    return tuple(value)[:_MOST_KEYS] if isinstance(value, dict) else ()


def program_of(keys: Collection[str]) -> str:
    """The program that writes JSON with such keys; "" if it is none that we know."""
    if {"eventid", "session"} <= set(keys):
        return "Cowrie's log"
    if {"source.ip", "time.source"} & set(keys):
        return "IntelMQ's events"
    return ""


def _separated(sample: bytes) -> str:
    """What parts the cells of the first line that is no comment, "" if nothing seems to."""
    row = _first_row(sample)
    counted = [(row.count(separator), word) for separator, word in _SEPARATORS]
    most, word = max(counted)
    return word if most >= 2 else ""


def _first_row(sample: bytes) -> bytes:
    lines = (line for line in sample.split(b"\n")[:200] if line.strip())
    return next((line for line in lines if not line.startswith((b"#", b";"))), b"")


def _begins(line: bytes) -> str:
    text = line[:_SHOWN_BYTES].decode("utf-8", "backslashreplace")
    more = "..." if len(line) > _SHOWN_BYTES else ""
    shown = (
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
    return "".join(shown) + more


def _todo(first: bytes, separated: str) -> str:
    if first == b"[":
        return f"write {_FORM} (jq -c '.[]' FILE takes an array apart)"
    if separated == "commas":
        return (
            "put a header line of column names before the rows, timestamp and ip among them, or "
            "describe it as a source, as docs/developers/formats.md shows"
        )
    if separated:
        return (
            "write it with commas and a header line, timestamp and ip among its names, or "
            "describe it as a source, as docs/developers/formats.md shows"
        )
    return f"write {_FORM}"
