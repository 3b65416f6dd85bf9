"""Which report type a file holds: as it is said, by its name, by its columns, or one made up."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePath

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.engine.intake.naming import TypeByName
from tocsin.engine.sources.file_names import read_file_name
from tocsin.engine.sources.raw import Member, Survey

_ALIKE = 0.8
"""How much of two headers must be common for one to be taken for the other."""


_SIX = 6


class Told(StrEnum):
    """What told the type."""

    OPTION = "option"
    NAME = "name"
    COLUMNS = "columns"
    NOTHING = "nothing"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class FileType:
    """A file's report type ("" where each row names its own), and what told it.

    alike: types with much the same columns, where a name had to be made up.
    """

    id: str
    told: Told
    alike: tuple[str, ...] = ()

    @property
    def needs_saying(self) -> bool:
        """Whether `collect`, which does not guess, has to be told with --type."""
        return self.told not in (Told.NAME, Told.ROWS)


class TypeTeller:
    """Answers for all files of one look; types that the catalogue lacks become provisional."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._naming = TypeByName(catalogue)

    @property
    def provisional(self) -> tuple[ReportType, ...]:
        """The types that were made from headers."""
        return self._naming.provisional

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue, and in it the types that were made."""
        made = {report_type.id: report_type for report_type in self.provisional}
        return replace(self._catalogue, report_types={**self._catalogue.report_types, **made})

    def _named(self, member: Member, survey: Survey, said: str) -> str:
        told = self._naming.type_of(self._naming.name_of(member, said), survey)
        self._naming.accept()
        return told

    def type_of(self, member: Member, survey: Survey, said: str) -> FileType:
        """The type of one file; InputError for a name or header that cannot be a type's."""
        if said:
            return FileType(self._named(member, survey, said), Told.OPTION)
        if read_file_name(member.name) is not None:
            return FileType(self._named(member, survey, ""), Told.NAME)
        alike = types_like(header_names(survey.header), self._catalogue)
        if len(alike) == 1:
            return FileType(alike[0], Told.COLUMNS)
        made_up = self._named(member, survey, type_name(member.name))
        return FileType(made_up, Told.NOTHING, alike)


def header_names(header: bytes) -> tuple[str, ...]:
    """The names in a CSV header line; none for a format without one."""
    return tuple(next(csv.reader([header.decode("utf-8", "replace")]), ()))


def types_like(header: Sequence[str], catalogue: Catalogue) -> tuple[str, ...]:
    """The types whose columns are most like the header's; none if no type's are much alike."""
    likeness = {
        report_type.id: _likeness(header, report_type, catalogue)
        for report_type in catalogue.report_types.values()
    }
    best = max(likeness.values(), default=0.0)
    if best < _ALIKE:
        return ()
    alike = [catalogue.report_types[name] for name, value in likeness.items() if value == best]
    fours = {each.column_names for each in alike if each.subject.version != _SIX}
    # The columns do not tell a type for IPv6 from its twin, which nearly all files are of.
    return tuple(
        sorted(
            each.id
            for each in alike
            if each.subject.version != _SIX or each.column_names not in fours
        )
    )


def _likeness(header: Iterable[str], report_type: ReportType, catalogue: Catalogue) -> float:
    """Columns that both have, as a part of the columns that either has."""
    own = set(report_type.column_names)
    said = {_todays(name, own, report_type, catalogue) for name in header}
    return len(said & own) / len(said | own)


def _todays(name: str, own: set[str], report_type: ReportType, catalogue: Catalogue) -> str:
    if name in own:
        return name
    return report_type.column_aliases.get(name) or catalogue.column_aliases.get(name) or name


def type_name(file_name: str) -> str:
    """A report type's name made from a file's: `My Log (2).csv` gives `my_log_2`."""
    stem = PurePath(file_name).stem.lower()
    words = re.findall(r"[a-z0-9]+", stem)
    name = "_".join(words)[:60]
    return name if name[:1].isalpha() else f"file_{name}".rstrip("_")
