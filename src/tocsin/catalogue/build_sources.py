"""From the files of sources to sources, with what they take over from each other."""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.catalogue.entries import Filters, Location, Source, Window
from tocsin.catalogue.nearest import nearest
from tocsin.catalogue.raw import RawFilters, RawSource, RawTerms
from tocsin.catalogue.reading import READ_BY_DECLARATION, build_reading, reading_mistakes
from tocsin.catalogue.sections import Section
from tocsin.catalogue.yaml_lines import Path
from tocsin.model.errors import Problem
from tocsin.model.terms import Credit, Terms, Tlp

_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")
_MERGED: Final = ("terms", "filters")
"""Keys whose parts are taken over one by one; every other key is taken over whole."""

_MINUTES: Final = {"minute": 1, "hour": 60, "day": 1440}

Told = tuple[Path, str, str]
"""Where in the file, what, what to do."""


def build_sources(
    sections: Mapping[str, Section],
    taken: Mapping[str, RawSource],
    columns: Collection[str] | None,
    report_types: Collection[str] | None,
) -> tuple[dict[str, Source], list[Problem]]:
    """The sources of these files, by the names of the files without ending.

    `taken`: those that stand already, to extend; their names cannot be given again. `columns`:
    every name that can be masked, `report_types`: all ids; None if they are not known.
    """
    said = {**taken, **{name: _said(section) for name, section in sections.items()}}
    sources: dict[str, Source] = {}
    problems: list[Problem] = []
    for name, section in sections.items():
        if not _is_sound(section):
            continue
        mistakes = [*_lineage_mistakes(name, said), *_name_mistakes(name, taken)]
        if not mistakes:
            held = (sections[each] for each in _lineage(name, said) if each in sections)
            if not all(_is_sound(each) for each in held):
                continue  # what is wrong there is told there
            whole = merged(name, said)
            mistakes += [*_mistakes(whole, columns), *_reading_mistakes(whole, report_types)]
            if not mistakes:
                sources[name] = _source(name, whole)
        problems += [section.document.problem(*mistake) for mistake in mistakes]
    return sources, problems


def _is_sound(section: Section) -> bool:
    return section.readable and not section.broken


def _said(section: Section) -> RawSource:
    return cast(RawSource, section.document.data if _is_sound(section) else {})


def said_by(sections: Mapping[str, Section]) -> dict[str, RawSource]:
    """What each file says, for others to extend."""
    return {name: _said(section) for name, section in sections.items()}


def _name_mistakes(name: str, taken: Mapping[str, RawSource]) -> Iterator[Told]:
    if not _NAME.fullmatch(name):
        todo = "a source is named by its file: small letters, digits and hyphens"
        yield (), f"{name!r} is no name for a source", todo
    if name in taken:
        todo = "name yours otherwise and let it extend this one"
        yield (), f"there is a source {name!r} already", todo


def _lineage_mistakes(name: str, said: Mapping[str, RawSource]) -> Iterator[Told]:
    line = [name]
    while parent := said[line[-1]].get("extends"):
        if parent in line:
            yield ("extends",), f"{name!r} extends itself, by way of {' and '.join(line)}", ""
            return
        if parent not in said:
            todo = nearest(parent, said, most=3)
            yield ("extends",), f"there is no source {parent!r} to extend", todo
            return
        line.append(parent)


def _lineage(name: str, said: Mapping[str, RawSource]) -> list[str]:
    """The source and all that it extends, near to far; it must have no mistakes of lineage."""
    parent = said[name].get("extends")
    return [name, *(_lineage(parent, said) if parent else ())]


def merged(name: str, said: Mapping[str, RawSource]) -> RawSource:
    """What a source says together with what it takes over. Its examples are its own."""
    own = said[name]
    parent = own.get("extends")
    if parent is None:
        return own
    base = {key: value for key, value in merged(parent, said).items() if key != "examples"}
    whole: dict[str, object] = {**base, **own}
    for key in _MERGED:
        parts = (base.get(key), cast(Mapping[str, object], own).get(key))
        whole[key] = {k: v for part in parts if isinstance(part, dict) for k, v in part.items()}
    return cast(RawSource, whole)


def _mistakes(raw: RawSource, columns: Collection[str] | None) -> Iterable[Told]:
    for key in ("title", "format", "terms"):
        if not raw.get(key):
            yield (key,), f"the source lacks the key {key!r}", "say it, or extend a source"
    yield from _terms_mistakes(raw.get("terms", {}))
    yield from _pattern_mistakes(raw)
    for name in raw.get("terms", {}).get("masked", ()):
        if columns is not None and name not in columns:
            todo = nearest(name, columns)
            yield ("terms", "masked"), f"the masked column {name!r} is not in columns.yaml", todo
    try:
        ZoneInfo(raw.get("zone", "UTC"))
    except (OSError, ValueError, ZoneInfoNotFoundError):
        todo = "use a name such as UTC or Europe/Berlin"
        yield ("zone",), f"there is no time zone {raw.get('zone')!r}", todo


