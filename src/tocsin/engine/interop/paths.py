"""Paths into JSON: `Source[].IP4[]` is the list IP4 of the first object of the list Source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

Json = dict[str, object]


def put(target: Json, path: str, values: Sequence[object], *, nested: bool) -> None:
    """Set what stands at the path, and make what is on the way.

    A list gets all the values as further entries, anything else is the first of them. `nested`:
    whether dots go down; if not, the path is a key.
    """
    *way, last = path.split(".") if nested else [path]
    for step in way:
        target = _stepped(target, step)
    if last.endswith("[]"):
        entries = cast("list[object]", target.setdefault(last[:-2], []))
        entries += values
    else:
        target[last] = values[0]


def _stepped(target: Json, step: str) -> Json:
    if not step.endswith("[]"):
        return cast("Json", target.setdefault(step, {}))
    entries = cast("list[Json]", target.setdefault(step[:-2], []))
    if not entries:
        entries.append({})
    return entries[0]


def get(source: object, path: str, *, nested: bool) -> object:
    """What stands at the path, of a list the first entry; None if there is nothing."""
    for step in path.split(".") if nested else [path]:
        if not isinstance(source, dict):
            return None
        source = source.get(step.removesuffix("[]"))
        if step.endswith("[]"):
            source = source[0] if isinstance(source, list) and source else None
    return source
