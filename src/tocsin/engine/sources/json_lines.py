"""Lines that rewriters make: objects, and rows that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

FAULT: Final = b"!"
"""How a line begins that stands for a row which cannot be read; what follows says why."""

_MOST_WORDS = 300
_BLANK = b"\n" * (1 << 16)


def json_line(row: Mapping[str, object], lines: int = 1) -> bytes:
    """A row that took so many lines of its content."""
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n" * lines


def fault_line(why: str, lines: int = 1) -> bytes:
    """A row that cannot be read, and why, in a few words."""
    said = " ".join(why.split())[:_MOST_WORDS]
    return FAULT + said.encode("utf-8", "replace") + b"\n" * lines


def blank_lines(number: int) -> Iterator[bytes]:
    """So many blank lines, in parts: a small file may unpack to more of them than memory holds."""
    for _ in range(number // len(_BLANK)):
        yield _BLANK
    if number > 0 and (rest := number % len(_BLANK)):
        yield _BLANK[:rest]
