"""`tocsin collect`: files of a source into the lake, every row accounted for."""

from __future__ import annotations

import datetime as dt
import shlex
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.exit_codes import REJECTED
from tocsin.cli.lake import lake_store
from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, NowOption, moment
from tocsin.cli.output import Output, command
from tocsin.cli.reasons import note_in_words
from tocsin.cli.shown import counts_table, in_words, most_first, number, plural
from tocsin.cli.steps import stepwise
from tocsin.configuration.load import Configuration, load_configuration
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.intake.collect import Collected, Request, Settings, collect, finish
from tocsin.engine.intake.filters import SWITCHES
from tocsin.engine.intake.ledger import BatchRecord
from tocsin.engine.intake.spool import due, fingerprint, move_done, move_failed, waiting
from tocsin.model.errors import UsageError

_ENOUGH_BYTES = 256 << 20
_POLL_SECONDS = 5.0
_UNREMARKABLE = ("header_lines", "no_atlas")
"""Notes that need no line: every file has a header, and a warning tells of the atlas."""


def collect_command(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE", help="Files to take in; .gz, .zst and .zip are read as they are."
        ),
    ] = None,
    source: Annotated[
        str, typer.Option("--source", metavar="NAME", help="The source that the files come from.")
    ] = "",
    report_type: Annotated[
        str,
        typer.Option(
            "--type", metavar="TYPE", help="The report type, where file names do not tell it."
        ),
    ] = "",
    watch: Annotated[
        bool, typer.Option("--watch", help="Take what arrives in the spool, until ended.")
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="With --watch: take what is there now, and end.")
    ] = False,
    historical: Annotated[
        bool, typer.Option("--historical", help="Store rows of any age; never report them.")
    ] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without", metavar="FILTER", help=f"Go without a filter: {', '.join(SWITCHES)}."
        ),
    ] = None,
    without_atlas: Annotated[
        bool,
        typer.Option(
            "--without-atlas", help="Take the source's word for whose addresses they are."
        ),
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="Also files that were taken in before; rows count once."),
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Take files of a source in: read, filter, locate, and store every row or say why not."""
    with command("collect", as_json=as_json, home=home) as output:
        if watch == bool(files):
            raise UsageError(
                "say which files to take in, or --watch for the spool",
                todo="for example: tocsin collect FILE --source tocsin-ndjson",
            )
        if files and not source:
            raise UsageError(
                "say which source the files come from",
                todo="for example --source shadowserver-csv; `tocsin catalogue list` names them",
            )
        place = Home.open(home, create=True)
        configuration = load_configuration(place.configuration)
        session = _Session(place, configuration, output)
        if watch:
            session.watch(source, once=once, now=now)
            return
        request = Request(
            files=files or [],
            source=source,
            received=moment(now),
            report_type=report_type,
            historical=historical,
            switched_off=tuple(without or ()),
            without_atlas=without_atlas,
            again=again,
        )
        _show(session.take(request), output, request.files)


class _Session:
    """Intakes of one home with one configuration."""

    def __init__(self, home: Home, configuration: Configuration, output: Output) -> None:
        self.home = home
        self.configuration = configuration
        self.output = output
        self.settings = Settings(
            workers=configuration.workers,
            store=lake_store(home, configuration),
            slice_rows=configuration.slice_records,
            most_bytes=configuration.most_bytes,
        )

    def take(self, request: Request) -> Collected:
        with stepwise(self.output) as progress:
            return collect(self.home, request, self.settings, progress)

    def watch(self, only: str, *, once: bool, now: dt.datetime | None) -> None:
        """Take what lies in the spool, again and again; `only` one source if it is named."""
        with stepwise(self.output) as progress:
            finish(self.home, self.settings, progress)
        catalogue = home_catalogue(self.home)
        sources = [catalogue.source(only).name] if only else sorted(catalogue.sources)
        for source in sources:
            (self.home.spool / source).mkdir(parents=True, exist_ok=True)
        self._warn_of_strange_folders(catalogue.sources)
        self.output.line(
            f"Watching {self.home.spool}: one folder a source, files taken as they come."
        )
        total = Collected()
        while True:
            for source in sources:
                _add(total, self._take_waiting(source, moment(now), at_once=once))
            if once:
                break
            time.sleep(_POLL_SECONDS)
        _show(total, self.output)

    def _warn_of_strange_folders(self, sources: Collection[str]) -> None:
        """A folder whose name is misspelt would wait for ever."""
        for folder in sorted(self.home.spool.iterdir()):
            if folder.is_dir() and folder.name not in sources and folder.name[0] != ".":
                near = get_close_matches(folder.name, sources, 1)
                meant = f" ({near[0]} was meant?)" if near else ""
                self.output.warn(
                    f"no source is called {folder.name}{meant}; {folder} is passed over"
                )

    def _take_waiting(self, source: str, now: dt.datetime, *, at_once: bool) -> Collected:
        files = waiting(self.home.spool, source)
        patience = dt.timedelta(minutes=self.configuration.batch_minutes)
        if not files or not (at_once or due(files, now, patience=patience, enough=_ENOUGH_BYTES)):
            return Collected()
        before = {path: fingerprint(path) for path in files}
        collected = self.take(Request(files=files, source=source, received=now))
        why = {refused.path.absolute(): refused.why for refused in collected.refused}
        for path in files:
            # What was written to a file while it was taken is taken the next time, as its growth.
            if fingerprint(path) != before[path]:
                continue
            if path.absolute() in why:
                move_failed(path, now.date(), why[path.absolute()])
            else:
                move_done(path, now.date())
        if not at_once:
            self.output.line(f"{now:%H:%M:%S} {source}: {_in_one_line(collected)}")
        return collected


def _add(total: Collected, more: Collected) -> None:
    total.records += more.records
    total.resumed += more.resumed
    total.known += more.known
    total.refused += more.refused
    total.provisional += more.provisional
    total.already += more.already


def _in_one_line(collected: Collected) -> str:
    tally = Tally(collected.records)
    text = f"{plural(tally.rows, 'row')}, {number(tally.accepted)} accepted"
    if collected.refused:
        text += f", {plural(len(collected.refused), 'file')} turned away"
    return text


class Tally:
    """The rows of some batches added up."""

    def __init__(self, records: Iterable[BatchRecord]) -> None:
        self.rows = self.accepted = self.held = 0
        self.dropped: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()
        self.by_type: Counter[str] = Counter()
        self.observations: Counter[str] = Counter()
        self.set_aside: Counter[str] = Counter()
        self.unknown: set[str] = set()
        self.contents: set[str] = set()
        for record in records:
            for piece in record.pieces:
                self.contents.add(piece.file)
                self.rows += piece.rows
                self.accepted += piece.accepted
                self.held += piece.held
                self.dropped.update(piece.dropped)
                self.rejected.update(piece.rejected)
                self.notes.update(piece.notes)
                self.by_type.update(piece.records)
                self.observations.update(piece.observations)
                self.set_aside.update(piece.set_aside)
                self.unknown |= set(piece.unknown_columns)


def _show(collected: Collected, output: Output, files: Sequence[Path] = ()) -> None:
    """Print what became of it; `files` as they were named, none if they have moved since."""
    tally = Tally(collected.records)
    output.figures(_value(collected, tally), _headline(collected, tally))
    if tally.by_type and not output.as_json:
        output.figures({}, counts_table("Records by report type", tally.by_type.most_common()))
    _remarks(collected, tally, output)
    if tally.notes["no_atlas"]:
        output.warn(
            f"{plural(tally.notes['no_atlas'], 'row')} older than the first atlas: nobody may be "
            "told of them. Build one with an earlier --at, then collect the files --again"
        )
    for refused in collected.refused:
        output.warn(f"turned away: {refused.why}")
    if collected.refused or tally.rejected:
        output.finish(REJECTED)
    output.next(_next_step(collected, tally, files))


def _next_step(collected: Collected, tally: Tally, files: Sequence[Path]) -> str:
    if collected.refused and files:
        return f"tocsin look {shlex.quote(str(collected.refused[0].path))}   (shows what it is)"
    if tally.accepted and all(record.historical for record in collected.records):
        return "nothing to do: these rows are kept, and never reported"
    if tally.accepted:
        return "tocsin nightly   (makes the reports of yesterday; --date D for another day)"
    if collected.known:
        return "nothing to do: these files had been taken in before"
    if not tally.rows and not files:
        return "nothing to do: nothing was waiting"
    file = shlex.quote(str(files[0])) if len(files) == 1 else "FILE"
    return f"tocsin look {file}   (shows what is in it, and why rows are turned away)"


def _value(collected: Collected, tally: Tally) -> dict[str, object]:
    return {
        "rows": tally.rows,
        "accepted": tally.accepted,
        "held": tally.held,
        "dropped": dict(sorted(tally.dropped.items())),
        "rejected": dict(sorted(tally.rejected.items())),
        "notes": dict(sorted(tally.notes.items())),
        "records": dict(sorted(tally.by_type.items())),
        "observations": dict(sorted(tally.observations.items())),
        "unknown_columns": sorted(tally.unknown),
        "set_aside": dict(sorted(tally.set_aside.items())),
        "batches": [record.batch for record in collected.records],
        "resumed": [record.batch for record in collected.resumed],
        "already_known_files": [str(path) for path in collected.known],
        "already_known_rows": collected.already,
        "provisional_types": collected.provisional,
        "refused": [{"file": str(each.path), "why": each.why} for each in collected.refused],
    }


def _headline(collected: Collected, tally: Tally) -> str:
    files = plural(len(tally.contents), "file")
    lines = [f"{plural(tally.rows, 'row')} read from {files}: {number(tally.accepted)} accepted"]
    if tally.held:
        lines.append(f"  {number(tally.held)} of them held: their time has not come yet")
    if tally.dropped:
        lines.append(f"  dropped   {in_words(tally.dropped)}")
    if tally.rejected:
        lines.append(f"  rejected  {in_words(tally.rejected)}")
    if collected.resumed:
        batches = plural(len(collected.resumed), "batch", "batches")
        lines.insert(0, f"Finished an interrupted intake of {batches}.")
    return "\n".join(lines)


def _remarks(collected: Collected, tally: Tally, output: Output) -> None:
    if collected.known:
        output.line(f"{plural(len(collected.known), 'file')} had been taken in before; skipped.")
    if collected.already:
        output.line(f"{plural(collected.already, 'row')} of grown files had been taken in before.")
    if tally.unknown:
        output.line(
            f"Columns that the type does not have, kept aside: {', '.join(sorted(tally.unknown))}"
        )
    if tally.set_aside:
        output.line(f"Cells that did not fit their column, kept aside: {in_words(tally.set_aside)}")
    if collected.provisional:
        output.line(f"New provisional report types: {', '.join(collected.provisional)}")
    for note, count in most_first(tally.notes):
        if note not in _UNREMARKABLE:
            output.line(f"{note_in_words(note)}: {number(count)}.")
