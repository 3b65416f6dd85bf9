"""What of the reports of a day goes to nobody now: held, dropped, in shadow, or recalled.

Whoever gives anything of a night out asks here: mail, links and API by way of `standings`, what
reads published rows itself by `parts_withheld`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects

from tocsin.model.address import Flags
from tocsin.service.delivery.brake.part import Part, PartKind
from tocsin.service.delivery.models import (
    Hold,
    HoldState,
    Night,
    NightList,
    Outcome,
    Recall,
    RecalledReport,
)
from tocsin.service.delivery.shown import shown_nights
from tocsin.service.statements import answer_of


class Reported(Protocol):
    """What tells what is cut of a report: a row of the database, or what was read of one."""

    @property
    def pk(self) -> int:
        """Its key."""

    @property
    def list(self) -> int:
        """The number of its list."""

    @property
    def report_type(self) -> str:
        """The id of its type."""

    @property
    def outcome(self) -> str:
        """What became of it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A part that is cut. reports: in which reports it is, by key; None: it may be in any.

    recall: the number of the recall that cuts it, if it is one.
    """

    part: Part
    reports: frozenset[int] | None = None
    recall: int | None = None

    def is_in(self, report: Reported) -> bool:
        """Whether the report may have rows of it."""
        if self.part.kind is PartKind.TYPE:
            return report.report_type == self.part.name
        if self.part.kind is PartKind.LIST:
            return str(report.list) == self.part.name
        return self.reports is None or report.pk in self.reports


Cuts = tuple[Cut, ...]


def is_held_whole(report: Reported, cuts: Cuts) -> bool:
    """Whether nothing of a report is given out."""
    if report.outcome in (Outcome.HELD, Outcome.DROPPED):
        return True
    return any(each.part.kind.is_of_reports and each.is_in(report) for each in cuts)


def parts_cut(report: Reported, cuts: Cuts) -> list[Part]:
    """The parts whose rows have to be cut out of a report."""
    return [each.part for each in cuts if not each.part.kind.is_of_reports and each.is_in(report)]


def rows_of(parts: Iterable[Part], rows: pa.Table) -> Flags:
    """Which published rows are of one of the parts, `(n,)`."""
    found = np.zeros(rows.num_rows, np.bool_)
    for each in parts:
        found |= each.mask(rows)
    return found


def parts_withheld(days: Iterable[dt.date]) -> dict[dt.date, list[Part]]:
    """All that is held, dropped, in shadow or recalled of days, for who reads published rows.

    Types and lists among them are withheld whole; `rows_of` finds the rows of the others.
    """
    found: dict[dt.date, set[Part]] = {day: set() for day in days}
    for hold in _holds(found):
        if not hold.night.partial:
            found[hold.night.day].add(_part(hold))
    for recall in _recalls(found):
        for day, parts in found.items():
            if recall.first_day <= day <= recall.last_day:
                parts.add(_part(recall))
    return {day: sorted(parts) for day, parts in found.items()}


def cuts_of(then: Iterable[NightList]) -> Mapping[tuple[int, int], Cuts]:
    """What is cut from lists of nights, by keys of night and list; nothing where it is missing.

    One query, if the lists come with their nights loaded and nothing of these days is cut.
    """
    made = list(then)
    # Nothing is asked for those that came with theirs.
    prefetch_related_objects(made, "night")
    nights = {each.night_id: each.night for each in made}
    days = {each.day for each in nights.values()}
    if not days or not is_anything_cut(min(days), max(days)):
        return {}
    holds, recalls = list(_holds(days)), list(_recalls(days))
    if not holds and not recalls:
        return {}
    held = _reports_of_holds(holds, made)
    recalled = _reports_of_recalls(recalls, made)
    return {
        (each.night_id, each.list): (
            *_of_holds(nights[each.night_id], holds, held),
            *_of_recalls(nights[each.night_id], recalls, recalled),
        )
        for each in made
    }


def is_anything_cut(first: dt.date, last: dt.date) -> bool:
    """Whether there may be a hold or a recall of these days; one query, which most times is all.

    As text, since it is asked at every download: to put it together took longer than to answer it.
    """
    return bool(answer_of(_ANYTHING, [first, last, HoldState.RELEASED.value, last, first]))


_ANYTHING = f"""
    SELECT 1 FROM {Hold._meta.db_table} hold JOIN {Night._meta.db_table} night
    ON night.id = hold.night_id WHERE night.day BETWEEN %s AND %s AND hold.state <> %s
    UNION ALL SELECT 1 FROM {Recall._meta.db_table} WHERE first_day <= %s AND last_day >= %s
    LIMIT 1
"""


def _holds(days: Iterable[dt.date]) -> QuerySet[Hold]:
    rows = Hold.objects.filter(night__day__in=days).exclude(state=HoldState.RELEASED)
    # A newer revision was looked over by itself: what is not decided of an older one is no part of
    # it. Reports that are held stay so.
    newer = shown_nights().filter(
        day=OuterRef("night__day"),
        revision__gt=OuterRef("night__revision"),
        looked_at__isnull=False,
    )
    rows = rows.exclude(Q(state=HoldState.HELD), Exists(newer))
    return rows.select_related("night").defer("samples")


def _recalls(days: Iterable[dt.date]) -> QuerySet[Recall]:
    found = sorted(days)
    if not found:
        return Recall.objects.none()
    return Recall.objects.filter(first_day__lte=found[-1], last_day__gte=found[0])


def _of_holds(
    night: Night, holds: Iterable[Hold], reports: Mapping[int, frozenset[int]]
) -> Iterable[Cut]:
    for each in holds:
        own = each.night_id == night.pk
        # What was held of an unfinished day tells nothing of the day.
        if own or (each.night.day == night.day and not each.night.partial):
            # Of a run made anew nobody has looked which reports have rows of it.
            known = reports.get(each.pk, frozenset()) if own else None
            yield Cut(_part(each), known)


def _of_recalls(
    night: Night, recalls: Iterable[Recall], reports: Mapping[int, frozenset[int]]
) -> Iterable[Cut]:
    for each in recalls:
        if each.first_day <= night.day <= each.last_day:
            known = reports.get(each.pk, frozenset()) if night.pk in each.nights else None
            yield Cut(_part(each), known, each.pk)


def _reports_of_holds(
    holds: Iterable[Hold], made: Iterable[NightList]
) -> dict[int, frozenset[int]]:
    rows = Hold.reports.through.objects.filter(
        hold__in=[each.pk for each in holds],
        report__night__in={each.night_id for each in made},
        report__list__in={each.list for each in made},
    )
    return _gathered(rows.values_list("hold_id", "report_id"))


def _reports_of_recalls(
    recalls: Iterable[Recall], made: Iterable[NightList]
) -> dict[int, frozenset[int]]:
    rows = RecalledReport.objects.filter(
        recall__in=[each.pk for each in recalls],
        report__night__in={each.night_id for each in made},
        report__list__in={each.list for each in made},
    )
    return _gathered(rows.values_list("recall_id", "report_id"))


def _gathered(pairs: Iterable[tuple[int, int]]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for number, report in pairs:
        found[number].add(report)
    return {number: frozenset(reports) for number, reports in found.items()}


def _part(each: Hold | Recall) -> Part:
    return Part(PartKind(each.kind), each.name)
