"""Which report type a file holds, told by its name; an unknown one becomes provisional."""

from __future__ import annotations

import csv

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.provisional import provisional_type
from tocsin.engine.sources.file_names import read_file_name
from tocsin.engine.sources.raw import Member, Survey
from tocsin.model.errors import InputError


class TypeByName:
    """Answers for one intake, and remembers the types that it had to invent or widen."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._invented: dict[str, ReportType] = {}
        self._pending: dict[str, ReportType] = {}

    @property
    def provisional(self) -> tuple[ReportType, ...]:
        """Types that the catalogue lacks, with the columns of all files seen so far."""
        return tuple(self._invented.values())

    def accept(self) -> None:
        """The file that was asked about last is taken: keep what was invented for it."""
        self._invented |= self._pending
        self._pending = {}

    def forget(self) -> None:
        """The file that was asked about last is turned away, and what was invented for it."""
        self._pending = {}

    def name_of(self, member: Member, said: str) -> str:
        """The type's name before its header is known; `said` overrides the file's name.

        InputError if nothing tells it.
        """
        name = said or self._told_by(member)
        known = self._catalogue.report_type(name)
        return known.id if known is not None else name

    def type_of(self, name: str, survey: Survey) -> str:
        """The id of the type that `name_of` told, invented or widened by the header if need be."""
        known = self._catalogue.report_type(name)
        if known is not None and not known.provisional:
            return known.id
        header = next(csv.reader([survey.header.decode("utf-8", "replace")]))
        base = self._pending.get(name) or self._invented.get(name) or known
        widened = provisional_type(name, header, self._catalogue, base)
        if base is None or widened.column_names != base.column_names:
            self._pending[widened.id] = widened
        return widened.id

    def _told_by(self, member: Member) -> str:
        parts = read_file_name(member.name)
        if parts is None:
            raise InputError(
                "the file's name does not tell its report type",
                where=member.name,
                todo="name it YYYY-MM-DD-<type>-<list>-<filter>.csv, or say --type TYPE",
            )
        return parts.report_type
