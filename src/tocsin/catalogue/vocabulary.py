"""Columns, their older names, groups of columns, and areas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from tocsin.catalogue.entries import OBSERVED, Area, Observation
from tocsin.catalogue.raw import RawArea, RawColumn, RawMember, RawObservation
from tocsin.catalogue.sections import Section
from tocsin.catalogue.yaml_lines import Path
from tocsin.model.columns import Column, ColumnKind
from tocsin.model.errors import Problem


@dataclass(eq=False)
class Vocabulary:
    """What names mean. `broken` names are known to be meant but not sound; they are told once."""

    columns: dict[str, Column] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    groups: dict[str, Sequence[RawMember]] = field(default_factory=dict)
    retired: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    whole: bool = True
    """False if a file of it could not be read, so that no name can be called unknown."""


def read_vocabulary(sections: Iterable[Section]) -> tuple[Vocabulary, list[Problem]]:
    """Put the columns.yaml files together; the shipped one comes first."""
    words = Vocabulary()
    problems: list[Problem] = []
    held = list(sections)
    for section in held:
        words.whole = words.whole and section.readable
        words.broken |= section.names("columns") | section.names("groups")
        problems += _add_columns(words, section)
        problems += _add_groups(words, section)
    for section in held:
        problems += _add_aliases(words, section)
    words.broken -= words.columns.keys() | words.groups.keys()
    for section in held:
        problems += _group_problems(words, section)
    return words, problems


def _add_columns(words: Vocabulary, section: Section) -> Iterable[Problem]:
    for name, entry in section.entries("columns").items():
        raw = cast(RawColumn, entry)
        path: Path = ("columns", name)
        if name in words.columns:
            yield section.document.problem(path, f"the column {name!r} is described already")
            continue
        bounded = "least" in raw or "greatest" in raw or "zero_is_missing" in raw
        if bounded and raw["kind"] != ColumnKind.INTEGER:
            what = f"the column {name!r} has bounds, which only integers have"
            yield section.document.problem(path, what)
        words.columns[name] = _column(name, raw)
        if raw.get("retired", False):
            words.retired.add(name)


def _column(name: str, raw: RawColumn) -> Column:
    return Column(
        name=name,
        kind=ColumnKind(raw["kind"]),
        description=raw["description"],
        aliases=tuple(raw.get("aliases", ())),
        sensitive=raw.get("sensitive", False),
        zero_is_missing=raw.get("zero_is_missing", False),
        fleeting=raw.get("fleeting", False),
        least=raw.get("least"),
        greatest=raw.get("greatest"),
    )


def _add_groups(words: Vocabulary, section: Section) -> Iterable[Problem]:
    for name, entry in section.entries("groups").items():
        if name in words.groups:
            what = f"the group {name!r} is described already"
            yield section.document.problem(("groups", name), what)
        else:
            words.groups[name] = cast(list[RawMember], entry)


def _group_problems(words: Vocabulary, section: Section) -> Iterable[Problem]:
    """What is wrong with a group, told once; types that use it are spared the same words."""
    groups = dict(words.groups)
    for name in section.entries("groups"):
        path: Path = ("groups", name)
        found = expand([{"group": name}], groups, words, section, path)
        yield from found.problems
        if found.problems:
            words.groups.pop(name, None)
            words.broken.add(name)


def _add_aliases(words: Vocabulary, section: Section) -> Iterable[Problem]:
    for name in section.entries("columns"):
        for number, alias in enumerate(words.columns[name].aliases):
            path: Path = ("columns", name, "aliases", number)
            if alias in words.columns:
                what = f"{alias!r} is the older name of {name!r} and a column of its own"
                yield section.document.problem(path, what)
            elif words.aliases.setdefault(alias, name) != name:
                what = f"{alias!r} is the older name of both {words.aliases[alias]!r} and {name!r}"
                yield section.document.problem(path, what)


def read_areas(section: Section) -> dict[str, Area]:
    """The sound areas of areas.yaml."""
    raw = cast(dict[str, RawArea], section.entries("areas"))
    return {name: Area(name, area["title"], area["description"]) for name, area in raw.items()}


_OF_EVERY_OBSERVATION: Final = ("timestamp", *OBSERVED)


def read_observations(sections: Iterable[Section]) -> tuple[dict[str, Observation], list[Problem]]:
    """The sound kinds of all observations.yaml, and what is wrong with others."""
    found: dict[str, Observation] = {}
    problems: list[Problem] = []
    for section in sections:
        for name, entry in section.entries("observations").items():
            raw = cast(RawObservation, entry)
            if name in found:
                what = f"the observation {name!r} is described already"
                todo = "call yours otherwise"
                problems.append(section.document.problem(("observations", name), what, todo))
                continue
            for column in raw.get("columns", {}):
                if column in _OF_EVERY_OBSERVATION:
                    place: Path = ("observations", name, "columns", column)
                    what = f"the column {column!r} is kept of every observation"
                    problems.append(section.document.problem(place, what, "leave it out"))
            columns = {each: ColumnKind(kind) for each, kind in raw.get("columns", {}).items()}
            found[name] = Observation(name, raw["description"], columns)
    return found, problems


@dataclass(frozen=True, slots=True)
class Expanded:
    """A list of columns with its groups written out, and what is wrong with it."""

    names: tuple[str, ...]
    problems: tuple[Problem, ...]
    complete: bool
    """False if something was unknown, so that a missing column may just be that."""


def expand(
    members: Sequence[RawMember],
    groups: Mapping[str, Sequence[RawMember]],
    words: Vocabulary,
    section: Section,
    path: Path,
) -> Expanded:
    """Write out the groups in a list of columns."""
    names: list[str] = []
    problems: list[Problem] = []
    doubtful = False
    for number, member in enumerate(members):
        place = (*path, number)
        for name, mistake in _written_out(member, groups, words, ()):
            if mistake:
                problems.append(section.document.problem(place, mistake))
            elif name in names:
                what = f"the column {name!r} comes a second time"
                problems.append(section.document.problem(place, what, "keep one of them"))
            elif name in words.columns:
                names.append(name)
            else:
                doubtful = True
    return Expanded(tuple(names), tuple(problems), not (problems or doubtful))


def _written_out(
    member: RawMember,
    groups: Mapping[str, Sequence[RawMember]],
    words: Vocabulary,
    within: tuple[str, ...],
) -> Iterable[tuple[str, str]]:
    """Names of columns, each with a mistake or none."""
    if isinstance(member, str):
        known = member in words.columns or member in words.broken or not words.whole
        yield member, "" if known else f"the column {member!r} is not in columns.yaml"
        return
    name = member["group"]
    if name in within:
        yield name, f"the group {name!r} holds itself"
    elif name in groups:
        for inner in groups[name]:
            yield from _written_out(inner, groups, words, (*within, name))
    elif name in words.broken or not words.whole:
        yield name, ""
    else:
        yield name, f"there is no group {name!r}"
