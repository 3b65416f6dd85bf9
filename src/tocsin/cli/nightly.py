"""`tocsin nightly` and `tocsin replay`: the reports of a day, and the same again."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, cast

import typer

from tocsin.catalogue.entries import Catalogue
from tocsin.cli.lake import lake_store
from tocsin.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    NowOption,
    moment,
    parse_day,
)
from tocsin.cli.output import Output, command
from tocsin.cli.shown import counts_table, number, plural
from tocsin.cli.steps import stepwise
from tocsin.configuration.load import Configuration, load_configuration
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.intake.ledger import Ledger
from tocsin.engine.nightly.expected import missing_sources, wait_until
from tocsin.engine.nightly.newest_snapshot import lists_of
from tocsin.engine.nightly.run import Finished, Night, NightSettings, Progress
from tocsin.engine.nightly.withheld.reasons import WITHHELD
from tocsin.model.errors import SnapshotError

_WAIT_SECONDS = 30.0

DateOption = Annotated[
    dt.date | None,
    typer.Option(
        "--date", metavar="DAY", parser=parse_day, help="The day (UTC).", show_default=False
    ),
]
ListsOption = Annotated[
    Path | None,
    typer.Option(
        "--lists",
        help="The lists file, instead of the newest of the service, or lists.json.",
        metavar="FILE",
        show_default=False,
    ),
]


def nightly_command(
    date: DateOption = None,
    lists: ListsOption = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Also for a day that is not over: a preview.")
    ] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Do not wait for sources that are expected.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Make the reports of a day: plan, correlate, gather, match, publish.

    Without --date: of every day since the last run, up to yesterday.
    """
    with command("nightly", as_json=as_json, home=home) as output:
        place = Home.open(home, create=False)
        configuration = load_configuration(place.configuration)
        snapshot = _lists(place, lists)
        clock = moment(now)
        yesterday = clock.date() - dt.timedelta(days=1)
        with stepwise(output) as progress:
            runs = night_of(place, configuration, progress).finish_begun()
            days = (
                [date] if date else night_of(place, configuration, progress).missed_days(yesterday)
            )
            over = [day for day in days if day <= yesterday]
            if over and not partial and not no_wait and now is None:
                _wait(place, max(over), configuration.night_deadline, output)
            # Read after the waiting: what came meanwhile may have brought types of its own.
            night = night_of(place, configuration, progress)
            runs += [night.run(day, snapshot, clock, partial=partial) for day in days]
        if not runs:
            output.figures({"runs": []}, f"Every day up to {yesterday} has been run.")
        for run in runs:
            _show(run, night.catalogue, output)
        output.next("tocsin reports list   (tocsin reports export DIR writes them as files)")


def replay_command(
    date: Annotated[
        dt.date, typer.Option("--date", metavar="DAY", parser=parse_day, help="The day (UTC).")
    ],
    lists: ListsOption = None,
    judgements: Annotated[
        bool,
        typer.Option(
            "--judgements",
            help="Ask what is distrusted and withdrawn now, not what was then.",
            show_default=False,
        ),
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Make a finished day again as a new revision, from the files of its plan and no others."""
    with command("replay", as_json=as_json, home=home) as output:
        place = Home.open(home, create=False)
        configuration = load_configuration(place.configuration)
        with stepwise(output) as progress:
            night = night_of(place, configuration, progress)
            run = night.replay(date, lists, judged_today=judgements)
        _show(run, night.catalogue, output)
        output.next(f"tocsin reports list --date {date}   (shows the newest revision)")


def night_of(home: Home, configuration: Configuration, progress: Progress) -> Night:
    """What the runs of a home share."""
    settings = NightSettings(
        workers=configuration.workers,
        memory_limit=configuration.memory_limit,
        absent_days=configuration.absent_days,
        shared_networks=configuration.shared_networks_kept(),
    )
    store = lake_store(home, configuration)
    return Night(home, store, home_catalogue(home), settings, progress)


def _lists(home: Home, lists: Path | None) -> Path:
    path = lists or lists_of(home)
    if not path.is_file():
        raise SnapshotError(
            "there is no lists file, so nobody to report to",
            where=str(path),
            todo="write one (docs/operators/lists.md) and name it with --lists",
        )
    return path


def _wait(home: Home, day: dt.date, deadline: dt.time, output: Output) -> None:
    """Wait for expected sources until they have come or their hour, or the deadline, is past."""
    sources = list(home_catalogue(home).sources.values())
    told = False
    while True:
        missing = missing_sources(sources, Ledger(home.ledger).records(), day)
        until = wait_until(missing, sources, day, deadline)
        if until is None or dt.datetime.now(dt.UTC) >= until:
            return
        if not told:
            output.warn(f"waiting for {', '.join(missing)} until {until:%H:%M} UTC")
            told = True
        time.sleep(_WAIT_SECONDS)


def _show(run: Finished, catalogue: Catalogue, output: Output) -> None:
    manifest = run.manifest
    name = run.package.name
    if not run.fresh:
        output.line(f"{name} had been published already; nothing was done again.")
    totals = cast("Mapping[str, int]", manifest["totals"])
    output.figures({"runs": [_value(run)]}, _headline(run, totals))
    by_area = Counter(cast("Mapping[str, int]", manifest["rows_by_area"]))
    if by_area and not output.as_json:
        output.figures({}, counts_table("Rows by area", _titled(by_area, catalogue)))
    missing = cast("list[str]", manifest["missing_sources"])
    if missing:
        output.warn(f"nothing came from {', '.join(missing)}")
    for warning in _warnings(manifest):
        output.warn(warning)


def _warnings(manifest: Mapping[str, object]) -> list[str]:
    """Runs of earlier releases have none."""
    return cast("list[str]", manifest.get("warnings", []))


def _titled(by_area: Counter[str], catalogue: Catalogue) -> list[tuple[str, int]]:
    """Areas by their titles, the largest first; one that the catalogue lost by its id."""
    areas = catalogue.areas
    return [
        (areas[area].title if area in areas else area, count)
        for area, count in by_area.most_common()
    ]


def _value(run: Finished) -> dict[str, object]:
    shown = ("day", "revision", "partial", "totals", "rows_by_area", "missing_sources")
    return {
        **{name: run.manifest[name] for name in shown},
        "warnings": _warnings(run.manifest),
        "fresh": run.fresh,
        "package": str(run.package.path),
    }


def _withheld(totals: Mapping[str, int]) -> list[str]:
    """Reason by reason, without zeros; runs of earlier releases count none."""
    counts = [(reason.key.replace("_", " "), totals.get(reason.key, 0)) for reason in WITHHELD]
    return [f"{number(count)} {words}" for words, count in counts if count]


def _headline(run: Finished, totals: Mapping[str, int]) -> str:
    partial = " (partial: the day is not over)" if run.manifest["partial"] else ""
    told = (
        f"{plural(totals['reports'], 'report')} for {plural(totals['lists'], 'list')} of "
        f"{plural(totals['organisations'], 'organisation')}"
        if totals["reports"]
        else "no reports, nobody is told of anything"
    )
    withheld = _withheld(totals)
    return "\n".join(
        [
            f"{run.package.name}{partial}: {told}",
            f"  {plural(totals['events'], 'event')} became {plural(totals['rows'], 'row')}; "
            f"{number(totals['rows_reported'])} of them reached somebody, "
            f"{number(totals['report_rows'])} rows in all reports",
            *([f"  withheld: {', '.join(withheld)}"] if withheld else []),
            f"  {run.package.path}",
        ]
    )
