"""Mails that are filled in like a form: “Organisation: Example ISP”, one thing a line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from tocsin.service.mailbox.reading.lexer import tokenise
from tocsin.service.mailbox.reading.tokens import Kind
from tocsin.service.mailbox.reading.words import words

_LONGEST_LABEL = 60
_BEFORE_LABEL = re.compile(r"[\s|*•·>#_-]*(?:\d{1,2}[.)]\s)?\s*[*_]*")
_AFTER_LABEL = re.compile(r"\*{0,2}\s*(:|：|=|\t|\|)\s*\*{0,2}")
_IN_BRACKETS = re.compile(r"\s*\([^)]{0,50}\)")
_BULLET = re.compile(r"\s*(?:[-*•·]|\d{1,2}[.)])\s|\s{2,}|\t")
_UNKNOWN_LABEL = re.compile(r"\s*[^\W\d][\w /-]{1,30}:\s")
_FILLERS = frozenset(("and", "und", "et", "y", "e", "i", "и", "as", "asn", "or"))


@dataclass
class Field:
    """A label, by its meaning, with what stands behind it. written: the label as written."""

    meaning: str
    written: str
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The lines of the value."""
        return "\n".join(self.lines).strip()


@dataclass
class Form:
    """What is filled in, in its order, and the prose around it."""

    fields: list[Field] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)

    def said(self, *meanings: str) -> list[Field]:
        """The fields of these meanings that are not empty."""
        return [each for each in self.fields if each.meaning in meanings and each.text]


@cache
def _labels(name: str) -> dict[str, str]:
    return {
        each: meaning.removeprefix("label_")
        for meaning, told in words(name).items()
        if meaning.startswith("label_")
        for each in told
    }


def read_form(text: str, name: str = "request") -> Form:
    """Take a text apart by the labels of a file of words."""
    form = Form()
    current: Field | None = None
    for line in text.split("\n"):
        found = _field(line, _labels(name))
        if found is not None:
            current = found
            form.fields.append(found)
        elif current is not None and _continues(current, line):
            current.lines.append(line)
        else:
            # One empty line may stand below a label that has nothing behind it yet.
            if current is not None and (line.strip() or current.text):
                current = None
            form.prose.append(line)
    return form


def _field(line: str, labels: dict[str, str]) -> Field | None:
    start = _BEFORE_LABEL.match(line[:200])
    at = start.end() if start else 0
    if mark := _AFTER_LABEL.search(line, at, at + _LONGEST_LABEL + 5):
        label = " ".join(line[at : mark.start()].strip(" *_.").lower().split())
        for each in (label, _IN_BRACKETS.sub("", label)):
            if each in labels:
                return Field(labels[each], label, [line[mark.end() :].strip(" |\t")])
    return None


def _continues(current: Field, line: str) -> bool:
    if not line.strip() or _UNKNOWN_LABEL.match(line[:100]):
        return False
    if not current.text or current.lines[-1].rstrip().endswith((",", ";", "、")):
        return True
    if current.meaning in ("full_name", "organisation", "phone", "other", "fax"):
        return False
    return bool(_BULLET.match(line)) or only_facts(line)


def only_facts(line: str) -> bool:
    """Whether a line holds nothing but networks, addresses and the like."""
    tokens = tokenise(line[:2_000])
    other = [each for each in tokens if each.kind is Kind.WORD and each.value not in _FILLERS]
    return bool(tokens) and not other and any(each.kind not in _FRAME for each in tokens)


_FRAME = frozenset((Kind.WORD, Kind.MARK, Kind.STOP, Kind.BREAK))
