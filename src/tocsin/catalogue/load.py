"""Loading the catalogue: the shipped files and the operator's own, checked as one whole."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from tocsin.catalogue.build_correlations import build_correlation, is_correlation
from tocsin.catalogue.build_rules import Known, build_rule, with_rules
from tocsin.catalogue.build_sources import build_sources, said_by
from tocsin.catalogue.build_types import build_family
from tocsin.catalogue.correlations import Correlation
from tocsin.catalogue.entries import Area, Catalogue, Observation, ReportType, Source
from tocsin.catalogue.families import Family, read_families
from tocsin.catalogue.provisional import read_provisional
from tocsin.catalogue.raw import RawExamples
from tocsin.catalogue.rules import Rule, in_order
from tocsin.catalogue.sections import Section, read_section
from tocsin.catalogue.version import canonical_form, version_of
from tocsin.catalogue.vocabulary import Vocabulary, read_areas, read_observations, read_vocabulary
from tocsin.catalogue.yaml_lines import Path
from tocsin.model.errors import CatalogueError, Problem, UsageError

SHIPPED: Final = pathlib.Path(__file__).parent


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
    roots = [shipped] if extra is None else [shipped, extra]
    loading = _Loading()
    words = [root / "columns.yaml" for root in roots]
    if extra is not None:
        words += _yaml_files(extra / "columns")
    loading.read_words(words, shipped / "areas.yaml")
    for root in roots:
        loading.read_types(_yaml_files(root / "report_types"))
    loading.append_columns()
    for root in roots:
        loading.read_sources(_yaml_files(root / "sources"))
    if extra is not None:
        loading.read_provisional(_yaml_files(extra / "provisional"))
    loading.read_observations(root / "observations.yaml" for root in roots)
    loading.read_families(root / "families.yaml" for root in roots)
    rules = [path for root in roots for path in _yaml_files(root / "rules", ".yml")]
    if tried is not None:
        rules = [path for path in rules if path.resolve() != tried.resolve()]
        loading.read_rules([tried])
        loading.tried = frozenset(loading.rule_ids)
    loading.read_rules(rules)
    return loading.finish()


def _yaml_files(directory: pathlib.Path, ending: str = ".yaml") -> list[pathlib.Path]:
    # Names that begin with a dot are files being written, by us or by an editor.
    held = (path for path in directory.glob(f"*{ending}") if not path.name.startswith("."))
    return sorted(held)


class _Loading:
    """All files on their way into one catalogue; nothing stops at the first mistake."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._words = Vocabulary()
        self._areas: dict[str, Area] | None = None
        self._types: dict[str, ReportType] = {}
        self._families: dict[str, str] = {}
        self._origins: dict[str, Problem] = {}
        self._names: dict[str, str] = {}
        self._sources: dict[str, Source] = {}
        self._source_files: dict[str, Section] = {}
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

    def read_words(self, columns: Sequence[pathlib.Path], areas: pathlib.Path) -> None:
        shipped, *own = columns
        files = [shipped, *(path for path in own if path.exists())]
        sections = [self._section(path, "columns") for path in files]
        self._words, problems = read_vocabulary(sections)
        self._problems += problems
        section = self._section(areas, "areas")
        self._areas = read_areas(section) if not section.broken else None

    def read_types(self, files: Iterable[pathlib.Path]) -> None:
        for path in files:
            section = self._section(path, "family")
            types, problems = build_family(section, self._words, self._areas)
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

    def read_sources(self, files: Iterable[pathlib.Path]) -> None:
        sections = {path.stem: self._section(path, "source") for path in files}
        taken = said_by(self._source_files)
        # Where there are mistakes already, a type may be missing for one of its own.
        types = None if self._problems else {*self._types, *self._names}
        sources, problems = build_sources(sections, taken, self._maskable(), types)
        self._problems += problems
        self._sources |= sources
        self._source_files |= sections

    def read_provisional(self, files: Iterable[pathlib.Path]) -> None:
        for path in files:
            section = self._section(path, "provisional")
            if section.broken:
                continue
            report_type = read_provisional(section, self._words)
            # A type that somebody has described since takes the provisional one's place.
            if report_type.id not in self._names:
                self._types[report_type.id] = report_type
                self._origins[report_type.id] = section.document.problem((), "")

    def read_observations(self, files: Iterable[pathlib.Path]) -> None:
        sections = [self._section(path, "observations") for path in files if path.exists()]
        self._observations, problems = read_observations(sections)
        self._problems += problems

    def read_families(self, files: Iterable[pathlib.Path]) -> None:
        sections = [self._section(path, "families") for path in files if path.exists()]
        self._malware, problems = read_families(sections)
        self._problems += problems

    def read_rules(self, files: Iterable[pathlib.Path]) -> None:
        # Where a source or a type is missing for a mistake of its own, rules may well name it.
        whole = not self._problems
        known = Known(self._sources, self._types, self._words.columns, self._observations)
        found = [self._rule_section(path) for path in files]
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

    def _rule_section(self, path: pathlib.Path) -> Section:
        section = read_section(path, "rule")
        if is_correlation(section):
            section = read_section(path, "correlation")
        self._problems += section.problems
        return section

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

    def _section(self, path: pathlib.Path, schema: str) -> Section:
        section = read_section(path, schema)
        self._problems += section.problems
        return section

    def finish(self) -> Loaded:
        if self._problems:
            found = sorted(set(self._problems))
            raise CatalogueError(
                f"the catalogue has {len(found)} mistake{'s' * (len(found) != 1)}",
                todo="mend the files below",
                problems=found,
            )
        areas = self._areas or {}
        words = self._words
        sources = with_rules(self._sources, self._rules.values())
        form = canonical_form(
            words.columns,
            words.aliases,
            areas,
            self._types,
            sources,
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
            sources=sources,
            version=version_of(form),
            rules=in_order(self._rules.values()),
            observations=self._observations,
            correlations=tuple(self._correlations[name] for name in sorted(self._correlations)),
            families=self._malware,
        )
        said = said_by(self._source_files)
        examples = {name: raw.get("examples", {}) for name, raw in said.items()}
        retired = frozenset(words.retired)
        return Loaded(catalogue, retired, self._families, self._origins, examples)

    def _maskable(self) -> set[str] | None:
        return self._words.columns.keys() | self._words.broken if self._words.whole else None
