"""What all rows of a range that are evidence of a finding come to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tocsin.engine.nightly.distinct import one_array, united
from tocsin.engine.nightly.range_rows import RangeRows, indices_of
from tocsin.engine.nightly.source_sets import SourceSets
from tocsin.model.address import Flags, Ints

_DAY = dt.timedelta(days=1) // dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Evidence:
    """What the day's rows say of those findings that they are of, `(n,)` each.

    groups: whose it is, ascending. latest: the date of the last evidence, in days since 1970.
    severity: that of the latest. days: dates later than what was known. first, last: moments in
    microseconds. total, most: events of all rows, and of the row with the most. sources: a
    number of a set.
    """

    groups: Ints
    latest: Ints
    severity: Ints
    days: Ints
    first: Ints
    last: Ints
    total: Ints
    most: Ints
    sources: Ints


def evidence_of(
    read: RangeRows, rows: Ints, groups: Ints, known: Ints, day: int, sets: SourceSets
) -> Evidence:
    """Evidence of `rows`, which are sorted by `groups`. `known`: each group's last date before.

    A clock that runs ahead does not make a date later than `day`.
    """
    begins = np.flatnonzero(np.diff(groups, prepend=-1))
    place = np.cumsum(np.diff(groups, prepend=-1) > 0) - 1
    first, last, events, severity = (
        numbers_in(read.rows, name)[rows] for name in ("first", "last", "events", "severity")
    )
    dates = np.minimum(last // _DAY, day)
    latest = np.maximum.reduceat(dates, begins)
    of_latest = np.where(dates == latest[place], severity, -1)
    return Evidence(
        groups=groups[begins],
        latest=latest,
        severity=np.maximum.reduceat(of_latest, begins),
        days=_new_dates(place, dates, known[groups], len(begins)),
        first=np.minimum.reduceat(first, begins),
        last=np.maximum.reduceat(last, begins),
        total=np.add.reduceat(events, begins),
        most=np.maximum.reduceat(events, begins),
        sources=_sources(read, rows, place, begins, sets),
    )


def numbers_in(table: pa.Table, name: str) -> Ints:
    """A column without nulls as numbers; moments in microseconds."""
    column = one_array(table, name)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    numbers: Ints = column.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def _new_dates(place: Ints, dates: Ints, known: Ints, places: int) -> Ints:
    """How many distinct dates later than what was known each place has."""
    later = np.flatnonzero(dates > known)
    order = later[np.lexsort((dates[later], place[later]))]
    fresh: Flags = np.ones(len(order), np.bool_)
    fresh[1:] = (np.diff(place[order]) > 0) | (np.diff(dates[order]) > 0)
    return np.bincount(place[order][fresh], minlength=places)


def _sources(read: RangeRows, rows: Ints, place: Ints, begins: Ints, sets: SourceSets) -> Ints:
    """The set of sources of each place; nearly all have one row and so one source."""
    column = one_array(read.rows, "source")
    names = [sets.number_of(name) for name in [*column.dictionary.to_pylist(), None]]
    numbers = np.array(names, np.int64)[indices_of(column, len(names) - 1)[rows]]
    found = numbers[begins]
    crowded = np.bincount(place) > 1
    of_crowded = crowded[place]
    union = united(len(begins), place[of_crowded], numbers[of_crowded], sets.union)
    return np.where(crowded, union, found)
