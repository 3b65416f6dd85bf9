"""Making the indexes of what is searched before somebody waits for them, and removing old ones.

A search makes the index of a unit itself if it is not there; that of a whole night it does without.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from tocsin.catalogue.entries import ReportType
from tocsin.configuration.lake_store import lake_store
from tocsin.engine.files import TEMPORARY
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.lake.layout import Unit
from tocsin.engine.search.audience_index import audience_index
from tocsin.engine.search.night_index import night_index
from tocsin.engine.search.night_making import UnitFiles, make_night
from tocsin.engine.search.subjects import subjects_of, subjects_path
from tocsin.service import clock, installation
from tocsin.service.api.query.places import (
    NIGHT,
    Files,
    NightFiles,
    index_folder,
    newest_nights,
)
from tocsin.service.delivery.models import Night, Report
from tocsin.service.work.worker import Payload, Work

INDEX = "index_nights"
DAILY_AT = dt.time(4, 0)
DAYS = 90
"""Nights back that are made ready, as long as published rows are kept."""

WHOLE_DAYS = 35
"""Nights back that have an index of all their units: it takes as much room as the rows."""

_LEFT_BEHIND = dt.timedelta(hours=12)
"""So old a half-written index is nobody's any more."""


def index_nights(now: dt.datetime) -> int:
    """Make what is missing for the newest night of each day, remove the rest; how many units.

    The newest first: that is what is asked for.
    """
    nights = newest_nights(((now - dt.timedelta(days=DAYS)).date(), now.date()))
    whole = (now - dt.timedelta(days=WHOLE_DAYS)).date()
    folder = index_folder(installation.home())
    _remove_others(folder, nights.values())
    _remove_nights(folder, whole, now)
    newest_first = sorted(nights.values(), key=lambda each: each.day, reverse=True)
    return sum(_index(night, whole=night.day >= whole) for night in newest_first)


def _index(night: Night, *, whole: bool) -> int:
    units = list(_units(night))
    made = 0
    for _, files in units:
        kept = (files.index, subjects_path(files.index))
        made += not all(path.exists() for path in kept)
        audience_index(files.rows, files.audiences, files.index)
        subjects_of(files.rows, files.index)
    if units and whole and night_index(units[0][1].night) is None:
        make_night(
            units[0][1].night,
            [
                UnitFiles(unit, report_type, files.rows, files.audiences, files.pack)
                for (unit, report_type), files in units
            ],
        )
    return made


def _units(night: Night) -> Iterator[tuple[tuple[Unit, ReportType], Files]]:
    """The units of a night that somebody got reports of, as far as their rows are kept."""
    home = installation.home()
    kept = NightFiles(home, lake_store(home, installation.configuration()), night)
    types = home_catalogue(home).report_types
    units = Report.objects.filter(night=night).values_list("report_type", "delayed").distinct()
    for name, delayed in units:
        unit = Unit(name, delayed)
        files = kept.of(unit)
        if files is not None and name in types:
            yield (unit, types[name]), files


def _remove_others(folder: Path, nights: Iterable[Night]) -> None:
    """Remove the indexes of days and revisions that nobody searches any more."""
    kept = {f"{each.day.isoformat()}/r{each.revision}" for each in nights}
    for path in folder.glob("*/r*"):
        if path.relative_to(folder).as_posix() not in kept:
            # A search that is at it makes the file again.
            shutil.rmtree(path, ignore_errors=True)


def _remove_nights(folder: Path, whole: dt.date, now: dt.datetime) -> None:
    """Remove the indexes of whole nights that are old, and what a killed process left of one."""
    for path in folder.glob(f"*/r*/{NIGHT}"):
        if path.parts[-3] < whole.isoformat():
            path.unlink(missing_ok=True)
    for path in folder.glob(f"*/r*/.{NIGHT}.*{TEMPORARY}"):
        if path.stat().st_mtime < (now - _LEFT_BEHIND).timestamp():
            path.unlink(missing_ok=True)


def _outer(_: Payload) -> int:
    # Files are no part of the database: they are made in the half that touches the world.
    return index_nights(clock.now())


def _nothing(_: Payload, __: int, ___: dt.datetime) -> None:
    """What was made can be made again; there is nothing to write down."""


INDEXING = Work(_outer, _nothing)
