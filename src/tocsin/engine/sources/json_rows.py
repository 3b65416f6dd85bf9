"""One line of JSON: an object with strings, checked, without losing how numbers were written."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

MOST_DEPTH = 16
"""How many objects and lists may lie within one another."""
MOST_KEYS = 1_000

JsonObject = dict[str, object]

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BLANKS = " \t\r"


class Number(str):
    """A number as the source wrote it: `1.50` is not `1.5`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class JsonFault:
    """Why a line is rejected."""

    reason: str
    detail: str


class _TwiceError(ValueError):
    """A key stands twice in an object; which value is meant nobody knows."""


def _object(pairs: list[tuple[str, object]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for number, name in enumerate(names) if name in names[:number])
        raise _TwiceError(twice)
    return found


def _constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_constant
)
_EXACT = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=_constant
)


def read_object(text: str) -> JsonObject | JsonFault:
    """The object that a line holds, numbers as the text they were written with."""
    stripped = text.strip(_BLANKS)
    if is_too_deep(stripped):
        return JsonFault("too_deep", f"more than {MOST_DEPTH} objects or lists in one another")
    try:
        value, end = _DECODER.raw_decode(stripped)
    except _TwiceError as error:
        return JsonFault("duplicate_key", f"the key {str(error)[:100]!r} stands twice")
    except ValueError:
        return _explained(text)
    if end != len(stripped):
        return _explained(text)
    return _checked(value)


def _checked(value: object) -> JsonObject | JsonFault:
    if not isinstance(value, dict):
        return JsonFault("not_an_object", "the line holds JSON, but no object")
    if len(value) > MOST_KEYS:
        return JsonFault("too_many_keys", f"{len(value)} keys, {MOST_KEYS} are the most")
    return value


def read_exact(text: str) -> JsonObject:
    """The same object with its numbers told apart from strings, as `Number`."""
    value = _EXACT.decode(text.strip(_BLANKS))
    return value if isinstance(value, dict) else {}


def _explained(text: str) -> JsonFault:
    try:
        _DECODER.decode(text)
    except json.JSONDecodeError as error:
        return JsonFault("bad_json", f"column {error.colno}: {error.msg}")
    except ValueError as error:
        return JsonFault("bad_json", str(error))
    return JsonFault("bad_json", "the line is no JSON")


def is_too_deep(text: str) -> bool:
    """Whether too many brackets lie within one another, those in strings left out."""
    if text.count("{") + text.count("[") <= MOST_DEPTH:
        return False
    depth = 0
    for character in _STRING.sub("", text):
        if character in "{[":
            depth += 1
            if depth > MOST_DEPTH:
                return True
        elif character in "}]":
            depth -= 1
    return False


def cell_text(value: object) -> str | None:
    """What stands in a cell for a JSON value; null for null and for an empty list."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value):
        return ";".join(cell_text(item) or "" for item in value) if value else None
    return json_text(value)


def needs_exact(value: object) -> bool:
    """Whether a cell keeps JSON text, in which numbers must not turn into strings."""
    if isinstance(value, list):
        return any(isinstance(item, (list, dict)) for item in value)
    return isinstance(value, dict)


def json_text(value: object) -> str:
    """A nested value as JSON again, keys in their order, numbers as they were written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        inner = ",".join(f"{_quoted(key)}:{json_text(item)}" for key, item in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{','.join(map(json_text, value))}]"
    return _quoted(value)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def has_lone_surrogate(values: Sequence[object]) -> bool:
    """Whether a text among the values, at any depth, cannot be written as UTF-8."""
    for value in values:
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                return True
        elif isinstance(value, dict):
            if has_lone_surrogate([*value.keys(), *value.values()]):
                return True
        elif isinstance(value, list) and has_lone_surrogate(value):
            return True
    return False
