"""On which lines the keys of a TOML file stand; the standard reader does not tell.

Enough for saying where a mistake is, no more: a key that is not found has line 0.
"""

from __future__ import annotations

import re

Key = tuple[str, ...]

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?$")
_ENTRY = re.compile(rf"\s*({_DOTTED})\s*=")


def lines_of_keys(text: str) -> dict[Key, int]:
    """The line, from 1, of every table and key of a well-formed TOML text."""
    lines: dict[Key, int] = {}
    table: Key = ()
    quotes = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not quotes:
            if header := _TABLE.match(line):
                table = _parts(header.group(1))
                lines.setdefault(table, number)
            elif entry := _ENTRY.match(line):
                lines.setdefault((*table, *_parts(entry.group(1))), number)
        quotes = _still_open(line, quotes)
    return lines


def _parts(dotted: str) -> Key:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))


def _still_open(line: str, quotes: str) -> str:
    """The triple quotes that a text over several lines waits for after this line."""
    for found in re.findall(r'"""|\'\'\'', line):
        if not quotes:
            quotes = found
        elif found == quotes:
            quotes = ""
    return quotes
