"""How many events lists had of their types on the last days, for many reports at once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from tocsin.service.delivery.brake.withheld import Cuts, cuts_of, is_anything_cut
from tocsin.service.delivery.compose.trend import DAYS, Trend
from tocsin.service.delivery.models import NightList, Outcome, Report
from tocsin.service.delivery.shown import shown_nights

Key = tuple[int, str]
"""A list and a type."""

_UNSURE = (Outcome.HELD, Outcome.DROPPED)
"""Of these nobody was told how many there were, nor of those that rows were cut from."""


def trends_of(
    reports: Sequence[Report], owners: Mapping[int, str], since: Mapping[int, dt.date]
) -> dict[int, Trend]:
    """By key of the report. Of each day its newest revision counts, without delayed rows.

    owners: by list, the organisation (its id in the snapshot) whose reports count; a number may
    have been another's in a file of the operator's. since: lists that are not older than this.
    """
    wanted = [each for each in reports if not each.delayed and each.list in owners]
    if not wanted:
        return {}
    nights = _newest({each.day for each in wanted})
    counts = _counts(wanted, nights)
    others = _others(nights, owners)
    found = {}
    for each in wanted:
        of_days = counts[each.list, each.report_type]
        known = {
            day: of_days.get(day, 0)
            for night, day in nights.items()
            if (night, each.list) not in others and day >= since.get(each.list, dt.date.min)
        }
        found[each.pk] = Trend.of(each.day, known)
    return found


def _newest(days: Collection[dt.date]) -> dict[int, dt.date]:
    """Of each day from DAYS before the first on, its newest night."""
    first = min(days) - dt.timedelta(days=DAYS)
    rows = shown_nights().filter(day__gte=first, day__lte=max(days)).order_by("day", "revision")
    newest = {day: night for night, day in rows.values_list("pk", "day")}
    return {night: day for day, night in newest.items()}


def _counts(
    reports: Sequence[Report], nights: Mapping[int, dt.date]
) -> Mapping[Key, Mapping[dt.date, int | None]]:
    found: dict[Key, dict[dt.date, int | None]] = defaultdict(dict)
    rows = Report.objects.filter(
        night__in=list(nights),
        list__in={each.list for each in reports},
        report_type__in={each.report_type for each in reports},
        delayed=False,
    ).order_by()
    cut = _cut(nights, {each.list for each in reports}) if nights else {}
    told = rows.values_list("pk", "night_id", "list", "report_type", "rows", "outcome")
    for key, night, number, report_type, count, outcome in told.iterator(chunk_size=2000):
        cuts = cut.get((night, number), ())
        one = Report(pk=key, list=number, report_type=report_type) if cuts else None
        unsure = outcome in _UNSURE or any(one and each.is_in(one) for each in cuts)
        found[number, report_type][nights[night]] = None if unsure else count
    return found


def _cut(nights: Mapping[int, dt.date], lists: Collection[int]) -> Mapping[tuple[int, int], Cuts]:
    """What is held, dropped or recalled of these lists in these nights, and may be in reports."""
    if not is_anything_cut(min(nights.values()), max(nights.values())):
        return {}
    rows = NightList.objects.filter(night__in=list(nights), list__in=list(lists))
    return cuts_of(rows.select_related("night"))


def _others(nights: Mapping[int, dt.date], owners: Mapping[int, str]) -> set[tuple[int, int]]:
    """Nights in which a list of that number was somebody else's."""
    rows = NightList.objects.filter(night__in=list(nights), list__in=list(owners))
    told = rows.values_list("night_id", "list", "organisation")
    return {(night, number) for night, number, owner in told if owner != owners[number]}
