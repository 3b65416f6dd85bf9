"""Feeds that the night may wait for, and until when. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from tocsin.catalogue.entries import Source
from tocsin.engine.intake.ledger import BatchRecord


def missing_sources(
    sources: Iterable[Source], records: Iterable[BatchRecord], day: dt.date
) -> tuple[str, ...]:
    """Sources with an `expected_by` that have brought nothing for the day yet.

    A source has come if it brought rows of the day, or anything at all after the day's end.
    """
    after = day_end(day)
    come: set[str] = set()
    for record in records:
        of_day = any(output.day == day.isoformat() for output in record.outputs)
        if of_day or dt.datetime.fromisoformat(record.received) >= after:
            come.add(record.source)
    return tuple(
        sorted(
            source.name
            for source in sources
            if source.expected_by is not None and source.name not in come
        )
    )


def wait_until(
    missing: Iterable[str], sources: Iterable[Source], day: dt.date, deadline: dt.time
) -> dt.datetime | None:
    """Until when the night waits for the missing ones: the latest of their hours, at most the
    deadline, on the morning after the day. None if there is nothing to wait for."""
    wanted = set(missing)
    hours = [
        source.expected_by
        for source in sources
        if source.name in wanted and source.expected_by is not None
    ]
    if not hours:
        return None
    morning = day + dt.timedelta(days=1)
    return dt.datetime.combine(morning, min(max(hours), deadline), dt.UTC)


def day_end(day: dt.date) -> dt.datetime:
    """The first moment that is no longer of the day."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)
