"""From a family's file to report types, with everything in them that does not hold together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from tocsin.catalogue.defaults import default_aggregation_key, default_identity
from tocsin.catalogue.entries import (
    Area,
    Counting,
    DomainColumn,
    DomainForm,
    ReportType,
    Subject,
    SubjectKind,
    SubjectRole,
)
from tocsin.catalogue.fits import misfit
from tocsin.catalogue.raw import RawMember, RawSubject, RawTwin, RawType
from tocsin.catalogue.sections import Section
from tocsin.catalogue.vocabulary import Vocabulary, expand
from tocsin.catalogue.yaml_lines import Path
from tocsin.model.columns import Column, ColumnKind
from tocsin.model.errors import Problem
from tocsin.model.severity import Severity


def build_family(
    section: Section, words: Vocabulary, areas: Mapping[str, Area] | None
) -> tuple[list[tuple[Path, ReportType]], list[Problem]]:
    """The types of one file, each with its place; `areas` is None if they could not be read."""
    groups = _groups_of(section, words)
    types: list[tuple[Path, ReportType]] = []
    problems: list[Problem] = []
    for name, entry in section.entries("report_types").items():
        raw, path = cast(RawType, entry), ("report_types", name)
        one = _Building(section, words, path)
        built = one.build(name, raw, groups, areas)
        types.append((path, built))
        if "ipv6" in raw:
            types.append(((*path, "ipv6"), one.twin(built, raw["ipv6"])))
        problems += one.problems
    return types, problems


def _groups_of(section: Section, words: Vocabulary) -> dict[str, Sequence[RawMember]]:
    own = cast(dict[str, Sequence[RawMember]], section.entries("groups"))
    return {**words.groups, **own}


def subject_of(raw: RawSubject) -> Subject:
    """The subject as its file says it."""
    return Subject(
        column=raw.get("column", ""),
        kind=SubjectKind(raw["kind"]),
        role=SubjectRole(raw["role"]),
        domain_form=DomainForm(raw.get("form", DomainForm.NAME)),
        version=raw.get("version", 0),
    )


@dataclass
class _Building:
    """One type on its way; mistakes are collected, and every part is looked at."""

    section: Section
    words: Vocabulary
    path: Path
    problems: list[Problem] = field(default_factory=list)
    complete: bool = False
    """Whether all columns are known, so that others can be called strange."""

    def build(
        self,
        name: str,
        raw: RawType,
        groups: Mapping[str, Sequence[RawMember]],
        areas: Mapping[str, Area] | None,
    ) -> ReportType:
        listed = expand(raw["columns"], groups, self.words, self.section, (*self.path, "columns"))
        self.problems += listed.problems
        columns = tuple(self.words.columns[column] for column in listed.names)
        subject = subject_of(raw["subject"])
        counting = Counting(**raw.get("counting", {}))
        if areas is not None and raw["area"] not in areas:
            known = ", ".join(areas)
            self._mistake(("area",), f"there is no area {raw['area']!r}", f"use one of {known}")
        self.complete = listed.complete
        if self.complete:
            self._check_names(raw, columns)
            self._check_subject(subject, columns)
            self._check_counting(counting, columns)
            self._check_sample(raw, subject, columns)
        return ReportType(
            id=name,
            title=raw["title"],
            area=raw["area"],
            subject=subject,
            columns=columns,
            severity=Severity.from_word(raw["severity"]),
            taxonomy=raw.get("taxonomy", ""),
            domain_columns=_domain_columns(raw),
            window_days=raw.get("window_days", 1),
            identity=tuple(raw.get("identity", default_identity(subject, columns, counting))),
            aggregation_key=tuple(
                raw.get("aggregation_key", default_aggregation_key(subject, columns))
            ),
            counting=counting,
            aliases=tuple(raw.get("aliases", ())),
            column_aliases=dict(raw.get("column_aliases", {})),
            delta=raw.get("delta", True),
            text={key: value.strip() for key, value in raw.get("text", {}).items()},
            sample={key: str(value) for key, value in raw.get("sample", {}).items()},
        )

    def twin(self, four: ReportType, raw: RawTwin) -> ReportType:
        """The type for IPv6 of one for IPv4: what says the same is said once."""
        subject = replace(four.subject, version=6)
        if four.subject.version != 4:
            todo = "say `version: 4` for its subject"
            self._mistake(("ipv6",), "only a type for IPv4 has one of the same kind for IPv6", todo)
        cells = raw.get("sample", {})
        if four.sample and self.complete:
            self._check_cells(("ipv6", "sample"), cells, subject, four.columns, (subject.column,))
        return replace(
            four,
            id=raw["id"],
            title=raw.get("title", f"{four.title} (IPv6)"),
            subject=subject,
            aliases=tuple(raw.get("aliases", ())),
            sample={**four.sample, **{name: str(value) for name, value in cells.items()}},
        )

    def _mistake(self, path: Path, what: str, todo: str = "") -> None:
        self.problems.append(self.section.document.problem((*self.path, *path), what, todo))

    def _check_names(self, raw: RawType, columns: Sequence[Column]) -> None:
        names = {column.name for column in columns}
        if "timestamp" not in names:
            todo = "every type has the time of the event, which decides the day"
            self._mistake(("columns",), "the type has no column 'timestamp'", todo)
        for path, name in _named_columns(raw):
            if name not in names:
                self._mistake(path, f"the type has no column {name!r}")
        for old in raw.get("column_aliases", {}):
            if old in names:
                what = f"{old!r} is called an older name, and is a column of the type"
                self._mistake(("column_aliases", old), what)

    def _check_subject(self, subject: Subject, columns: Sequence[Column]) -> None:
        path: Path = ("subject",)
        if subject.kind is SubjectKind.NONE:
            if subject.column or subject.version:
                what = "a subject of kind none has neither column nor version"
                self._mistake(path, what)
            return
        if not subject.column:
            self._mistake(path, f"a subject of kind {subject.kind.value} needs a column")
            return
        column = next((held for held in columns if held.name == subject.column), None)
        if column is None:
            self._mistake((*path, "column"), f"the type has no column {subject.column!r}")
            return
        is_address = column.kind is ColumnKind.ADDRESS
        if is_address is (subject.kind is SubjectKind.DOMAIN):
            what = f"the column {column.name!r} is of kind {column.kind.value}"
            self._mistake((*path, "column"), f"{what}, which holds no {subject.kind.value}")
        if subject.kind is SubjectKind.DOMAIN and subject.version:
            self._mistake((*path, "version"), "a domain has no version")

    def _check_counting(self, counting: Counting, columns: Sequence[Column]) -> None:
        kinds = {column.name: column.kind for column in columns}
        wanted = (
            ("count", counting.count, ColumnKind.INTEGER),
            ("first_seen", counting.first_seen, ColumnKind.TIME),
            ("last_seen", counting.last_seen, ColumnKind.TIME),
        )
        for key, name, kind in wanted:
            if name in kinds and kinds[name] is not kind:
                what = f"the column {name!r} is of kind {kinds[name].value}, not {kind.value}"
                self._mistake(("counting", key), what)

    def _check_sample(self, raw: RawType, subject: Subject, columns: Sequence[Column]) -> None:
        sample = raw.get("sample")
        if sample is not None:
            self._check_cells(("sample",), sample, subject, columns, ("timestamp", subject.column))

    def _check_cells(
        self,
        path: Path,
        cells: Mapping[str, str | int],
        subject: Subject,
        columns: Sequence[Column],
        needed: Sequence[str],
    ) -> None:
        by_name = {column.name: column for column in columns}
        for name, cell in cells.items():
            if name not in by_name:
                self._mistake((*path, name), f"the type has no column {name!r}")
            elif wrong := misfit(by_name[name], str(cell), subject):
                self._mistake((*path, name), f"the cell {str(cell)!r} {wrong}")
        for name in needed:
            if name in by_name and name not in cells:
                self._mistake(path, f"the sample has no {name!r}")


def _named_columns(raw: RawType) -> Iterable[tuple[Path, str]]:
    """Every place in which a type names one of its columns, but the subject and the sample."""
    for number, name in enumerate(raw.get("identity", ())):
        yield ("identity", number), name
    for number, name in enumerate(raw.get("aggregation_key", ())):
        yield ("aggregation_key", number), name
    for key, name in raw.get("counting", {}).items():
        yield ("counting", key), name
    for old, name in raw.get("column_aliases", {}).items():
        yield ("column_aliases", old), name
    for number, entry in enumerate(raw.get("domain_columns", ())):
        yield ("domain_columns", number, "column"), entry["column"]


def _domain_columns(raw: RawType) -> tuple[DomainColumn, ...]:
    return tuple(
        DomainColumn(
            entry["column"], DomainForm(entry["form"]), entry.get("needs_confirmation", False)
        )
        for entry in raw.get("domain_columns", ())
    )
