"""Lines that rewriters make: objects, and rows that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

FAULT: Final = b"!"
"""How a line begins that stands for a row which cannot be read; what follows says why."""

_MOST_WORDS = 300


def json_line(row: Mapping[str, object], lines: int = 1) -> bytes:
    """A row that took so many lines of its content."""
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n" * lines


def fault_line(why: str, lines: int = 1) -> bytes:
    """A row that cannot be read, and why, in a few words."""
    said = " ".join(why.split())[:_MOST_WORDS]
    return FAULT + said.encode("utf-8", "replace") + b"\n" * lines
