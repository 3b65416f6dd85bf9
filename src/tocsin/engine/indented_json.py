"""JSON as our own files have it: sorted keys, an entry a line, one blank for each level.

The standard library writes indented JSON with Python code, ten times slower than its compact
form, and a manifest has a hundred thousand entries. Containers that hold no others are most of
it, and the compact encoder writes them just as well, if told what stands between two entries; a
list of such containers it writes in one go. Strings hold no line ends in JSON, so that what has
one is known to stand between entries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache

_Container = (dict, list, tuple)


def canonical_text(value: object) -> str:
    """What `json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1)` gives."""
    pieces: list[str] = []
    _write(value, 1, pieces)
    return "".join(pieces)


def _write(value: object, depth: int, pieces: list[str]) -> None:
    if isinstance(value, dict) and value:
        if _is_flat(value.values()):
            pieces.append(_opened(_encoder(depth).encode(value), depth))
        else:
            _write_object(value, depth, pieces)
    elif isinstance(value, (list, tuple)) and value:
        if _is_flat(value):
            pieces.append(_opened(_encoder(depth).encode(value), depth))
        elif not _write_many(value, depth, pieces):
            _write_array(value, depth, pieces)
    else:
        pieces.append(_encoder(depth).encode(value))


_SCALARS = frozenset({str, int, float, bool, type(None)})


def _is_flat(values: Iterable[object]) -> bool:
    return _SCALARS.issuperset(map(type, values))


def _opened(text: str, depth: int) -> str:
    """The compact text of a container, its brackets on lines of their own."""
    return f"{text[0]}\n{' ' * depth}{text[1:-1]}\n{' ' * (depth - 1)}{text[-1]}"


def _write_many(value: list[object] | tuple[object, ...], depth: int, pieces: list[str]) -> bool:
    """Write a list of objects, or of lists, that hold no others; False if it is none such."""
    if all(isinstance(item, dict) and _is_flat(item.values()) for item in value):
        opening, closing = "{", "}"
    elif all(isinstance(item, (list, tuple)) and _is_flat(item) for item in value):
        opening, closing = "[", "]"
    else:
        return False
    outer, inner = "\n" + " " * depth, "\n" + " " * (depth + 1)
    text = _encoder(depth + 1).encode(value)[2:-2]
    between = f"{outer}{closing},{outer}{opening}{inner}"
    text = text.replace(f"{closing},{inner}{opening}", between)
    whole = f"{opening}{inner}{text}{outer}{closing}"
    whole = whole.replace(f"{opening}{inner}{outer}{closing}", opening + closing)
    pieces.append(f"[{outer}{whole}{outer[:-1]}]")
    return True


def _write_object(value: dict[str, object], depth: int, pieces: list[str]) -> None:
    between, indent = "{", "\n" + " " * depth
    for key in sorted(value):
        pieces.append(f"{between}{indent}{_encoder(depth).encode(key)}: ")
        _write(value[key], depth + 1, pieces)
        between = ","
    pieces.append("\n" + " " * (depth - 1) + "}")


def _write_array(value: list[object] | tuple[object, ...], depth: int, pieces: list[str]) -> None:
    between, indent = "[", "\n" + " " * depth
    for item in value:
        pieces.append(between + indent)
        _write(item, depth + 1, pieces)
        between = ","
    pieces.append("\n" + " " * (depth - 1) + "]")


@cache
def _encoder(depth: int) -> json.JSONEncoder:
    separators = (",\n" + " " * depth, ": ")
    return json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=separators)
