"""Looking at files: told by themselves what they are, read, judged and added up; nothing written.

A row is not turned away here for its age: a file of 2010 can be looked at. How many rows a report
would not take any more, or not yet, is counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tocsin.catalogue.build_sources import takes_file
from tocsin.catalogue.entries import Catalogue, Location, Source
from tocsin.engine.intake.batches import Piece
from tocsin.engine.intake.digest import Digest, digest_from
from tocsin.engine.intake.filters import without_filters
from tocsin.engine.intake.typed_group import Circumstances
from tocsin.engine.look.at_hand import AtHand
from tocsin.engine.look.strangers import Stranger, json_keys, meet
from tocsin.engine.look.tally import Tally
from tocsin.engine.look.types import FileType, Told, TypeTeller, header_names
from tocsin.engine.sources.blocks import Bytes
from tocsin.engine.sources.compression import members, open_member
from tocsin.engine.sources.file_names import file_day
from tocsin.engine.sources.formats import FORMATS, as_format
from tocsin.engine.sources.raw import Member, Survey
from tocsin.engine.sources.survey import survey
from tocsin.model.errors import CatalogueError, InputError

_SLICE_ROWS = 50_000
_MOST_BYTES = 1 << 42
_WORKBOOK = "workbook.xml"
"""In every .xlsx, which is a zip."""
_END_OF_TIME = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
"""Judged as received then, no row lies in the future."""

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how far it is, and of how much."""


@dataclass(frozen=True, slots=True)
class LookRequest:
    """Which files, and what is said of them. `now` is the clock reading.

    switched_off: filters of the source to go without.
    """

    files: Sequence[Path]
    now: dt.datetime
    source: str = ""
    report_type: str = ""
    switched_off: tuple[str, ...] = ()


@dataclass(slots=True)
class FileLook:
    """What one content turned out to be. `problem`, `stranger`: why it could not be read.

    keys: of its first JSON object without report type. columns: of a header without timestamp.
    """

    place: str
    name: str
    source: str = ""
    size: int = 0
    type: FileType = field(default_factory=lambda: FileType("", Told.ROWS))
    rows: int = 0
    kept: int = 0
    dropped: int = 0
    rejected: int = 0
    keys: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    problem: InputError | None = None
    stranger: Stranger | None = None

    @property
    def read(self) -> bool:
        """Whether its rows are in the figures."""
        return self.problem is None and self.stranger is None


@dataclass(frozen=True)
class Look:
    """All that was seen. `provisional`: types made from headers, for this look only."""

    files: tuple[FileLook, ...]
    tally: Tally
    catalogue: Catalogue
    provisional: tuple[str, ...]


def look(request: LookRequest, at_hand: AtHand, progress: Progress) -> Look:
    """Look at files; what cannot be read as a whole hinders no other file.

    CatalogueError for a source that there is not.
    """
    return _Looker(request, at_hand, progress).look()


@dataclass(frozen=True, slots=True)
class _Surveyed:
    """A content that can be read."""

    member: Member
    survey: Survey
    source: Source
    seen: FileLook


