"""Taking a finished night: its manifest becomes reports, each of which waits for its end.

The engine knows nothing of the service; the service looks for runs that are published. A run is
taken once, in one transaction, so that either all of its reports are there or none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from tocsin.engine.files import read_object, sha256_of
from tocsin.engine.home import Home
from tocsin.engine.nightly.package import Package, State, packages
from tocsin.engine.nightly.snapshot import read_snapshot
from tocsin.engine.nightly.subscribers import ReportList
from tocsin.engine.reports import FinishedReport, reports_of
from tocsin.model.errors import TransientError
from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.delivery.checking import CHECK
from tocsin.service.delivery.models import Night, NightList, NightState, Report
from tocsin.service.delivery.network_words import network_words
from tocsin.service.work.queue import enqueue
from tocsin.service.work.worker import Payload, Work

TAKE = "take_night"

RECENT = dt.timedelta(days=4)
"""How far back a night is looked for that nobody has taken: older ones are history."""

_BATCH = 500
_ACTOR = Actor.system("delivery")


@dataclass(frozen=True, slots=True)
class Finished:
    """What a published run says: its reports, and with which networks their lists were made."""

    package: Package
    manifest: str
    partial: bool
    reports: list[FinishedReport]
    lists: list[ReportList]


def notice_nights(now: dt.datetime) -> None:
    """Ask for each published run that was not taken yet to be taken; again does nothing."""
    taken = set(Night.objects.values_list("day", "revision"))
    for package in packages(installation.home().root):
        recent = package.day >= (now - RECENT).date()
        if recent and (package.day, package.revision) not in taken and _is_published(package):
            payload = {"day": package.day.isoformat(), "revision": package.revision}
            enqueue(TAKE, package.name, payload, now)


def _is_published(package: Package) -> bool:
    return package.state() is State.PUBLISHED


def read_finished(home: Home, day: dt.date, revision: int) -> Finished:
    """Read what a published run says; TransientError if it is not published (any more)."""
    package = Package(home.root, day, revision)
    if not _is_published(package):
        raise TransientError(
            "the run is not published", where=str(package.path), todo="nothing: looked at again"
        )
    path = package.path / "manifest.json"
    reports = reports_of(package)
    wanted = {each.slice.list for each in reports}
    snapshot = read_snapshot(package.path / "snapshot.json", None)
    return Finished(
        package=package,
        manifest=sha256_of(path),
        partial=bool(read_object(path).get("partial")),
        reports=reports,
        lists=[each for number, each in snapshot.lists.items() if number in wanted],
    )


def _read(payload: Payload) -> Finished:
    day = dt.date.fromisoformat(payload["day"])
    return read_finished(installation.home(), day, payload["revision"])


@transaction.atomic
def take(finished: Finished, now: dt.datetime) -> Night:
    """Write a night down. One that is there already is given back as it is.

    Of a day that was taken before, a new revision is mailed to lists that got nothing of it (see
    `revisions`); an unfinished day is not.
    """
    day = finished.package.day
    taken = Night.objects.filter(day=day, partial=False).exclude(state=NightState.LATER).exists()
    later = finished.partial or taken
    night, new = _night(finished, NightState.LATER if later else NightState.TAKEN, now)
    if not new:
        return night
    reports = (_report(night, each) for each in finished.reports)
    Report.objects.bulk_create(reports, batch_size=_BATCH)
    NightList.objects.bulk_create(_lists(night, finished.lists), batch_size=_BATCH)
    enqueue(CHECK, str(night), {"night": night.pk}, now)
    figures = {"reports": len(finished.reports), "lists": len(finished.lists), "first": not later}
    record(_ACTOR, "night.taken", Subject("night", str(night.pk), str(night)), now, after=figures)
    return night


def _night(finished: Finished, state: NightState, now: dt.datetime) -> tuple[Night, bool]:
    """The night, and whether it is new; TransientError if its day is taken at this moment."""
    day, revision = finished.package.day, finished.package.revision
    try:
        return Night.objects.get_or_create(
            day=day,
            revision=revision,
            defaults={
                "state": state,
                "partial": finished.partial,
                "manifest": finished.manifest,
                "taken_at": now,
            },
        )
    except IntegrityError as error:
        raise TransientError(
            "another revision of the day is taken at this moment",
            where=f"{day} r{revision}",
            todo="nothing: looked at again",
        ) from error


def _report(night: Night, each: FinishedReport) -> Report:
    return Report(
        night=night,
        day=night.day,
        list=each.slice.list,
        report_type=each.report_type,
        delayed=each.delayed,
        file=each.file,
        rows=each.slice.rows,
        bytes=each.slice.length,
        sha256=each.slice.sha256,
        pack=str(each.pack.relative_to(each.package.path)),
        offset=each.slice.offset,
    )


def _lists(night: Night, lists: Iterable[ReportList]) -> Iterator[NightList]:
    for each in lists:
        yield NightList(
            night=night,
            list=each.id,
            organisation=each.organisation,
            networks=network_words(each.networks),
        )


def _write_down(_: Payload, finished: Finished, now: dt.datetime) -> None:
    take(finished, now)


TAKING = Work(_read, _write_down)
