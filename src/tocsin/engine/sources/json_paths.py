"""Values within the JSON that a cell holds, found by paths such as `Source.Port.0`."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from tocsin.engine.sources.json_rows import cell_text, has_lone_surrogate, is_too_deep

Json = object


def split_path(name: str, known: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """The column that a name begins with, and the way into it; ("", ()) if there is none.

    Keys may have dots themselves, so that the longest column that fits counts.
    """
    if name in known:
        return name, ()
    parts = name.split(".")
    for count in range(len(parts) - 1, 0, -1):
        base = ".".join(parts[:count])
        if base in known:
            return base, tuple(parts[count:])
    return "", ()


def parsed(cell: Json) -> Json:
    """What a cell says: the object or list if it holds JSON, else the text itself.

    JSON that is nested too deep, or holds half of a surrogate pair, stays the text that it is: it
    could not be written again.
    """
    if not isinstance(cell, str) or cell[:1] not in ("{", "[") or is_too_deep(cell):
        return cell
    try:
        # Numbers stay as they were written.
        value = json.loads(cell, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return cell
    return cell if "\\u" in cell and has_lone_surrogate([value]) else value


def follow(value: Json, way: Sequence[str]) -> Json:
    """What stands at the end of a way; None if it leads nowhere.

    `*` leads to all items of a list and to all values of an object; what they say is a list.
    """
    for number, part in enumerate(way):
        if part == "*":
            return _of_all(value, way[number + 1 :])
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isascii() and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else None
        else:
            return None
    return value


def _of_all(value: Json, way: Sequence[str]) -> Json:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [follow(item, way) for item in items]
    return [each for each in found if each is not None]


def text_of(value: Json) -> str | None:
    """A value as the text of a cell."""
    return cell_text(value)
