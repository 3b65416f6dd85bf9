"""Families of malware and the other names they go by, so that one thing is called one thing."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from tocsin.catalogue.sections import Section
from tocsin.catalogue.yaml_lines import Path
from tocsin.model.errors import Problem

ALIKE: Final = " _"
"""What in a name means the same as a hyphen."""

_FOLDED: Final = str.maketrans(
    string.ascii_uppercase + ALIKE, string.ascii_lowercase + "-" * len(ALIKE)
)


@dataclass(frozen=True, slots=True)
class Family:
    """A family of malware. aliases: what others call it, sorted."""

    name: str
    aliases: tuple[str, ...]


def folded(name: str) -> str:
    """The name as it is compared: A to Z as small letters, blanks and underscores as hyphens."""
    return name.translate(_FOLDED)


def read_families(sections: Iterable[Section]) -> tuple[dict[str, Family], list[Problem]]:
    """The sound families of all families.yaml, and names that mean two of them.

    A later file may give more aliases to a family of an earlier one.
    """
    held = [(section, _said(section)) for section in sections]
    aliases: dict[str, set[str]] = {}
    for _, said in held:
        for name, others in said.items():
            aliases.setdefault(name, set()).update(others)
    holders: dict[str, str] = {}
    problems: list[Problem] = []
    for section, said in held:
        problems += _mistakes(section, said, aliases, holders)
    found = {name: Family(name, tuple(sorted(others))) for name, others in aliases.items()}
    return found, problems


def _said(section: Section) -> dict[str, list[str]]:
    return cast("dict[str, list[str]]", section.entries("families"))


def _mistakes(
    section: Section,
    said: Mapping[str, list[str]],
    names: Collection[str],
    holders: dict[str, str],
) -> Iterator[Problem]:
    """holders: folded alias -> the family that has it; filled on the way. Names are folded."""
    for name, aliases in said.items():
        for number, alias in enumerate(aliases):
            place: Path = ("families", name, number)
            meant = folded(alias)
            holder = holders.setdefault(meant, name)
            if meant in names and meant != name:
                what = f"{alias!r} is an alias of {name!r}, and a family itself"
                yield section.document.problem(place, what, "take one of them out")
            elif holder != name:
                what = f"{alias!r} is an alias of both {holder!r} and {name!r}"
                yield section.document.problem(place, what, "let one family have it")