class _Looker:
    def __init__(self, request: LookRequest, at_hand: AtHand, progress: Progress) -> None:
        self.request = request
        self.at_hand = at_hand
        self.progress = progress
        self.teller = TypeTeller(at_hand.catalogue)
        self.tally = Tally(request.now)
        self.files: list[FileLook] = []
        self.done = 0

    def look(self) -> Look:
        surveyed = self._survey()
        rows = sum(each.survey.records for each in surveyed)
        catalogue = self.teller.catalogue
        self.progress("reading rows", 0, rows)
        for each in surveyed:
            given = self._circumstances(catalogue, each.source)
            try:
                self._read(each, given, rows)
            except InputError as error:
                each.seen.problem = error
        made = tuple(report_type.id for report_type in self.teller.provisional)
        return Look(tuple(self.files), self.tally, catalogue, made)

    # --- what the files are ---------------------------------------------------------------

    def _survey(self) -> list[_Surveyed]:
        found: list[_Surveyed] = []
        count = len(self.request.files)
        for number, path in enumerate(self.request.files):
            self.progress("looking through files", number, count)
            try:
                inside = members(path)
            except InputError as error:
                self.files.append(FileLook(str(path), path.name, problem=error))
                continue
            if any(member.name.endswith(_WORKBOOK) for member in inside):
                todo = "save it as CSV, and look at that"
                problem = InputError("this is an Excel workbook", where=str(path), todo=todo)
                self.files.append(FileLook(str(path), path.name, problem=problem))
                continue
            found += (each for member in inside if (each := self._survey_member(member)))
        self.progress("looking through files", count, count)
        return found

    def _survey_member(self, member: Member) -> _Surveyed | None:
        seen = FileLook(member.place, member.name)
        self.files.append(seen)
        try:
            source = self._source(member, seen)
            if source is None:
                return None
            seen.source = source.name
            member = as_format(member, source.format)
            result = survey(
                member,
                source.format,
                known={},
                slice_records=_SLICE_ROWS,
                most_bytes=_MOST_BYTES,
                reading=source.reading,
            )
            seen.size = result.size
            if FORMATS[source.format].typed_by_name:
                seen.type = self.teller.type_of(member, result, self.request.report_type)
        except InputError as error:
            seen.problem = error
            return None
        return _Surveyed(member, result, source, seen)

    def _source(self, member: Member, seen: FileLook) -> Source | None:
        """The source that is named, or the one that reads what the content looks like."""
        if self.request.source:
            return self.at_hand.catalogue.source(self.request.source)
        declared = _declared_for(member.name, self.at_hand.catalogue)
        if declared is not None:
            return declared
        met = meet(member, most_bytes=_MOST_BYTES)
        if isinstance(met, Stranger):
            seen.stranger = met
            return None
        return source_of(met.format or "", self.at_hand.catalogue, member.name)

    # --- what they hold -------------------------------------------------------------------

    def _circumstances(self, catalogue: Catalogue, source: Source) -> Circumstances:
        """Without an atlas the source's own word on places is better than none."""
        if self.at_hand.atlas is None:
            source = replace(source, location=Location.KEEP)
        source = without_filters(source, self.request.switched_off)
        return Circumstances(
            catalogue=catalogue,
            source=source,
            atlases=self.at_hand.atlases,
            allowed=self.at_hand.allowed,
            known=self.at_hand.known,
            received=_END_OF_TIME,
            historical=True,
        )

    def _read(self, each: _Surveyed, given: Circumstances, rows: int) -> None:
        for part in _digests(each, given, self.request.now):
            account = part.account
            each.seen.rows += account.rows
            each.seen.kept += account.accepted
            each.seen.dropped += sum(account.dropped.values())
            each.seen.rejected += sum(account.rejected.values())
            if not each.seen.keys and account.rejected.get("no_report_type") == account.rows:
                each.seen.keys = json_keys(part.rejects[0].raw)
            if account.rejected.get("no_time") == account.rows:
                each.seen.columns = header_names(each.survey.header)
            self.tally.add(part, given.source, given.catalogue)
            self.done += account.rows
            self.progress("reading rows", self.done, rows)


def _digests(each: _Surveyed, given: Circumstances, now: dt.datetime) -> Iterator[Digest]:
    """The pieces of one content, which is opened once."""
    with open_member(each.member, most_bytes=_MOST_BYTES) as content:
        at = 0
        for part in each.survey.slices:
            _skip(content, part.offset - at)
            piece = Piece(each.member, each.survey, part, _told(each, now))
            yield digest_from(content, piece, given)
            at = part.offset + part.length


def _told(each: _Surveyed, now: dt.datetime) -> str:
    reading = each.source.reading
    if reading is not None and reading.by_file_day:
        return file_day(each.member.name, now)
    return each.seen.type.id


def _skip(content: Bytes, length: int) -> None:
    while length > 0:
        got = len(content.read(min(length, 1 << 20)))
        if not got:
            return
        length -= got


def _declared_for(file_name: str, catalogue: Catalogue) -> Source | None:
    """The one source that says how its files are read and whose patterns take that name."""
    found = [
        source
        for source in catalogue.sources.values()
        if source.reading is not None and takes_file(source.files, file_name)
    ]
    return found[0] if len(found) == 1 else None


def source_of(format_name: str, catalogue: Catalogue, file_name: str = "") -> Source:
    """The source that reads the format: the only one of the home's own whose patterns, if they
    are its own, take the file's name; else the one called like the format, else the first."""
    shipped = catalogue.sources.get(format_name)
    own = [
        source
        for source in catalogue.sources.values()
        if source.format == format_name
        and (shipped is None or source.files != shipped.files)
        and takes_file(source.files, file_name)
    ]
    if len(own) == 1:
        return own[0]
    if format_name in catalogue.sources:
        return catalogue.sources[format_name]
    for name in sorted(catalogue.sources):
        if catalogue.sources[name].format == format_name:
            return catalogue.sources[name]
    raise CatalogueError(
        f"no source reads {format_name}",
        todo="describe one in the home's catalogue/sources, or leave --home away",
    )
