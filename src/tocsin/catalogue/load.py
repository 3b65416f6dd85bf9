"""Loading the catalogue: the shipped files and the operator's own, checked as one whole."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from tocsin.catalogue.build_correlations import build_correlation, is_correlation
from tocsin.catalogue.build_rules import Known, build_rule, with_rules
from tocsin.catalogue.build_sources import build_sources, said_by
from tocsin.catalogue.build_types import build_family
from tocsin.catalogue.correlations import Correlation
from tocsin.catalogue.entries import Catalogue, Observation, ReportType, Source
from tocsin.catalogue.families import Family, read_families
from tocsin.catalogue.files import SHIPPED, Files, read_files
from tocsin.catalogue.provisional import read_provisional
from tocsin.catalogue.raw import RawExamples
from tocsin.catalogue.rules import Rule, in_order
from tocsin.catalogue.sections import Section, read_section
from tocsin.catalogue.version import version_of
from tocsin.catalogue.vocabulary import Vocabulary, read_areas, read_observations, read_vocabulary
from tocsin.catalogue.yaml_lines import Path
from tocsin.model.errors import CatalogueError, Problem, UsageError


def load_catalogue(extra: pathlib.Path | None = None) -> Catalogue:
    """The shipped catalogue, with the operator's own if `extra` names their directory.

    `extra` may hold `columns.yaml`, `columns/`, `report_types/`, `sources/`, `observations.yaml`,
    `families.yaml`, `rules/` and `provisional/`, and need not exist. Own files add to what ships
    and cannot redefine it.
    CatalogueError lists every mistake of every file, with its line.
    """
    return load_files(SHIPPED, extra).catalogue


def load_with_rule(extra: pathlib.Path | None, rule: pathlib.Path) -> tuple[Catalogue, Rule]:
    """The catalogue with the rule of that file, in the place of one with the same id; and the rule.

    The file need not lie in a catalogue. CatalogueError as `load_catalogue`; UsageError for a file
    of another kind of rule.
    """
    if is_correlation(read_section(rule, "correlation")):
        raise UsageError(
            f"{rule} is a correlation, which reads observations and no log",
            todo="put it into catalogue/rules of the home; tocsin rules check runs its examples",
        )
    loaded = load_files(SHIPPED, extra, rule)
    for each in loaded.catalogue.rules:
        if each.document.where == str(rule):
            return loaded.catalogue, each
    raise UsageError(
        f"{rule} has no rule that judges single events",
        todo="name a file with a detection",
    )


@dataclass(frozen=True)
class Loaded:
    """A catalogue, and where in which file its entries stand."""

    catalogue: Catalogue
    retired: frozenset[str]
    families: Mapping[str, str]
    """Report type -> the family that its file is of; provisional types have none."""
    origins: Mapping[str, Problem]
    """Report type -> its place, as a problem still without words."""
    examples: Mapping[str, RawExamples]
    """Source -> its examples, for the check and the tests that run them."""


def load_files(
    shipped: pathlib.Path, extra: pathlib.Path | None, tried: pathlib.Path | None = None
) -> Loaded:
    """Load from any directory of the shipped form; CatalogueError as `load_catalogue`.

    tried: the file of one rule more, which comes before others with its id.
    """
    return _whole(read_files(shipped, extra, tried))


@lru_cache(maxsize=8)
def _whole(files: Files) -> Loaded:
    """The same files come to the same catalogue, which a night asks for three times."""
    loading = _Loading()
    loading.read_words(files.words, files.areas)
    for sections in files.types:
        loading.read_types(sections)
    loading.append_columns()
    for sections in files.sources:
        loading.read_sources(sections)
    loading.read_provisional(files.provisional)
    loading.read_observations(files.observations)
    loading.read_families(files.families)
    if files.tried is not None:
        loading.read_rules([files.tried])
        loading.tried = frozenset(loading.rule_ids)
    loading.read_rules(files.rules)
    return loading.finish()


@lru_cache(maxsize=4)
def _vocabulary(sections: tuple[Section, ...]) -> tuple[Vocabulary, list[Problem]]:
    return read_vocabulary(sections)


@lru_cache(maxsize=256)
def _family(
    section: Section, words: Vocabulary, areas: Section
) -> tuple[list[tuple[Path, ReportType]], list[Problem]]:
    """What ships is the same types for every home; what comes out is not to be changed."""
    return build_family(section, words, None if areas.broken else read_areas(areas))


@lru_cache(maxsize=8)
def _sources(
    sections: tuple[Section, ...],
    earlier: tuple[Section, ...],
    words: Vocabulary,
    types: frozenset[str] | None,
) -> tuple[dict[str, Source], list[Problem]]:
    """As `_family`. earlier: the files of those that there are to extend."""
    maskable = words.columns.keys() | words.broken if words.whole else None
    return build_sources(_by_name(sections), said_by(_by_name(earlier)), maskable, types)


@lru_cache(maxsize=8)
def _observations(
    sections: tuple[Section, ...],
) -> tuple[dict[str, Observation], list[Problem]]:
    """As `_family`."""
    return read_observations(sections)


def _by_name(sections: Iterable[Section]) -> dict[str, Section]:
    """Sources are named by their files."""
    return {pathlib.Path(each.document.where).stem: each for each in sections}


class _Loading:
    """All files on their way into one catalogue; nothing stops at the first mistake."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._words = Vocabulary()
        self._types: dict[str, ReportType] = {}
        self._families: dict[str, str] = {}
        self._origins: dict[str, Problem] = {}
        self._names: dict[str, str] = {}
        self._sources: dict[str, Source] = {}
        self._source_files: tuple[Section, ...] = ()
        self._rules: dict[str, Rule] = {}
        self._observations: dict[str, Observation] = {}
        self._correlations: dict[str, Correlation] = {}
        self._malware: dict[str, Family] = {}
        self._appending: list[Section] = []
        self.tried: frozenset[str] = frozenset()
        """Ids of rules that come in the place of others."""

    @property
    def rule_ids(self) -> Iterable[str]:
        return self._rules.keys()

    def read_words(self, columns: tuple[Section, ...], areas: Section) -> None:
        self._note(*columns, areas)
        self._words, problems = _vocabulary(columns)
        self._problems += problems
        self._area_file = areas

    def read_types(self, sections: Iterable[Section]) -> None:
        for section in sections:
            self._note(section)
            types, problems = _family(section, self._words, self._area_file)
            self._problems += problems
            for place, report_type in types:
                self._add_type(section, place, report_type)
            self._appending.append(section)

    def append_columns(self) -> None:
        """What later files let known types end with; their rows stay the same rows as before."""
        for section in self._appending:
            for name, columns in section.entries("appended").items():
                self._append(section, name, cast("list[str]", columns))

    def _append(self, section: Section, name: str, columns: Sequence[str]) -> None:
        held = self._types.get(name)
        if held is None:
            what = f"there is no report type {name!r}"
            self._problems.append(section.document.problem(("appended", name), what))
            return
        for number, column in enumerate(columns):
            found = self._words.columns.get(column)
            if found is None or held.column(column) is not None:
                has = f"the type {name!r} has a column {column!r} already"
                what = has if found else f"there is no column {column!r}"
                place: Path = ("appended", name, number)
                self._problems.append(section.document.problem(place, what))
            else:
                held = dataclasses.replace(held, columns=(*held.columns, found))
        self._types[name] = held

    def _add_type(self, section: Section, place: Path, report_type: ReportType) -> None:
        for number, name in enumerate((report_type.id, *report_type.aliases)):
            holder = self._names.setdefault(name, report_type.id)
            path = (*place, "aliases", number - 1) if number else place
            if holder != report_type.id or (not number and name in self._types):
                what = f"the name {name!r} is that of the report type {holder!r} already"
                self._problems.append(section.document.problem(path, what))
                if not number:
                    return
        self._types[report_type.id] = report_type
        self._origins[report_type.id] = section.document.problem(place, "")
        data = section.document.data
        family = data.get("family") if isinstance(data, dict) else None
        self._families[report_type.id] = str(family or "")

    def read_sources(self, sections: tuple[Section, ...]) -> None:
        self._note(*sections)
        # Where there are mistakes already, a type may be missing for one of its own.
        types = None if self._problems else frozenset({*self._types, *self._names})
        sources, problems = _sources(sections, self._source_files, self._words, types)
        self._problems += problems
        self._sources |= sources
        self._source_files += sections

    def read_provisional(self, sections: Iterable[Section]) -> None:
        for section in sections:
            self._note(section)
            if section.broken:
                continue
            report_type = read_provisional(section, self._words)
            # A type that somebody has described since takes the provisional one's place.
            if report_type.id not in self._names:
                self._types[report_type.id] = report_type
                self._origins[report_type.id] = section.document.problem((), "")

    def read_observations(self, sections: Sequence[Section]) -> None:
        self._note(*sections)
        self._observations, problems = _observations(tuple(sections))
        self._problems += problems

    def read_families(self, sections: Sequence[Section]) -> None:
        self._note(*sections)
        self._malware, problems = read_families(sections)
        self._problems += problems

    def read_rules(self, found: Sequence[Section]) -> None:
        # Where a source or a type is missing for a mistake of its own, rules may well name it.
        whole = not self._problems
        known = Known(self._sources, self._types, self._words.columns, self._observations)
        self._note(*found)
        for section in found:
            if whole and not is_correlation(section):
                rule, problems = build_rule(section, known)
                self._problems += problems
                if rule is not None:
                    self._add_rule(rule)
        # Correlations name rules, which may have mistakes of their own.
        whole = not self._problems
        for section in found:
            if whole and is_correlation(section):
                correlation, problems = build_correlation(section, known, self._rules)
                self._problems += problems
                if correlation is not None:
                    self._add_rule(correlation)

    def _add_rule(self, rule: Rule | Correlation) -> None:
        first = self._rules.get(rule.id) or self._correlations.get(rule.id)
        if first is None:
            if isinstance(rule, Rule):
                self._rules[rule.id] = rule
            elif rule.id not in self.tried:
                self._correlations[rule.id] = rule
        elif rule.id not in self.tried:
            what = f"the id is that of the rule in {pathlib.Path(first.document.where).name} too"
            self._problems.append(rule.problem(("id",), what, "give it one of its own"))

    def _note(self, *sections: Section) -> None:
        """What is wrong with the form of files."""
        for section in sections:
            self._problems += section.problems

    def finish(self) -> Loaded:
        if self._problems:
            found = sorted(set(self._problems))
            raise CatalogueError(
                f"the catalogue has {len(found)} mistake{'s' * (len(found) != 1)}",
                todo="mend the files below",
                problems=found,
            )
        areas = read_areas(self._area_file)
        words = self._words
        version = version_of(
            words.columns,
            words.aliases,
            areas,
            self._types,
            self._sources,
            self._rules,
            self._observations,
            self._correlations,
            self._malware,
        )
        catalogue = Catalogue(
            columns=words.columns,
            column_aliases=words.aliases,
            areas=areas,
            report_types=self._types,
            sources=with_rules(self._sources, self._rules.values()),
            version=version,
            rules=in_order(self._rules.values()),
            observations=self._observations,
            correlations=tuple(self._correlations[name] for name in sorted(self._correlations)),
            families=self._malware,
        )
        said = said_by(_by_name(self._source_files))
        examples = {name: raw.get("examples", {}) for name, raw in said.items()}
        retired = frozenset(words.retired)
        return Loaded(catalogue, retired, self._families, self._origins, examples)
