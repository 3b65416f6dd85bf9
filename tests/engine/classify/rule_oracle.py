"""Sigma's meaning from first principles: one event, one rule, no SQL."""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Mapping

from tocsin.catalogue.yaml_lines import Plain

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_TOKEN = re.compile(r"\(|\)|[^\s()]+")


def rule_takes(detection: Mapping[str, Plain], event: Mapping[str, str]) -> bool:
    """Whether the detection of a rule fits the event."""
    fits = {
        name: _selection(part, event) for name, part in detection.items() if name != "condition"
    }
    tokens = _TOKEN.findall(str(detection["condition"]))
    found = _either(tokens, fits)
    assert not tokens
    return found


def _either(tokens: list[str], fits: Mapping[str, bool]) -> bool:
    found = _both(tokens, fits)
    while tokens and tokens[0] == "or":
        tokens.pop(0)
        found = _both(tokens, fits) or found
    return found


def _both(tokens: list[str], fits: Mapping[str, bool]) -> bool:
    found = _single(tokens, fits)
    while tokens and tokens[0] == "and":
        tokens.pop(0)
        found = _single(tokens, fits) and found
    return found


def _single(tokens: list[str], fits: Mapping[str, bool]) -> bool:
    word = tokens.pop(0)
    if word == "not":
        return not _single(tokens, fits)
    if word == "(":
        found = _either(tokens, fits)
        assert tokens.pop(0) == ")"
        return found
    if word in ("1", "all"):
        assert tokens.pop(0) == "of"
        pattern = tokens.pop(0)
        meant = [fit for name, fit in fits.items() if _is_named(name, pattern)]
        return any(meant) if word == "1" else all(meant)
    return fits[word]


def _is_named(name: str, pattern: str) -> bool:
    return pattern == "them" or fnmatch.fnmatchcase(name, pattern)


def _selection(part: Plain, event: Mapping[str, str]) -> bool:
    if isinstance(part, list):
        return any(_selection(each, event) for each in part)
    assert isinstance(part, dict)
    return all(_field(key, value, event) for key, value in part.items())


def _field(key: str, value: Plain, event: Mapping[str, str]) -> bool:
    column, *modifiers = key.split("|")
    values = value if isinstance(value, list) else [value]
    fits = [_value(event.get(column), each, set(modifiers)) for each in values]
    return all(fits) if "all" in modifiers else any(fits)


def _value(cell: str | None, value: Plain, modifiers: set[str]) -> bool:  # noqa: PLR0911
    if "exists" in modifiers:
        return (cell is not None) == value
    if value is None:
        return cell is None
    if cell is None:
        return False
    if isinstance(value, bool):
        return cell.lower() == str(value).lower()
    if isinstance(value, int):
        return _number(cell, value, modifiers)
    if "re" in modifiers:
        # Where RE2 and Python mean the same: `$` is the end, and not before a last line end.
        pattern = str(value).replace("$", r"\Z")
        return re.search(pattern, cell, re.IGNORECASE if "i" in modifiers else 0) is not None
    if "cidr" in modifiers:
        return _network(cell.strip(), str(value))
    return _text(cell, str(value), modifiers)


def _number(cell: str, value: int, modifiers: set[str]) -> bool:
    if not _NUMBER.fullmatch(cell):
        return False
    number = float(cell)
    if "lt" in modifiers:
        return number < value
    return number >= value if "gte" in modifiers else number == value


def _network(cell: str, value: str) -> bool:
    try:
        address, network = _wide(cell), ipaddress.ip_network(value)
    except ValueError:
        return False
    first = _wide(str(network.network_address))
    return first <= address < first + network.num_addresses


def _wide(text: str) -> int:
    address = ipaddress.ip_address(text)
    return int(address) + (0xFFFF << 32 if address.version == 4 else 0)


def _text(cell: str, value: str, modifiers: set[str]) -> bool:
    before = ".*" if modifiers & {"contains", "endswith"} else ""
    after = ".*" if modifiers & {"contains", "startswith"} else ""
    pattern = re.compile(before + _as_pattern(value) + after, re.DOTALL)
    if "cased" in modifiers:
        return pattern.fullmatch(cell) is not None
    # Only A to Z are folded: re.IGNORECASE with re.ASCII would leave other letters alone as well.
    folded = re.compile(pattern.pattern, re.DOTALL | re.IGNORECASE | re.ASCII)
    return re.fullmatch(_ascii_only(folded), _folded(cell), re.DOTALL) is not None


def _ascii_only(pattern: re.Pattern[str]) -> str:
    return _folded(pattern.pattern)


def _folded(text: str) -> str:
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def _as_pattern(value: str) -> str:
    """Sigma's wildcards: `*` anything, `?` one character, a backslash before one takes it away."""
    found, at = "", 0
    while at < len(value):
        here, after = value[at], value[at + 1 : at + 2]
        if here == "\\" and after and after in "*?\\":
            found, at = found + re.escape(after), at + 2
        else:
            found += {"*": ".*", "?": "."}.get(here, re.escape(here))
            at += 1
    return found
