"""Recall: rows that were given out are taken back, and those who have them are told.

A recall cuts its rows from whatever is given out from now on (see `withheld`). Who is told of it is
found out afterwards (see `correcting`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db import transaction

from tocsin.configuration.lake_store import lake_store
from tocsin.engine.lake.layout import Unit
from tocsin.engine.nightly.package import Package
from tocsin.model.errors import RunError, TransientError
from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.delivery.brake.contained import contained
from tocsin.service.delivery.brake.correcting import CORRECT, GRACE
from tocsin.service.delivery.brake.figures import published_units
from tocsin.service.delivery.brake.lost_days import Lost, lost_nights, without_night
from tocsin.service.delivery.brake.part import Part
from tocsin.service.delivery.models import Night, Recall, RecalledReport, Report
from tocsin.service.work.queue import enqueue

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be recalled: a part, of the reports of these days (both included)."""

    part: Part
    first_day: dt.date
    last_day: dt.date
    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """nights: keys of those that were looked through. reports: keys of reports with rows of the
    part, and how many. lost: of what nobody can be told, in order of days."""

    nights: tuple[int, ...]
    reports: Mapping[int, int]
    lost: tuple[Lost, ...]


def look_for(wanted: Wanted, now: dt.datetime) -> Seen:
    """Look through all nights taken of these days, whatever revision. Writes nothing of ours.

    A run of an unfinished day was given to nobody.
    """
    home = installation.home()
    store = lake_store(home, installation.configuration())
    found: dict[int, int] = {}
    lost = []
    nights = _nights(wanted)
    for night in nights:
        units = published_units(Package(home.root, night.day, night.revision), store)
        try:
            lists = contained(units, [wanted.part], samples=0)[wanted.part].lists
        except RunError:
            lost.append(night)
            continue
        if not lists and not _is_kept(night):
            lost.append(night)
        found |= dict(_reports(night, lists))
    days = (wanted.first_day, wanted.last_day)
    none = without_night(days, {each.day for each in nights}, now)
    numbers = tuple(each.pk for each in nights)
    return Seen(numbers, found, tuple(sorted([*lost_nights(lost, wanted.part), *none])))


def _nights(wanted: Wanted) -> list[Night]:
    rows = Night.objects.filter(day__gte=wanted.first_day, day__lte=wanted.last_day)
    return list(rows.filter(partial=False))


def _is_kept(night: Night) -> bool:
    """Whether its rows are still there, if it had any."""
    home = installation.home()
    store = lake_store(home, installation.configuration())
    package = Package(home.root, night.day, night.revision)
    return not night.reports.exists() or any(True for _ in published_units(package, store))


def _reports(night: Night, lists: Mapping[tuple[Unit, int], int]) -> Iterator[tuple[int, int]]:
    if not lists:
        return
    rows = Report.objects.filter(night=night).values_list("report_type", "delayed", "list", "pk")
    for name, delayed, a_list, key in rows.iterator():
        count = lists.get((Unit(name, delayed), a_list), 0)
        if count:
            yield key, count


@transaction.atomic
def recall(
    wanted: Wanted, seen: Seen, actor: Actor, now: dt.datetime, *, judgement: str = ""
) -> Recall:
    """Write a recall down, and ask for its corrections. The same recall again is the first one.

    TransientError if a night of these days was taken since they were looked through.
    """
    made, new = Recall.objects.get_or_create(
        kind=wanted.part.kind.value,
        name=wanted.part.name,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        defaults={
            "reason": wanted.reason,
            "made_by": actor.name,
            "made_at": now,
            "judgement": judgement,
            "nights": list(seen.nights),
        },
    )
    if not new:
        return made
    if {each.pk for each in _nights(wanted)} - set(seen.nights):
        raise TransientError(
            "a night of these days was taken meanwhile, and may have been sent",
            where=str(made),
            todo="call the same recall again",
        )
    RecalledReport.objects.bulk_create(
        (
            RecalledReport(recall=made, report_id=key, rows=rows)
            for key, rows in seen.reports.items()
        ),
        batch_size=_AT_ONCE,
    )
    enqueue(CORRECT, str(made.pk), {"recall": made.pk}, now, now + GRACE)
    after = {
        "days": [wanted.first_day.isoformat(), wanted.last_day.isoformat()],
        "reports": len(seen.reports),
        "rows": sum(seen.reports.values()),
        "lost": [each.to_json() for each in seen.lost],
        "judgement": judgement,
    }
    subject = Subject("recall", str(made.pk), str(made))
    record(actor, "recall.made", subject, now, after=after, note=wanted.reason)
    return made
