"""Taking files in: survey them, cut them into batches, run the batches, commit each.

    begin: ledger/open.json says what will be done
    each batch: lake files, then its commit record
    end: contents become findable, open.json goes

Killed anywhere, the next intake first finishes the one that was begun. A batch that is committed
is never done again; one that is not is done again from the start, with the same bytes.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tocsin.catalogue.entries import Catalogue, Source
from tocsin.catalogue.provisional import save_provisional
from tocsin.engine.atlas.store import list_atlases
from tocsin.engine.execute import run_tasks
from tocsin.engine.files import remove_leftovers, sha256_of
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.intake.allow_list import read_allow_list
from tocsin.engine.intake.batches import Batch, make_batches
from tocsin.engine.intake.filters import without_filters
from tocsin.engine.intake.ledger import BatchRecord, Ledger
from tocsin.engine.intake.naming import TypeByName
from tocsin.engine.intake.tasks import CollectTask, collect_batch
from tocsin.engine.lake.layout import OBSERVATIONS, RECORDS
from tocsin.engine.lake.pruned import pruned_before
from tocsin.engine.lake.store import LocalStore, Store
from tocsin.engine.sources.compression import members
from tocsin.engine.sources.formats import FORMATS
from tocsin.engine.sources.raw import Member, Survey
from tocsin.engine.sources.survey import head_of, survey
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
    """Which files of which source, and how. `received` is the clock reading."""

    files: Sequence[Path]
    source: Source
    received: dt.datetime
    report_type: str = ""
    historical: bool = False
    switched_off: tuple[str, ...] = ()
    without_atlas: bool = False


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


def collect(
    home: Home, request: Request, catalogue: Catalogue, settings: Settings, progress: Progress
) -> Collected:
    """Take the files in. Busy if another intake is at work in this home.

    Files that cannot be taken as a whole are turned away and reported; they hinder no other.
    """
    with home.lock("collect"):
        return _Intake(home, catalogue, settings, progress).run(request)


def finish(home: Home, catalogue: Catalogue, settings: Settings, progress: Progress) -> Collected:
    """Finish an intake that was killed, if there is one."""
    with home.lock("collect"):
        intake = _Intake(home, catalogue, settings, progress)
        intake.resume()
        return intake.collected


class _Intake:
    def __init__(
        self, home: Home, catalogue: Catalogue, settings: Settings, progress: Progress
    ) -> None:
        self.home = home
        self.catalogue = catalogue
        self.settings = settings
        self.progress = progress
        self.ledger = Ledger(home.ledger)
        self.collected = Collected()
        self.naming = TypeByName(catalogue)

    def run(self, request: Request) -> Collected:
        self.resume()
        atlases = self._atlases(request)
        surveyed = self._survey(request)
        for report_type in self.naming.provisional:
            save_provisional(self.home.catalogue / "provisional", report_type)
            self.collected.provisional.append(report_type.id)
        # Read again, so that batches have the same names as in an intake that finds them saved.
        self.catalogue = home_catalogue(self.home)
        batches = make_batches(
            surveyed,
            source=request.source.name,
            received=request.received,
            atlases=atlases,
            historical=request.historical,
            switched_off=request.switched_off,
            catalogue=self.catalogue.version,
            most_rows=self.settings.slice_rows,
        )
        if batches:
            self.ledger.begin(batches)
            self.collected.records = self._run(batches, request.source)
        return self.collected

    def resume(self) -> None:
        """Finish what was begun; clear what a killed writer left half-written."""
        stored = (self.home.lake / RECORDS, self.home.lake / OBSERVATIONS)
        for place in (self.home.ledger, self.home.rejects, *stored):
            if place.exists():
                remove_leftovers(place)
        shutil.rmtree(self.home.intake_work, ignore_errors=True)
        begun = self.ledger.begun()
        if begun:
            self._check_still_there(begun)
            source = self.catalogue.source(begun[0].source)
            self.collected.resumed = self._run(begun, source)

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

    def _survey(self, request: Request) -> list[tuple[Member, Survey, str]]:
        found: list[tuple[Member, Survey, str]] = []
        seen: set[str] = set()
        for number, path in enumerate(request.files):
            self.progress("looking at files", number, len(request.files))
            try:
                found += self._survey_file(path, request, seen)
            except InputError as error:
                self._refuse(path, request, error)
        self.progress("looking at files", len(request.files), len(request.files))
        return found

    def _survey_file(
        self, path: Path, request: Request, seen: set[str]
    ) -> list[tuple[Member, Survey, str]]:
        """The contents of a file that are new; nothing of a file that is turned away counts."""
        found = [self._survey_member(member, request) for member in members(path)]
        fresh = []
        for member, result, report_type in found:
            if result.sha256 in seen or not result.slices:
                continue
            seen.add(result.sha256)
            self.collected.already += result.skipped_records
            fresh.append((member, result, report_type))
        if not fresh:
            self.collected.known.append(path)
        return fresh

    def _survey_member(self, member: Member, request: Request) -> tuple[Member, Survey, str]:
        most = self.settings.most_bytes
        head = head_of(member, most_bytes=most)
        known = self.ledger.contents(request.source.name, head)
        result = survey(
            member,
            request.source.format,
            known=known,
            slice_records=self.settings.slice_rows,
            most_bytes=most,
        )
        # Identity is by content: a copy under another name is the same content once more.
        if known.get(result.size) == result.sha256:
            return member, replace(result, slices=()), ""
        report_type = ""
        if FORMATS[request.source.format].typed_by_name:
            report_type = self.naming.type_of(member, result, request.report_type)
        return member, result, report_type

    def _refuse(self, path: Path, request: Request, error: InputError) -> None:
        self.collected.refused.append(Refused(path, error.message()))
        if path.is_file():
            checksum = sha256_of(path)
            source = request.source.name
            self.ledger.refuse(source, request.received, path.name, checksum, error.message())

    # --- running ------------------------------------------------------------------------

    def _run(self, batches: Sequence[Batch], source: Source) -> list[BatchRecord]:
        open_batches = [batch for batch in batches if not self.ledger.committed(batch.id)]
        allowed = read_allow_list(self.home.policy / "allow.csv")
        tasks = [
            CollectTask(
                home=self.home.root,
                store=self.settings.store or LocalStore(self.home.lake),
                batch=batch,
                source=without_filters(source, batch.switched_off),
                allowed=allowed,
                pruned_before=pruned_before(self.home),
                most_bytes=self.settings.most_bytes,
            )
            for batch in open_batches
        ]
        done = len(batches) - len(tasks)
        self.progress("collecting", done, len(batches))

        def commit(_: int, draft: Path) -> None:
            nonlocal done
            self.ledger.commit(draft)
            done += 1
            self.progress("collecting", done, len(batches))

        run_tasks(collect_batch, tasks, workers=self.settings.workers, on_done=commit)
        self.ledger.end(batches)
        shutil.rmtree(self.home.intake_work, ignore_errors=True)
        return [self.ledger.record(batch.id) for batch in batches]

    def _check_still_there(self, begun: Sequence[Batch]) -> None:
        gone = {
            str(piece.member.path)
            for batch in begun
            if not self.ledger.committed(batch.id)
            for piece in batch.pieces
            if not piece.member.path.exists()
        }
        if gone:
            raise InputError(
                "an intake was interrupted, and files that it was taking in are gone",
                where=", ".join(sorted(gone)[:5]),
                todo=f"put them back, or remove {self.home.ledger / 'open.json'} to give them up",
            )
