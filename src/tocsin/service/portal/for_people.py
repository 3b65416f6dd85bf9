"""What is stored for machines (nested facts, ISO times, True), as people read it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence

from tocsin.model.errors import TocsinError
from tocsin.service.texts import sentence

_LABELS = {
    "address": "Address",
    "account": "Account",
    "approved by": "Approved by",
    "asked of": "Asked",
    "asked with": "Asked together with",
    "ASN": "AS number",
    "at": "When",
    "by claim": "",
    "checked at": "DNS and registry last looked at",
    "checked trouble": "Trouble in looking",
    "contact": "Contact",
    "domain domain": "Its domain",
    "domain has mail": "Domain takes mail",
    "domain made": "Domain registered",
    "domain name servers": "Domain's name servers",
    "names": "Found at",
    "not looked up": "Could not be looked up",
    "not us": "Says “not us”",
    "same holder as": "Same holder as",
    "text": "Text",
}
"""Names of stored facts that say little by themselves; without a name, a fact is not shown."""

_ABBREVIATIONS = frozenset({"arc", "asn", "dkim", "dmarc", "dns", "spf"})

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")


def facts_of(said: object, path: str = "") -> list[tuple[str, str]]:
    """Nested facts as lines of name and text, in their order; empty ones are left out."""
    if isinstance(said, Mapping):
        return [line for key, value in said.items() for line in facts_of(value, _name(path, key))]
    label, text = _LABELS.get(path, _capital(path)), text_of(said)
    return [(label, text)] if label and text else []


def changes_of(before: object, after: object) -> list[tuple[str, str, str]]:
    """What an audit line says of before and after: name, text before, text after."""
    was, became = dict(_leaves(before)), dict(_leaves(after))
    return [
        (_capital(name), was.get(name, ""), became.get(name, ""))
        for name in dict.fromkeys([*was, *became])
        if was.get(name) or became.get(name)
    ]


def text_of(said: object) -> str:
    """One stored value: yes or no, a time to the minute in UTC, things of a list one after another;
    empty if there is nothing."""
    if said is None:
        return ""
    if isinstance(said, bool):
        return "yes" if said else "no"
    if isinstance(said, Mapping):
        return ", ".join(
            f"{_words(key)}: {text}" for key, value in said.items() if (text := text_of(value))
        )
    if isinstance(said, Sequence) and not isinstance(said, str):
        apart = "; " if any(isinstance(each, Mapping) for each in said) else ", "
        return apart.join(text for each in said if (text := text_of(each)))
    text = str(said)
    return minute(text) if _MOMENT.fullmatch(text) else text


def minute(said: str) -> str:
    """A time in ISO 8601 as day and minute, in UTC; any other text as it is."""
    try:
        moment = dt.datetime.fromisoformat(said)
    except (TypeError, ValueError):
        return said
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC)
    return f"{moment:%Y-%m-%d %H:%M}"


def told(error: TocsinError) -> str:
    """What was wrong and what to do, for the person whose page it is; they know where."""
    first = f"{_capital(error.what)}: {error.todo}" if error.todo else _capital(error.what)
    return "\n".join([sentence(first), *(str(each) for each in error.problems)])


def _leaves(said: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(said, Mapping):
        for key, value in said.items():
            yield from _leaves(value, _name(path, key))
    else:
        yield path, text_of(said)


def _name(path: str, key: object) -> str:
    return f"{path} {_words(key)}".strip()


def _words(key: object) -> str:
    words = str(key).replace("_", " ").split(" ")
    return " ".join(each.upper() if each in _ABBREVIATIONS else each for each in words)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