def _reading_mistakes(raw: RawSource, report_types: Collection[str] | None) -> Iterable[Told]:
    declared = raw.get("format") in READ_BY_DECLARATION
    reading = raw.get("reading")
    if reading is None:
        if declared:
            what = f"the format {raw.get('format')!r} says nothing of how rows are read"
            yield ("format",), what, "say it under reading: columns"
    elif not declared:
        what = f"files of the format {raw.get('format')!r} are read in one way only"
        yield ("reading",), what, f"leave it out, or use {' or '.join(READ_BY_DECLARATION)}"
    else:
        yield from reading_mistakes(reading, report_types)


def _terms_mistakes(raw: RawTerms) -> Iterable[Told]:
    """FIRST's words: red is for named recipients only, amber+strict for the organisation only.

    So red goes to named lists alone, and amber+strict to those whose networks it is about but
    not to a national CERT, which is another organisation. Neither is for published figures.
    """
    tlp = Tlp.from_word(raw.get("tlp", "amber"))
    if tlp is Tlp.RED and raw.get("owners", True):
        todo = "say owners: false, and name lists instead"
        yield ("terms", "owners"), "TLP red cannot be released to owners", todo
    if tlp >= Tlp.AMBER_STRICT and raw.get("national_certs", True):
        todo = "say national_certs: false" + ", and name lists instead" * (tlp is Tlp.RED)
        what = f"TLP {tlp.word} cannot be released to national certs"
        yield ("terms", "national_certs"), what, todo
    if tlp >= Tlp.AMBER_STRICT and raw.get("statistics", True):
        what = f"TLP {tlp.word} cannot be counted in statistics"
        yield ("terms", "statistics"), what, "say statistics: false"
    credit = raw.get("credit", {})
    if credit.get("form") == Credit.LABEL and not credit.get("text"):
        yield ("terms", "credit"), "a credit by label needs the label", "say text: LABEL"
    if credit.get("form") == Credit.HIDDEN and credit.get("text"):
        yield ("terms", "credit"), "a hidden credit has no text", "leave the text out"


_OF_PATTERNS: Final = "mend the patterns under files, or this name"


def _pattern_mistakes(raw: RawSource) -> Iterable[Told]:
    examples = raw.get("examples", {})
    patterns = raw.get("files", ())
    for number, name in enumerate(examples.get("takes", ())):
        if not takes_file(patterns, name):
            yield ("examples", "takes", number), f"the patterns do not take {name!r}", _OF_PATTERNS
    for number, name in enumerate(examples.get("leaves", ())):
        if takes_file(patterns, name):
            yield ("examples", "leaves", number), f"the patterns take {name!r}", _OF_PATTERNS


def takes_file(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns fits the file name; case matters."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _source(name: str, raw: RawSource) -> Source:
    plain = Source(name, raw["format"], raw["title"], _terms(raw.get("terms", {})))
    expected = raw.get("expected_by")
    return Source(
        name=name,
        format=raw["format"],
        title=raw["title"],
        terms=plain.terms,
        window=Window(raw.get("window", plain.window)),
        expected_by=dt.time.fromisoformat(expected) if expected else None,
        max_age=_span(raw["max_age"]) if "max_age" in raw else plain.max_age,
        tolerance=_span(raw["tolerance"]) if "tolerance" in raw else plain.tolerance,
        zone=raw.get("zone", plain.zone),
        location=Location(raw.get("location", plain.location)),
        filters=_filters(raw.get("filters", {})),
        files=tuple(raw.get("files", plain.files)),
        missing=tuple(raw.get("missing", plain.missing)),
        description=raw.get("description", "").strip(),
        reading=build_reading(raw["reading"]) if "reading" in raw else None,
        extends=raw.get("extends", ""),
    )


def _terms(raw: RawTerms) -> Terms:
    credit = raw.get("credit", {})
    return Terms(
        tlp=Tlp.from_word(raw.get("tlp", "amber")),
        owners=raw.get("owners", True),
        national_certs=raw.get("national_certs", True),
        lists=frozenset(raw.get("lists", ())),
        statistics=raw.get("statistics", True),
        credit=Credit(credit.get("form", Credit.NAME)),
        credit_text=credit.get("text", ""),
        masked=frozenset(raw.get("masked", ())),
    )


def _filters(raw: RawFilters) -> Filters:
    plain = Filters()
    return Filters(
        reserved=raw.get("reserved", plain.reserved),
        reserved_allowed=frozenset(raw.get("reserved_allowed", ())),
        allow_list=raw.get("allow_list", plain.allow_list),
        impossible=raw.get("impossible", plain.impossible),
        repeats=raw.get("repeats", plain.repeats),
    )


def _span(text: str) -> dt.timedelta:
    number, unit = text.split()
    return dt.timedelta(minutes=int(number) * _MINUTES[unit.removesuffix("s")])
