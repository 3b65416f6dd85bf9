"""Taking files in: survey them, cut them into batches, run the batches, commit each.

    begin: ledger/open.json says what will be done
    each batch: lake files, then its commit record
    end: contents become findable, open.json goes

Killed anywhere, the next intake first finishes the one that was begun. A batch that is committed
is never done again; one that is not is done again from the start, with the same bytes.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from tocsin.catalogue.entries import Source
from tocsin.catalogue.provisional import save_provisional
from tocsin.engine.atlas.store import list_atlases
from tocsin.engine.classify.compiled import rules_of
from tocsin.engine.execute import KeptProcesses
from tocsin.engine.files import printable, remove_leftovers, sha256_of
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import cached_catalogue, home_catalogue
from tocsin.engine.intake.allow_list import read_allow_list
from tocsin.engine.intake.batches import Batch, make_batches
from tocsin.engine.intake.filters import without_filters
from tocsin.engine.intake.known_networks import read_known_networks
from tocsin.engine.intake.ledger import BatchRecord, Content, Ledger, Policy
from tocsin.engine.intake.naming import TypeByName
from tocsin.engine.intake.open_sessions import OpenSessions
from tocsin.engine.intake.surveying import Result, SurveyTask, survey_all
from tocsin.engine.intake.tasks import CollectTask, Unreadable, collect_batch
from tocsin.engine.lake.layout import OBSERVATIONS, RECORDS
from tocsin.engine.lake.pruned import pruned_before
from tocsin.engine.lake.store import LocalStore, Store
from tocsin.engine.sources.compression import members
from tocsin.engine.sources.declared import check_reading
from tocsin.engine.sources.file_names import file_day
from tocsin.engine.sources.formats import FORMATS, as_format
from tocsin.engine.sources.raw import Member, Survey
from tocsin.engine.sources.sessions import OpenSession
from tocsin.engine.sources.survey import head_of
from tocsin.model.errors import AtlasError, InputError


@dataclass(frozen=True, slots=True)
class Settings:
    """How to take in; bytes per file after decompression, rows per batch.

    `store`: where the lake is; None for the home's own folder.
    """

    workers: int
    store: Store | None = None
    slice_rows: int = 250_000
    most_bytes: int = 64 << 30


@dataclass(frozen=True, slots=True)
class Request:
    """Which files of which source, and how. `received` is the clock reading.

    `again`: also contents that were taken in before; their rows are the same events, and are
    judged anew.
    """

    files: Sequence[Path]
    source: str
    received: dt.datetime
    report_type: str = ""
    historical: bool = False
    switched_off: tuple[str, ...] = ()
    without_atlas: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was turned away as a whole, and why."""

    path: Path
    why: str


@dataclass(slots=True)
class Collected:
    """What an intake came to."""

    records: list[BatchRecord] = field(default_factory=list)
    resumed: list[BatchRecord] = field(default_factory=list)
    known: list[Path] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    provisional: list[str] = field(default_factory=list)
    already: int = 0
    """Rows at the beginning of grown files that had been taken in before."""


Progress = Callable[[str, int, int], None]
"""Called with what is going on, how far it is, and of how much."""


def collect(home: Home, request: Request, settings: Settings, progress: Progress) -> Collected:
    """Take the files in. Busy if another intake is at work in this home.

    Files that cannot be taken as a whole are turned away and reported; they hinder no other.
    """
    with home.lock("collect"), KeptProcesses(settings.workers) as processes:
        return _Intake(home, settings, progress, processes).run(request)


def finish(home: Home, settings: Settings, progress: Progress) -> Collected:
    """Finish an intake that was killed, if there is one."""
    with home.lock("collect"), KeptProcesses(settings.workers) as processes:
        intake = _Intake(home, settings, progress, processes)
        intake.resume()
        return intake.collected


Surveyed = tuple[Member, Survey, str]
"""A content, what one pass over it found, and the report type, or the day, that its name told."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A content to survey, what its name tells, and what of it is in the ledger."""

    task: SurveyTask
    name: str
    by_name: bool
    known: frozenset[Content]


