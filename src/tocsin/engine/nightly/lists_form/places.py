"""Where in a JSON text a value stands, so that a mistake in it can be told by its line.

The standard reader is fast and knows no places; this one is asked only about the few values
that are wrong, after the text has been read and found to be JSON.
"""

from __future__ import annotations

import re
from collections.abc import Collection

Path = tuple[str | int, ...]
"""Keys and indices from the outermost value inwards; an object's own path is its brace's."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|\n|[^\s{}\[\],:"]+')
_ESCAPED = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])')
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def lines_of(text: str, wanted: Collection[Path]) -> dict[Path, int]:
    """The line, from 1, of each wanted value; a value that is not there has its container's."""
    search = {path[:end] for path in wanted for end in range(len(path) + 1)}
    found = _scan(text, search)
    return {path: _nearest(path, found) for path in wanted}


def _nearest(path: Path, found: dict[Path, int]) -> int:
    while path and path not in found:
        path = path[:-1]
    return found.get(path, 1)


def _scan(text: str, search: set[Path]) -> dict[Path, int]:
    found: dict[Path, int] = {}
    path: list[str | int] = []
    line, expects_key = 1, False
    for match in _TOKEN.finditer(text):
        piece = match.group()
        if piece == "\n":
            line += 1
        elif piece == ",":
            last = path[-1]
            expects_key = isinstance(last, str)
            if isinstance(last, int):
                path[-1] = last + 1
        elif piece == ":":
            expects_key = False
        elif piece in ("}", "]"):
            path.pop()
            expects_key = False
        elif expects_key:
            path[-1] = _unquoted(piece)
        else:
            if tuple(path) in search:
                found[tuple(path)] = line
            if piece in ("{", "["):
                expects_key = piece == "{"
                path.append("" if expects_key else 0)
    return found


def _unquoted(piece: str) -> str:
    return _ESCAPED.sub(_character, piece[1:-1])


def _character(match: re.Match[str]) -> str:
    word = match.group(1)
    return chr(int(word[1:], 16)) if word[0] == "u" else _SHORT.get(word, word)
