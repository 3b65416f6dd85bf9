"""What is done for cases every day: count what they have hidden, and end those that are over."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from django.db.models import Q

from tocsin.engine.files import read_object
from tocsin.engine.nightly.package import Package, State, packages
from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import Case, CaseState
from tocsin.service.subscribers.snapshots.due import snapshot_is_due
from tocsin.service.work.worker import Payload, Work

COUNT = "count_suppressed"
DAILY_AT = dt.time(5, 0)
"""After the night, also after one that waited for its sources."""

LOOK_BACK = dt.timedelta(days=10)
"""Runs of so many days are looked at, so that one that came late, or was made anew, counts."""

LATEST_ROWS = dt.timedelta(days=14)
"""After that time no row of an earlier moment can come any more: windows are a week, and what is
late is refused after some days."""

UNCONFIRMED_FOR = dt.timedelta(days=30)

_ID = "case-"
_ACTOR = Actor.system("cases")

Counts = Mapping[str, Mapping[str, int]]
"""How often each suppression counted, by day (ISO) and its id."""


def counts_of_runs(root: Path, since: dt.date) -> dict[str, dict[str, int]]:
    """What the newest published run of each day from `since` on counted, by day and suppression."""
    newest: dict[dt.date, Package] = {}
    for package in packages(root):
        if package.day >= since and package.state() is State.PUBLISHED:
            newest[package.day] = package
    return {day.isoformat(): _counts(package) for day, package in newest.items()}


def _counts(package: Package) -> dict[str, int]:
    manifest = read_object(package.path / "manifest.json")
    units = cast("Mapping[str, Mapping[str, object]]", manifest.get("units", {}))
    counts = Counter[str]()
    for unit in units.values():
        counts.update(cast("Mapping[str, int]", unit.get("suppressed_by", {})))
    return dict(counts)


def look_after(payload: Payload, found: Counts, now: dt.datetime) -> None:  # noqa: ARG001
    """Write the counts down, and end what is over. Again does nothing."""
    _count(found)
    _end(now)


def _count(found: Counts) -> None:
    """Each day's count replaces the one before it: a run that is made anew counts once."""
    by_case: dict[int, dict[str, int]] = defaultdict(dict)
    for day, counts in found.items():
        for name, number in counts.items():
            if name.startswith(_ID) and name.removeprefix(_ID).isdecimal():
                by_case[int(name.removeprefix(_ID))][day] = number
    counted = Q(pk__in=list(by_case)) | Q(suppressed__gt=0)
    for case in Case.objects.select_for_update().filter(counted).order_by("pk"):
        sightings = {day: n for day, n in case.sightings.items() if day not in found}
        sightings |= by_case.get(case.pk, {})
        if sightings != case.sightings:
            case.sightings = sightings
            case.suppressed = sum(sightings.values())
            case.save(update_fields=["sightings", "suppressed"])


def _end(now: dt.datetime) -> None:
    over = Case.objects.filter(state=CaseState.IN_FORCE, moment__lte=now - LATEST_ROWS)
    silent = Case.objects.filter(state=CaseState.UNCONFIRMED, made_at__lte=now - UNCONFIRMED_FOR)
    for cases, why in ((over, "Its time is over."), (silent, "It was never confirmed.")):
        for case in cases.select_for_update().order_by("pk"):
            before = case.state
            case.state = CaseState.ENDED
            case.decision = case.decision or why
            case.round += 1
            case.save(update_fields=["state", "decision", "round"])
            record(
                _ACTOR,
                "case.ended",
                Subject("case", str(case.pk), str(case)),
                now,
                organisation=case.organisation_id,
                before={"state": before},
                after={"state": case.state},
                note=why,
            )
            snapshot_is_due(now)


def _read(payload: Payload) -> Counts:
    since = dt.date.fromisoformat(str(payload["day"])) - LOOK_BACK
    return counts_of_runs(installation.home().root, since)


COUNTING = Work(_read, look_after)
