"""Loading the vocabularies of `interop/`: what ships, and what a home adds for its own columns.

A home's `interop/NAME.yaml` may have `fields` and `rules`. Its fields come beside those that ship,
its rules are asked before them. Nothing of it may take the place of something else: not of what
every object says, of another field, or of the row or its cells that no field tells.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, cast

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.interop_entries import (
    BRACES,
    FACTS,
    STAND_INS,
    Field,
    OtherVocabulary,
    Pick,
    Rule,
    Said,
)
from tocsin.catalogue.interop_paths import Paths, clash
from tocsin.catalogue.sections import Section, read_section
from tocsin.catalogue.yaml_lines import Path
from tocsin.model.errors import CatalogueError, Problem

FOLDER: Final = "interop"
VOCABULARIES: Final = ("intelmq", "idea", "xarf")

_OF_SHIPPED: Final = ("title", "nested", "needs_reporter", "rest", "evidence", "tlp", "always")
_REQUIRED: Final = ("title", "nested", "always", "fields", "rules")

Raw = Mapping[str, object]


def load_vocabularies(
    catalogue: Catalogue, extra: pathlib.Path | None = None
) -> Mapping[str, OtherVocabulary]:
    """All vocabularies by name, checked against the catalogue.

    `extra`: a home's catalogue folder, which need not exist. CatalogueError lists every mistake of
    every file with its line: columns, types, areas and facts that there are not among them.
    """
    problems: list[Problem] = []
    found = {}
    for name in VOCABULARIES:
        sections = [_section(SHIPPED, name)]
        if extra is not None and (extra / FOLDER / f"{name}.yaml").exists():
            sections.append(_section(extra, name))
        problems += [problem for section in sections for problem in section.problems]
        if not any(section.problems for section in sections):
            reading = _Reading(name, catalogue)
            found[name] = reading.vocabulary(sections)
            problems += reading.problems
    problems += _strangers(extra)
    if problems:
        count = len(set(problems))
        raise CatalogueError(
            f"the other vocabularies have {count} mistake{'s' * (count != 1)}",
            todo="mend the files below",
            problems=sorted(set(problems)),
        )
    return found


def _section(root: pathlib.Path, name: str) -> Section:
    return read_section(root / FOLDER / f"{name}.yaml", "interop")


def _strangers(extra: pathlib.Path | None) -> Iterator[Problem]:
    if extra is None:
        return
    for path in sorted((extra / FOLDER).glob("*.yaml")):
        if path.stem not in VOCABULARIES and not path.name.startswith("."):
            known = ", ".join(VOCABULARIES)
            what = f"there is no vocabulary {path.stem!r}"
            yield Problem(str(path), 0, 0, what, f"call the file after one of {known}")


class _Reading:
    """One vocabulary on its way; mistakes are collected, and every part is looked at."""

    def __init__(self, name: str, catalogue: Catalogue) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self._catalogue = catalogue
        self._paths: set[str] = set()
        self._always: Raw = {}
        self._of_all = Paths()
        self._of_rules = Paths()
        self._by_rules: set[str] = set()
        self._left_over = ""
        self._shipped_at = ""

    def vocabulary(self, sections: Sequence[Section]) -> OtherVocabulary:
        """`sections`: the shipped file, and the home's if there is one."""
        shipped, *own = sections
        head = self._head(shipped)
        always = self._said(shipped, ("always",), head.get("always", {}))
        self._start(shipped, head, always)
        fields = [*self._top_fields(shipped)]
        rules = [*self._rules(shipped)]
        for section in own:
            self._no_head(section)
            fields += self._top_fields(section)
            rules[:0] = self._rules(section)
        if not rules or not rules[-1].is_last:
            self._mistake(shipped, ("rules",), "the last rule does not take every row", "`for: {}`")
        return OtherVocabulary(
            name=self.name,
            title=str(head.get("title", "")),
            nested=bool(head.get("nested", False)),
            needs_reporter=bool(head.get("needs_reporter", False)),
            rest=str(head.get("rest", "")),
            evidence=str(head.get("evidence", "")),
            tlp=cast("Mapping[str, str]", head.get("tlp", {})),
            always=always,
            fields=tuple(fields),
            rules=tuple(rules),
        )

    def _mistake(self, section: Section, path: Path, what: str, todo: str = "") -> None:
        self.problems.append(section.document.problem(path, what, todo))

    def _head(self, section: Section) -> Raw:
        raw = cast("Raw", section.document.data)
        for key in _REQUIRED:
            if key not in raw:
                self._mistake(section, (), f"the file lacks the key {key!r}")
        if ("rest" in raw) is ("evidence" in raw):
            what = "the file says either `rest` or `evidence`, or cells would be lost"
            self._mistake(section, (), what)
        return raw

    def _no_head(self, section: Section) -> None:
        for key in cast("Raw", section.document.data):
            if key in _OF_SHIPPED:
                self._mistake(section, (key,), f"{key!r} is for the file that ships to say")

    def _start(self, shipped: Section, head: Raw, always: Mapping[str, Said]) -> None:
        rest = str(head.get("rest", ""))
        self._always = always
        self._shipped_at = shipped.document.where
        self._left_over = rest.partition("{column}")[0].rstrip(".") or str(head.get("evidence", ""))
        for path in always:
            self._look_beside(shipped, ("always", path), path, self._of_all)
            self._of_all.add(path)
        for name in self._catalogue.columns:
            path = rest.replace("{column}", name)
            if path in always:
                what = f"the column {name!r} would take the place of {path!r}"
                self._mistake(shipped, ("always", path), what, "call the column otherwise")

    def _look_at_path(self, section: Section, place: Path, path: str, *others: Paths) -> None:
        """`others`: beside which the path would stand in some object."""
        if path not in self._always and clash(path, self._left_over):
            what = f"{path!r} is where {self._left_over!r} holds what no field tells"
            self._mistake(section, place, what, "take another path")
            return
        self._look_beside(section, place, path, *others)

    def _look_beside(self, section: Section, place: Path, path: str, *others: Paths) -> None:
        found = next(filter(None, (each.against(path) for each in others)), "")
        if found:
            what = f"{path!r} cannot stand beside {found!r}, which is a part of it or around it"
            self._mistake(section, place, what, "take another path")

    def _look_at_field(self, section: Section, place: Path, path: str, *others: Paths) -> None:
        is_own = section.document.where != self._shipped_at
        if is_own and path in self._always and path not in self._paths:
            what = f"every object says {path!r} already"
            self._mistake(section, place, what, "take another path")
            return
        self._look_at_path(section, place, path, *others)

    def _top_fields(self, section: Section) -> Iterator[Field]:
        for path, field in self._fields(section, ("fields",), cast("Raw", section.document.data)):
            is_own = section.document.where != self._shipped_at
            if path in self._paths:
                self._mistake(section, ("fields", path), f"the field {path!r} is there already")
            elif is_own and path in self._by_rules:
                what = f"rules that ship say {path!r} of some rows, in the place of this"
                self._mistake(section, ("fields", path), what, "say it in a rule, or elsewhere")
            else:
                place = ("fields", path)
                self._look_at_field(section, place, path, self._of_all, self._of_rules)
            self._paths.add(path)
            self._of_all.add(path)
            yield field

    def _fields(self, section: Section, place: Path, raw: Raw) -> Iterator[tuple[str, Field]]:
        for path, said in cast("Mapping[str, Raw]", raw.get("fields", {})).items():
            field = self._field(section, (*place, path), path, said)
            if field is not None:
                yield path, field

    def _field(self, section: Section, place: Path, path: str, raw: Raw) -> Field | None:
        picks = [pick for pick in Pick if pick.value in raw]
        if len(picks) != 1:
            what = f"the field {path!r} has to have one of `from`, `any` and `all`"
            self._mistake(section, place, what)
            return None
        (pick,) = picks
        columns = tuple(cast("list[str]", raw[pick.value]))
        for number, name in enumerate(columns):
            if name not in STAND_INS and name not in self._catalogue.columns:
                what = f"there is no column {name!r}"
                self._mistake(section, (*place, pick.value, number), what)
        if pick is Pick.ALL and not path.endswith("[]"):
            self._mistake(section, place, f"`all` is for lists, and {path!r} is none")
        return Field(
            path=path,
            kind=str(raw["as"]),
            pick=pick,
            columns=columns,
            one_of=frozenset(cast("list[str]", raw.get("one_of", []))),
            least=cast("int | None", raw.get("least")),
            greatest=cast("int | None", raw.get("greatest")),
            most=cast("int", raw.get("most", 0)),
        )

    def _rules(self, section: Section) -> Iterator[Rule]:
        raw = cast("Raw", section.document.data)
        for number, said in enumerate(cast("list[Raw]", raw.get("rules", []))):
            yield self._rule(section, ("rules", number), said)

    def _rule(self, section: Section, place: Path, raw: Raw) -> Rule:
        chosen = cast("Mapping[str, list[str]]", raw["for"])
        self._check(section, (*place, "for", "types"), chosen.get("types", []), "report type")
        self._check(section, (*place, "for", "areas"), chosen.get("areas", []), "area")
        fields = dict(self._fields(section, (*place, "fields"), raw))
        says = self._said(section, (*place, "says"), raw.get("says", {}))
        beside = Paths([*fields, *says])
        for path in fields:
            at = (*place, "fields", path)
            self._look_at_field(section, at, path, self._of_all, beside)
        for path in says:
            self._look_at_path(section, (*place, "says", path), path, self._of_all, beside)
        for path in (*fields, *says):
            self._of_rules.add(path)
            self._by_rules.add(path)
        return Rule(
            types=frozenset(chosen.get("types", [])),
            taxonomies=frozenset(chosen.get("taxonomies", [])),
            areas=frozenset(chosen.get("areas", [])),
            needs=tuple(cast("list[str]", raw.get("needs", []))),
            without=frozenset(cast("list[str]", raw.get("without", []))),
            fields=tuple(fields.values()),
            says=says,
        )

    def _check(self, section: Section, place: Path, names: Iterable[str], of: str) -> None:
        known: Mapping[str, object] = self._catalogue.areas
        if of == "report type":
            known = self._catalogue.report_types
        for number, name in enumerate(names):
            if name not in known:
                self._mistake(section, (*place, number), f"there is no {of} {name!r}")

    def _said(self, section: Section, place: Path, raw: object) -> Mapping[str, Said]:
        found: dict[str, Said] = {}
        for path, said in cast("Mapping[str, str | list[str]]", raw).items():
            for text in [said] if isinstance(said, str) else said:
                for fact in BRACES.findall(text):
                    if fact not in FACTS:
                        self._mistake(section, (*place, path), f"there is no fact {{{fact}}}")
            if isinstance(said, list) is not path.endswith("[]"):
                what = f"{path!r} is a list if it ends with [], and only then"
                self._mistake(section, (*place, path), what)
            found[path] = said if isinstance(said, str) else tuple(said)
        return found
