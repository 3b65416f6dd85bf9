"""Ranges of addresses as registries write them: a prefix, several, or first and last."""

from __future__ import annotations

import re

from tocsin.model.address import parse_address, parse_network

Range = tuple[int, int]
"""First and last address."""

_ENDS = re.compile(r"\s*([0-9a-fA-F.:]+)\s*-\s*([0-9a-fA-F.:]+)\s*")


def range_of(text: str) -> Range | None:
    """The range, from the first address to the last where there are several prefixes; None if the
    text is none."""
    try:
        ends = _ENDS.fullmatch(text)
        if ends:
            first, last = parse_address(ends[1]), parse_address(ends[2])
            return (first, last) if first <= last else None
        prefixes = [parse_network(each) for each in re.split(r"[\s,;]+", text.strip()) if each]
    except ValueError:
        return None
    if not prefixes:
        return None
    return min(each.first for each in prefixes), max(each.last for each in prefixes)


def size_of(found: Range) -> int:
    """How many addresses."""
    return found[1] - found[0] + 1
