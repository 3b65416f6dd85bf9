"""Making the indexes of what is searched before somebody waits for them, and removing old ones.

A search makes what is not there itself; after a night of millions of rows that takes seconds.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable
from pathlib import Path

from tocsin.configuration.lake_store import lake_store
from tocsin.engine.lake.layout import Unit
from tocsin.engine.search.audience_index import audience_index
from tocsin.engine.search.subjects import subjects_of, subjects_path
from tocsin.service import clock, installation
from tocsin.service.api.query.places import files_of, index_folder, newest_nights
from tocsin.service.delivery.models import Night, Report
from tocsin.service.work.worker import Payload, Work

INDEX = "index_nights"
DAILY_AT = dt.time(4, 0)
DAYS = 90
"""Nights back that are made ready, as long as published rows are kept."""


def index_nights(now: dt.datetime) -> int:
    """Make what is missing for the newest night of each day, remove the rest; how many units."""
    nights = newest_nights(((now - dt.timedelta(days=DAYS)).date(), now.date()))
    made = sum(_index(night) for night in nights.values())
    _remove_others(index_folder(installation.home()), nights.values())
    return made


def _index(night: Night) -> int:
    home = installation.home()
    store = lake_store(home, installation.configuration())
    units = Report.objects.filter(night=night).values_list("report_type", "delayed").distinct()
    made = 0
    for report_type, delayed in units:
        files = files_of(home, store, night, Unit(report_type, delayed))
        if files is not None:
            kept = (files.index, subjects_path(files.index))
            made += not all(path.exists() for path in kept)
            audience_index(files.rows, files.audiences, files.index)
            subjects_of(files.rows, files.index)
    return made


def _remove_others(folder: Path, nights: Iterable[Night]) -> None:
    """Remove the indexes of days and revisions that nobody searches any more."""
    kept = {f"{each.day.isoformat()}/r{each.revision}" for each in nights}
    for path in folder.glob("*/r*"):
        if path.relative_to(folder).as_posix() not in kept:
            # A search that is at it makes the file again.
            shutil.rmtree(path, ignore_errors=True)


def _outer(_: Payload) -> int:
    # Files are no part of the database: they are made in the half that touches the world.
    return index_nights(clock.now())


def _nothing(_: Payload, __: int, ___: dt.datetime) -> None:
    """What was made can be made again; there is nothing to write down."""


INDEXING = Work(_outer, _nothing)
