"""Lists of words that come as data files beside the code."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"


@cache
def words_of(name: str) -> frozenset[str]:
    """The lines of data/NAME.txt, without remarks."""
    lines = (_DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(each.strip() for each in lines if each.strip() and not each.startswith("#"))