class _Intake:
    """One intake of a home; whoever makes one holds the lock, and the processes."""

    def __init__(
        self, home: Home, settings: Settings, progress: Progress, processes: KeptProcesses
    ) -> None:
        self.processes = processes
        self.home = home
        self.settings = settings
        self.progress = progress
        self.ledger = Ledger(home.ledger)
        self.collected = Collected()
        self.naming = TypeByName(home_catalogue(home))
        self._asked = 0

    def run(self, request: Request) -> Collected:
        self.resume()
        source = home_catalogue(self.home).source(request.source)
        without_filters(source, request.switched_off)
        check_reading(source)
        rules_of(home_catalogue(self.home), source.name)  # mistakes in them are told now
        atlases = self._atlases(request)
        surveyed = self._survey(request, source)
        for report_type in self.naming.provisional:
            save_provisional(self.home.catalogue / "provisional", report_type)
            self.collected.provisional.append(report_type.id)
        surveyed, sessions = self._follow_sessions(surveyed, source, request.received)
        batches = make_batches(
            surveyed,
            source=request.source,
            received=request.received,
            atlases=atlases,
            historical=request.historical,
            switched_off=request.switched_off,
            # Read now, so that batches have the same names where their types were known before.
            catalogue=home_catalogue(self.home).version,
            most_rows=self.settings.slice_rows,
        )
        if batches:
            self.ledger.begin(batches, self._policy(), sessions)
            self.collected.records = self._run(batches)
        return self.collected

    def resume(self) -> None:
        """Finish what was begun; clear what a killed writer left half-written."""
        stored = (self.home.lake / RECORDS, self.home.lake / OBSERVATIONS)
        for place in (self.home.ledger, self.home.rejects, *stored):
            if place.exists():
                remove_leftovers(place)
        shutil.rmtree(self.home.intake_work, ignore_errors=True)
        self.ledger.sweep()
        begun = self.ledger.begun()
        if begun:
            self.collected.resumed = self._run(begun)

    def _policy(self) -> Policy:
        allow_list = self.home.policy / "allow.csv"
        known = self.home.policy / "known"
        # Mistakes in them are told before anything is begun.
        read_allow_list(allow_list)
        read_known_networks(known)
        return Policy(self.home.catalogue, allow_list, known, pruned_before(self.home))

    # --- surveying ----------------------------------------------------------------------

    def _atlases(self, request: Request) -> tuple[str, ...]:
        """Pinned here: batches of one intake see the same maps, however long they take."""
        infos = list_atlases(self.home.atlases)
        if not infos and not request.without_atlas:
            raise AtlasError(
                "there is no atlas yet, so nobody could be told whose addresses these are",
                where=str(self.home.atlases),
                todo="build one: tocsin atlas build --routes FILE --geo FILE --at DATE",
            )
        return () if request.without_atlas else tuple(info.name for info in infos)

    def _survey(self, request: Request, source: Source) -> list[Surveyed]:
        """The contents that are new; files are weighed in their order."""
        asked = [self._ask(path.absolute(), request, source) for path in request.files]
        sound = [found for found in asked if not isinstance(found, InputError)]
        tasks = [each.task for found in sound for each in found]
        self.progress("looking at files", 0, len(tasks))
        results = iter(
            survey_all(
                tasks,
                self.processes,
                on_done=lambda done: self.progress("looking at files", done, len(tasks)),
            )
        )
        surveyed: list[Surveyed] = []
        seen: set[tuple[str, str]] = set()
        for path, found in zip(request.files, asked, strict=True):
            try:
                if isinstance(found, InputError):
                    raise found
                surveyed += self._weigh(path, [(each, next(results)) for each in found], seen)
                self.naming.accept()
            except InputError as error:
                self.naming.forget()
                self._refuse(path, request.source, request.received, error.message())
        return surveyed

    def _ask(self, path: Path, request: Request, source: Source) -> list[_Asked] | InputError:
        """What has to be surveyed of a file, or why it cannot be."""
        try:
            if printable(str(path)) != str(path):
                raise InputError(
                    "the file's name is no UTF-8",
                    where=printable(path.name),
                    todo="rename the file",
                )
            return [self._ask_member(member, request, source) for member in members(path)]
        except InputError as error:
            return error

    def _ask_member(self, member: Member, request: Request, source: Source) -> _Asked:
        member = as_format(member, source.format)
        most = self.settings.most_bytes
        by_name = FORMATS[source.format].typed_by_name
        name = self.naming.name_of(member, request.report_type) if by_name else ""
        if source.reading is not None and source.reading.by_file_day:
            # The same list on another day says something else.
            name = file_day(member.name, request.received)
        head = head_of(member, most_bytes=most)
        known = [] if request.again else self.ledger.contents(request.source, head, name)
        self._asked += 1
        task = SurveyTask(
            member=member,
            format=source.format,
            known={content.size: content.sha256 for content in known},
            slice_rows=self.settings.slice_rows,
            most_bytes=most,
            path=self.home.intake_work / f"survey-{self._asked}.json",
            reading=source.reading,
        )
        return _Asked(task, name, by_name, frozenset(known))

    def _weigh(
        self, path: Path, found: Sequence[tuple[_Asked, Result]], seen: set[tuple[str, str]]
    ) -> list[Surveyed]:
        """The contents of a file that are new; nothing of a file that is turned away counts."""
        fresh = []
        for member, result, report_type in [self._typed(*each) for each in found]:
            # Identity is by content and type: a copy under another name is the same once more.
            content = (result.sha256, report_type)
            if content in seen or not result.slices:
                continue
            seen.add(content)
            self.collected.already += result.skipped_records
            fresh.append((member, result, report_type))
        if not fresh:
            self.collected.known.append(path.absolute())
        return fresh

    def _typed(self, asked: _Asked, result: Result) -> Surveyed:
        member = asked.task.member
        if isinstance(result, InputError):
            raise result
        if Content(result.size, result.sha256) in asked.known:
            return member, replace(result, slices=()), asked.name
        told = self.naming.type_of(asked.name, result) if asked.by_name else asked.name
        return member, result, told

    def _follow_sessions(
        self, surveyed: Sequence[Surveyed], source: Source, received: dt.datetime
    ) -> tuple[list[Surveyed], Mapping[str, OpenSession] | None]:
        """The contents, told of sessions that were open before them, and those then left open."""
        if FORMATS[source.format].sessions is None:
            return list(surveyed), None
        sessions = OpenSessions(source, self.ledger.open_sessions(source.name))
        told = sessions.follow([found for _, found, _ in surveyed])
        return (
            [(each[0], found, each[2]) for each, found in zip(surveyed, told, strict=True)],
            sessions.kept(received),
        )

    def _refuse(self, path: Path, source: str, received: dt.datetime, why: str) -> None:
        self.collected.refused.append(Refused(path, why))
        checksum = sha256_of(path) if path.is_file() else sha256(os.fsencode(path)).hexdigest()
        self.ledger.refuse(source, received, printable(path.name), checksum, why)

    # --- running ------------------------------------------------------------------------

    def _run(self, batches: Sequence[Batch]) -> list[BatchRecord]:
        """Do what is not yet done of the batches that were begun, by the rules of that time."""
        policy = self.ledger.policy()
        sources = cached_catalogue(policy.catalogue)
        open_batches = [batch for batch in batches if not self.ledger.committed(batch.id)]
        allowed = read_allow_list(policy.allow_list)
        tasks = [
            CollectTask(
                home=self.home.root,
                store=self.settings.store or LocalStore(self.home.lake),
                catalogue=policy.catalogue,
                batch=batch,
                source=without_filters(sources.source(batch.source), batch.switched_off),
                allowed=allowed,
                known=policy.known,
                pruned_before=policy.pruned_before,
                most_bytes=self.settings.most_bytes,
            )
            for batch in open_batches
        ]
        done = len(batches) - len(tasks)
        self.progress("collecting", done, len(batches))

        def commit(number: int, draft: Path | Unreadable) -> None:
            nonlocal done
            if isinstance(draft, Unreadable):
                self._give_up(open_batches[number], draft.why)
            else:
                self.ledger.commit(draft)
            done += 1
            self.progress("collecting", done, len(batches))

        self.processes.run_tasks(collect_batch, tasks, on_done=commit)
        self.ledger.end(batches)
        shutil.rmtree(self.home.intake_work, ignore_errors=True)
        return [
            self.ledger.record(batch.id) for batch in batches if self.ledger.committed(batch.id)
        ]

    def _give_up(self, batch: Batch, why: str) -> None:
        """A file of the batch is gone or changed: none of its files is taken, all may come."""
        for path in sorted({piece.member.path for piece in batch.pieces}):
            told = why if path.name in why else f"{path}: given up with its batch: {why}"
            self._refuse(path, batch.source, batch.received, told)
