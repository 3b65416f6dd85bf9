"""Recall: rows that were given out are taken back, and those who have them are told.

A recall cuts its rows from whatever is given out from now on (see `withheld`). The corrections go
by the same road as reports: to exactly those addresses to which a message with such rows was sent.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from tocsin.configuration.lake_store import lake_store
from tocsin.engine.lake.layout import Unit
from tocsin.engine.nightly.package import Package
from tocsin.model.errors import RunError, TransientError
from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.delivery.brake.contained import contained
from tocsin.service.delivery.brake.figures import published_units
from tocsin.service.delivery.brake.part import Part
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Night,
    Recall,
    RecalledReport,
    Report,
)
from tocsin.service.letters.write import message_id_of
from tocsin.service.work.queue import enqueue
from tocsin.service.work.worker import Payload, inner_only

CORRECT = "plan_corrections"

_AT_ONCE = 500
_GIVEN = (DeliveryKind.REPORT, DeliveryKind.DIGEST)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be recalled: a part, of the reports of these days (both included)."""

    part: Part
    first_day: dt.date
    last_day: dt.date
    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """reports: keys of reports with rows of the part, and how many. missing: nights whose
    published rows are not kept any more. nights: keys of all that were looked through."""

    reports: Mapping[int, int]
    missing: tuple[str, ...]
    nights: tuple[int, ...]


def look_for(wanted: Wanted) -> Seen:
    """Look through all nights taken of these days, whatever revision. Writes nothing of ours."""
    home = installation.home()
    store = lake_store(home, installation.configuration())
    found: dict[int, int] = {}
    missing = []
    # Read once: one that is taken meanwhile was not looked through.
    nights = list(Night.objects.filter(day__gte=wanted.first_day, day__lte=wanted.last_day))
    for night in nights:
        units = published_units(Package(home.root, night.day, night.revision), store)
        try:
            lists = contained(units, [wanted.part], samples=0)[wanted.part].lists
        except RunError:
            missing.append(str(night))
            continue
        if not lists and not _is_kept(night):
            missing.append(str(night))
        found |= dict(_reports(night, lists))
    return Seen(found, tuple(missing), tuple(each.pk for each in nights))


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
    """Write a recall down, and ask for its corrections. The same recall again is the first one."""
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
            "looked_at": list(seen.nights),
        },
    )
    if not new:
        return made
    RecalledReport.objects.bulk_create(
        (
            RecalledReport(recall=made, report_id=key, rows=rows)
            for key, rows in seen.reports.items()
        ),
        batch_size=_AT_ONCE,
    )
    enqueue(CORRECT, str(made.pk), {"recall": made.pk}, now)
    after = {
        "days": [wanted.first_day.isoformat(), wanted.last_day.isoformat()],
        "reports": len(seen.reports),
        "rows": sum(seen.reports.values()),
        "missing": list(seen.missing),
        "judgement": judgement,
    }
    subject = Subject("recall", str(made.pk), str(made))
    record(actor, "recall.made", subject, now, after=after, note=wanted.reason)
    return made


def plan_corrections(payload: Payload, now: dt.datetime) -> None:
    """Make a correction for each address that was sent rows of a recall. In the transaction.

    TransientError while a message is under way that may have been composed before the recall.
    """
    found = Recall.objects.select_for_update().get(pk=payload["recall"])
    if found.planned_at is not None:
        return
    made = [_correction(found, given, reports, now) for given, reports in _given_out(found).items()]
    Delivery.objects.bulk_create(made, batch_size=_AT_ONCE, ignore_conflicts=True)
    found.planned_at = now
    found.save(update_fields=["planned_at"])
    record(
        Actor.system("recall"),
        "recall.planned",
        Subject("recall", str(found.pk), str(found)),
        now,
        after={"corrections": len(made)},
    )


@dataclass(frozen=True, slots=True)
class Given:
    """Who was sent rows: an address of a list; recipient: None for a tester."""

    list: int
    recipient: int | None
    address: str


def _given_out(found: Recall) -> dict[Given, list[int]]:
    """To whom messages with recalled reports were sent, and which of the reports."""
    reports = dict(
        RecalledReport.objects.filter(recall=found).values_list("report", "report__list")
    )
    given: dict[Given, set[int]] = defaultdict(set)
    for some in _batches(sorted(set(reports.values()))):
        rows = Delivery.objects.filter(
            list__in=some, kind__in=_GIVEN, day__gte=found.first_day, day__lte=found.last_day
        )
        rows = rows.filter(state__in=[DeliveryState.SENT, DeliveryState.SENDING])
        for each in rows.iterator():
            theirs = reports.keys() & set(each.reports)
            if theirs and each.state == DeliveryState.SENDING:
                raise TransientError(
                    "a message that may have these rows is under way",
                    where=str(found),
                    todo="nothing: looked at again",
                )
            if theirs and each.list_id is not None:
                given[Given(each.list_id, each.recipient_id, each.address)] |= theirs
    return {each: sorted(theirs) for each, theirs in given.items()}


def _correction(found: Recall, given: Given, reports: Sequence[int], now: dt.datetime) -> Delivery:
    who = f"r{given.recipient}" if given.recipient is not None else f"t{given.address}"
    key = f"recall {found.pk} list {given.list} {who}"
    return Delivery(
        key=key,
        kind=DeliveryKind.CORRECTION,
        day=found.last_day,
        list_id=given.list,
        recipient_id=given.recipient,
        recall=found,
        address=given.address,
        domain=given.address.rpartition("@")[2],
        reports=list(reports),
        message_id=message_id_of(f"delivery {key}"),
        due_at=now,
        made_at=now,
    )


def _batches(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    for begin in range(0, len(numbers), _AT_ONCE):
        yield numbers[begin : begin + _AT_ONCE]


CORRECTING = inner_only(plan_corrections)
