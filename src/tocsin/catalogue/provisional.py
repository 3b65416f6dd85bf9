"""Report types made from the header of a file whose type nobody has described yet.

Such a type passes through with its own columns until it is described; its columns are only ever
appended to, so that the files of every day read alike. Names that are no usable column names
(`IP Address`, `C&C Port`) get one that is, and the file's name stays as an alias.
"""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Sequence
from typing import Final, cast

import yaml

from tocsin.catalogue.build_types import subject_of
from tocsin.catalogue.defaults import default_aggregation_key, default_identity
from tocsin.catalogue.entries import (
    Catalogue,
    Counting,
    DomainColumn,
    ReportType,
    Subject,
    SubjectKind,
)
from tocsin.catalogue.guesses import likely_subject, subject_said
from tocsin.catalogue.raw import RawProvisional, RawProvisionalColumn
from tocsin.catalogue.sections import Section
from tocsin.catalogue.vocabulary import Vocabulary
from tocsin.catalogue.whole_files import write_whole
from tocsin.model.columns import Column, ColumnKind
from tocsin.model.errors import InputError
from tocsin.model.severity import Severity

_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_MOST_COLUMNS: Final = 500
_MOST_NAME_CHARACTERS: Final = 100_000
"""No report has half as many; a header that has is no header."""


def provisional_type(
    name: str, header: Sequence[str], catalogue: Catalogue, known: ReportType | None = None
) -> ReportType:
    """A type for files of that name and header, or `known` with what the header adds to it.

    InputError if the name cannot be a type's, or the header has more columns than any report.
    """
    if not _ID.fullmatch(name):
        raise InputError(
            f"{name[:80]!r} cannot be a report type",
            todo="say which one it is with --type; types are small letters, digits, underscores",
        )
    if len(header) > _MOST_COLUMNS:
        raise InputError(f"the header has {len(header)} columns, more than any report")
    words = Vocabulary(columns=dict(catalogue.columns), aliases=dict(catalogue.column_aliases))
    columns = list(known.columns) if known else []
    in_files = dict(known.column_aliases) if known else {}
    # Names that can stay as they are come before names that have to be made.
    verbatim = {said for said in header if _ID.fullmatch(said)}
    for said in header:
        _append(said, columns, in_files, words, verbatim)
    # What is saved has to be read again, however many files have widened the type.
    if len(columns) > _MOST_COLUMNS or sum(map(len, in_files)) > _MOST_NAME_CHARACTERS:
        raise InputError(f"with this header {name} would have more columns than any report")
    if all(column.name != "timestamp" for column in columns):
        columns.insert(0, _described("timestamp", words))
    subject = known.subject if known else _subject(columns)
    return _assemble(name, columns, in_files, subject)


def _append(
    said: str,
    columns: list[Column],
    in_files: dict[str, str],
    words: Vocabulary,
    verbatim: set[str],
) -> None:
    taken = {column.name for column in columns}
    if not said.strip() or said in taken or said in in_files:
        return
    name = said if said in verbatim else _usable(said, taken | verbatim)
    if name != said:
        in_files[said] = name
    columns.append(_described(name, words))


def _usable(said: str, taken: set[str]) -> str:
    bare = re.sub(r"[^a-z0-9]+", "_", said.lower()).strip("_")[:50]
    if not bare or not bare[0].isalpha():
        bare = f"column_{bare}".rstrip("_")
    name, number = bare, 1
    while name in taken:
        number += 1
        name = f"{bare}_{number}"
    return name


def _described(name: str, words: Vocabulary) -> Column:
    """The vocabulary's column, also by an older name; text if nobody knows it."""
    found = words.columns.get(name) or words.columns.get(words.aliases.get(name, ""))
    if found is None:
        return Column(name, ColumnKind.TEXT, "")
    return found if found.name == name else dataclasses.replace(found, name=name, aliases=())


def _subject(columns: Sequence[Column]) -> Subject:
    found = likely_subject({column.name for column in columns})
    # Old reports hold prefixes in `ip` now and then; the other columns never did.
    return dataclasses.replace(found, kind=SubjectKind.PREFIX) if found.column == "ip" else found


def _assemble(
    name: str, columns: Sequence[Column], in_files: dict[str, str], subject: Subject
) -> ReportType:
    domains = (
        (DomainColumn(subject.column, subject.domain_form),)
        if subject.kind is SubjectKind.DOMAIN
        else ()
    )
    return ReportType(
        id=name,
        title=name.replace("_", " "),
        area="exposure",
        subject=subject,
        columns=tuple(columns),
        severity=Severity.MEDIUM,
        taxonomy="",
        domain_columns=domains,
        window_days=1,
        identity=default_identity(subject, columns, Counting()),
        aggregation_key=_key(subject, columns),
        counting=Counting(),
        aliases=(),
        column_aliases=in_files,
        delta=False,
        text={},
        sample={},
        provisional=True,
    )


def _key(subject: Subject, columns: Sequence[Column]) -> tuple[str, ...]:
    """Every column: nobody has said yet which events are one, so only equal rows are."""
    usual = default_aggregation_key(subject, columns)
    rest = (c.name for c in columns if c.kind is not ColumnKind.TIME and c.name not in usual)
    return (*usual, *rest)


def provisional_text(report_type: ReportType) -> bytes:
    """The YAML that `load_catalogue` reads back as an equal type."""
    in_files = {name: old for old, name in report_type.column_aliases.items()}
    columns = [
        {"name": column.name, "kind": column.kind.value}
        | ({"in_files": in_files[column.name]} if column.name in in_files else {})
        for column in report_type.columns
    ]
    whole = {
        "id": report_type.id,
        "title": report_type.title,
        "subject": subject_said(report_type.subject),
        "columns": columns,
    }
    text = yaml.safe_dump(whole, sort_keys=False, default_style='"', width=4096)
    head = "# Made from a file's header. To describe the type, write it into report_types/.\n"
    return (head + text).encode()


def save_provisional(directory: pathlib.Path, report_type: ReportType) -> pathlib.Path:
    """Write the type into the home's `provisional/`, whole or not at all.

    Raises StorageFull when the device has no room, HomeError when writing fails otherwise.
    """
    path = directory / f"{report_type.id}.yaml"
    write_whole(path, provisional_text(report_type))
    return path


def read_provisional(section: Section, words: Vocabulary) -> ReportType:
    """The type of a file that `save_provisional` wrote; the section must be sound."""
    raw = cast(RawProvisional, section.document.data)
    columns = [_read_column(column, words) for column in raw["columns"]]
    in_files = {c["in_files"]: c["name"] for c in raw["columns"] if "in_files" in c}
    whole = _assemble(raw["id"], columns, in_files, subject_of(raw["subject"]))
    return dataclasses.replace(whole, title=raw["title"])


def _read_column(raw: RawProvisionalColumn, words: Vocabulary) -> Column:
    """As the vocabulary has it, unless it has been given another kind since: files keep theirs."""
    kind = ColumnKind(raw["kind"])
    found = _described(raw["name"], words)
    return found if found.kind is kind else Column(raw["name"], kind, "")
