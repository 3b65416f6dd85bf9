"""The demonstration step by step: what an operator does by commands, on a made-up world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.load import load_catalogue
from tocsin.cli.demo_portal import free_port, mail_the_night, seed
from tocsin.cli.demo_world.days import ATLAS_FROM, DAY, NIGHT, RECEIVED
from tocsin.cli.demo_world.home import fresh_home, furnish
from tocsin.cli.demo_world.make import Made, World, make_world
from tocsin.configuration.load import Configuration, load_configuration
from tocsin.engine.atlas import build_atlas, save_atlas
from tocsin.engine.home import Home
from tocsin.engine.intake.collect import Collected, Request, Settings, collect
from tocsin.engine.lake.store import LocalStore
from tocsin.engine.nightly.newest_snapshot import lists_of
from tocsin.engine.nightly.run import Finished, Night, NightSettings
from tocsin.engine.nightly.snapshot import Snapshot, read_snapshot
from tocsin.engine.reports import FinishedReport, export_reports, reports_of


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to show in the end. `folder`: where the reports lie as files. `port`: of the
    portal. `mailed`: how many messages went into its mailbox."""

    home: Home
    catalogue: Catalogue
    world: World
    collected: tuple[Collected, ...]
    run: Finished
    snapshot: Snapshot
    reports: tuple[FinishedReport, ...]
    folder: Path
    port: int
    mailed: int


def demonstrate(root: Path, events: int, progress: Made) -> Shown:
    """Make the world at `root`, take its logs in, run its night, and lay out the reports.

    HomeError if there is anything at `root` that no demonstration made.
    """
    home = fresh_home(root)
    port = free_port()
    furnish(home, events)
    seed(root, port)
    configuration = load_configuration(home.configuration)
    catalogue = load_catalogue(home.catalogue)
    world = make_world(root / "world", events, catalogue, progress)
    maps = build_atlas([world.routes], [world.geography], at=ATLAS_FROM, names=[world.as_names])
    save_atlas(maps, home.atlases, force=False)
    collected = _collect(home, world, configuration, progress)
    catalogue = load_catalogue(home.catalogue)
    run = _night(home, catalogue, configuration, progress)
    reports = tuple(reports_of(run.package))
    progress("mailing", 0, 1)
    mailed = mail_the_night(home.root, port, DAY)
    progress("mailing", 1, 1)
    return Shown(
        home=home,
        catalogue=catalogue,
        world=world,
        collected=collected,
        run=run,
        snapshot=read_snapshot(lists_of(home), catalogue),
        reports=reports,
        folder=_lay_out(home, reports, progress),
        port=port,
        mailed=mailed,
    )


def _collect(
    home: Home, world: World, configuration: Configuration, progress: Made
) -> tuple[Collected, ...]:
    settings = Settings(
        workers=configuration.workers,
        slice_rows=configuration.slice_records,
        most_bytes=configuration.most_bytes,
    )
    collected: list[Collected] = []
    for source, files in world.logs.items():
        request = Request(files=files, source=source, received=RECEIVED)

        def of_source(title: str, done: int, total: int, source: str = source) -> None:
            progress(f"{source}: {title}", done, total)

        collected.append(collect(home, request, settings, of_source))
    return tuple(collected)


def _night(
    home: Home, catalogue: Catalogue, configuration: Configuration, progress: Made
) -> Finished:
    settings = NightSettings(
        workers=configuration.workers,
        memory_limit=configuration.memory_limit,
        absent_days=configuration.absent_days,
        shared_networks=configuration.shared_networks_kept(),
    )
    night = Night(home, LocalStore(home.lake), catalogue, settings, progress)
    return night.run(DAY, lists_of(home), NIGHT)


def _lay_out(home: Home, reports: Sequence[FinishedReport], progress: Made) -> Path:
    """The reports as single files, where people find them."""
    folder, done = home.root / "reports", 0
    progress("laying out reports", done, len(reports))

    def advance(steps: int) -> None:
        nonlocal done
        done += steps
        progress("laying out reports", done, len(reports))

    export_reports(reports, folder, advance=advance)
    return folder
