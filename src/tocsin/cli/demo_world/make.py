"""Making the world: maps, subscriptions, sources, and a day of logs, in one folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tocsin.catalogue.entries import Catalogue
from tocsin.cli.demo_world import sources
from tocsin.cli.demo_world.days import DAY
from tocsin.cli.demo_world.dice import Dice
from tocsin.cli.demo_world.flaws import spoil
from tocsin.cli.demo_world.geography import write_maps
from tocsin.cli.demo_world.kinds import Kind
from tocsin.cli.demo_world.logs import (
    DIARIES,
    Event,
    Texts,
    diary_files,
    report_files,
    write_log,
)
from tocsin.cli.demo_world.raw_sensors import write_raw_files
from tocsin.cli.demo_world.samples import kinds_of


@dataclass(frozen=True, slots=True)
class World:
    """Where the world's files lie. `logs`: the files of each source, by its name."""

    routes: Path
    geography: Path
    as_names: Path
    logs: Mapping[str, tuple[Path, ...]]
    events: int


Made = Callable[[str, int, int], None]
"""Called with what is being made, how far it is, and of how much."""


def make_world(folder: Path, events: int, catalogue: Catalogue, made: Made) -> World:
    """Write maps and logs of about so many events below `folder`, which must be new.

    There are events of every report type of the catalogue that has a sample row.
    """
    routes, geography, names = write_maps(folder)
    drawn = _draw_all(kinds_of(catalogue), events, made)
    by_source: dict[str, list[Event]] = {source: [] for source in sources.names()}
    for event in drawn:
        by_source[event.kind.source].append(event)
    files = {source: _files_of(source, of, catalogue) for source, of in by_source.items()}
    spoil({name: lines for texts in files.values() for name, lines in texts.items()}, events)
    logs: dict[str, tuple[Path, ...]] = {}
    for number, (source, texts) in enumerate(files.items()):
        made("writing logs", number, len(files))
        logs[source] = _write(folder / "logs" / source, texts)
    logs |= write_raw_files(folder / "logs")
    made("writing logs", len(files), len(files))
    return World(routes, geography, names, logs, len(drawn))


def _draw_all(kinds: Sequence[Kind], events: int, made: Made) -> list[Event]:
    drawn: list[Event] = []
    made("a day on the Internet", 0, len(kinds))
    for number, kind in enumerate(kinds):
        drawn += _draw(kind, events)
        made("a day on the Internet", number + 1, len(kinds))
    return drawn


def _draw(kind: Kind, events: int) -> list[Event]:
    """Each kind has dice of its own, so that a new kind leaves the others as they were."""
    dice = Dice(f"tocsin {kind.name}")
    return [
        Event(kind.moment(dice), dice.favourite(kind.sensors), kind, kind.draw(dice))
        for _ in range(kind.count(events))
    ]


def _files_of(source: str, events: Sequence[Event], catalogue: Catalogue) -> Texts:
    if source in DIARIES:
        return diary_files(source, events)
    types = catalogue.report_types
    return report_files(source, events, lambda name: types[name].column_names)


def _write(folder: Path, texts: Texts) -> tuple[Path, ...]:
    folder.mkdir(parents=True)
    paths = []
    for name, lines in texts.items():
        write_log(folder / name, lines)
        paths.append(folder / name)
    if folder.name == sources.SINKHOLE:
        paths += _mishaps(folder, texts)
    return tuple(sorted(paths))


def _mishaps(folder: Path, texts: Texts) -> list[Path]:
    """A file that came twice under two names, and one whose transfer broke off."""
    name = max(texts)
    stem = name.removesuffix(".ndjson.gz")
    again, cut = folder / f"{stem}.resent.ndjson", folder / f"sink-3-{DAY}T00.ndjson.gz"
    write_log(again, texts[name])
    cut.write_bytes((folder / name).read_bytes()[:-200])
    return [again, cut]
