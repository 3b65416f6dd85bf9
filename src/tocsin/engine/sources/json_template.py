"""Lines of one shape read with one pattern, several times faster than a JSON parser.

Sensors write thousands of lines with the same keys in the same order. From such a line a pattern
is made that matches only flat objects with exactly those keys, so a match is proof that the line
is sound: no key twice, nothing nested, no escapes, every value of the kind seen before. Values
that say where a row goes are part of the pattern. Whatever does not match is parsed as usual.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tocsin.engine.sources.json_rows import JsonObject

_BAKED_IN = ("report_type", "observation", "hostname_confirmed")
_MOST_TEMPLATES = 8
_MOST_SHAPES = 256
_MOST_KEYS = 200
WORTH_IT = 16
"""So many lines with the same keys must come before a pattern is made of one."""

_TEXT = r'"[^"\\\x00-\x1f]*+"'
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
MEMBER = re.compile(
    rf"(?P<key>[ \t]*{_TEXT}[ \t]*:[ \t]*)"
    rf"(?:(?P<text>{_TEXT})|(?P<number>{_NUMBER})|(?P<word>true|false|null))(?P<end>[ \t]*[,}}])"
)
_CAPTURED_TEXT = r'"([^"\\\x00-\x1f]*+)"'
_CAPTURED_NUMBER = rf"({_NUMBER})"
_WORDS = {"true": "true", "false": "false", "null": None}


@dataclass(frozen=True)
class Template:
    """One shape of lines.

    captured: the keys whose values the pattern's groups give. constant: cells that every such
    line has. example: the object of the line that it was made of.
    """

    pattern: re.Pattern[str]
    captured: tuple[str, ...]
    constant: dict[str, str | None]
    example: JsonObject


def make_template(text: str, value: JsonObject) -> Template | None:
    """A template of a line and the object that was read from it; None if it is not that plain."""
    if not text.startswith("{") or len(value) > _MOST_KEYS:
        return None
    pattern = [r"\{"]
    captured: list[str] = []
    constant: dict[str, str | None] = {}
    position = 1
    for key in value:
        member = MEMBER.match(text, position)
        if member is None or member["key"].strip(" \t:") != f'"{key}"':
            return None
        position = member.end()
        if key in _BAKED_IN:
            pattern.append(re.escape(member[0]))
            continue
        pattern.append(re.escape(member["key"]))
        if member["word"]:
            constant[key] = _WORDS[member["word"]]
            pattern.append(member["word"])
        else:
            captured.append(key)
            pattern.append(_CAPTURED_TEXT if member["text"] else _CAPTURED_NUMBER)
        pattern.append(re.escape(member["end"]))
    if position != len(text) or not captured:
        return None
    return Template(re.compile("".join(pattern)), tuple(captured), constant, value)


@dataclass
class Templates:
    """The shapes that came often enough in this slice; the one that matched last is tried first."""

    known: list[Template] = field(default_factory=list)
    _seen: dict[tuple[str, ...], int] = field(default_factory=dict)

    def match(self, text: str) -> tuple[Template, tuple[str, ...]] | None:
        """The template that a line has, and what its groups hold."""
        for number, template in enumerate(self.known):
            found = template.pattern.fullmatch(text)
            if found is not None:
                if number:
                    self.known.insert(0, self.known.pop(number))
                return template, found.groups()
        return None

    def learn(self, text: str, value: JsonObject) -> Template | None:
        """Note a sound line that had no template; the one that is made of it, if one is."""
        if len(self.known) == _MOST_TEMPLATES:
            return None
        keys = tuple(value)
        seen = self._seen.get(keys, 0) + 1
        if seen == 1 and len(self._seen) == _MOST_SHAPES:
            return None
        self._seen[keys] = seen % WORTH_IT
        template = None if self._seen[keys] else make_template(text, value)
        if template is not None:
            self.known.append(template)
        return template
