"""Where the rows of our own format go: to report types, or among the observations."""

from __future__ import annotations

import re

MOST_TARGETS = 8
MOST_KINDS = 4_096
"""So many kinds of rows one slice may hold; more of them are data in the wrong place."""

Kind = tuple[tuple[str, ...], str]
"""Report types, or a kind of observation."""

BY_RULES: Kind = ((), "")
"""Rows that tell neither: the rules of their source say where they go."""

_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}")


def is_word(name: object) -> bool:
    """Whether it can name a report type or a kind of observation."""
    return isinstance(name, str) and _WORD.fullmatch(name) is not None
