"""`reports/stats`: how many events each list was told of, by day and report type."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection

from tocsin.service.api.query.places import Days, Scope, newest_nights, shown_reports
from tocsin.service.delivery.models import NightList
from tocsin.service.delivery.standing import NOTHING, Share, standings

HEADER = ("date", "type", "events")

Figure = tuple[dt.date, str, str, int]
"""Day, report type, name of the list, rows."""


def figures(
    scope: Scope, days: Days, now: dt.datetime, types: Collection[str] = ()
) -> list[Figure]:
    """The rows of each report that the lists may see now, by day, type and list.

    Counts are those of the night: of a list that has lost a network since, they tell of it too.
    """
    nights = newest_nights(days)
    lists = {each.pk: each for each in scope.lists}
    then = NightList.objects.filter(night__in=list(nights), list__in=list(lists))
    standing = standings(then, lists.values(), now)
    counts: Counter[tuple[dt.date, str, str]] = Counter()
    for each in shown_reports(nights, lists):
        stands = standing.get((each.night, each.list), NOTHING)
        if stands.share is not Share.NOTHING and (not types or each.report_type in types):
            key = nights[each.night].day, each.report_type, lists[each.list].name
            counts[key] += each.rows
    return sorted((*key, count) for key, count in counts.items())


def stats_json(found: Collection[Figure]) -> list[list[str | int]]:
    """As `reports/stats` answers: a header, then a row for each day and type.

    A row that two lists got counts for both, as the reports have it.
    """
    counts: Counter[tuple[dt.date, str]] = Counter()
    for day, report_type, _, events in found:
        counts[day, report_type] += events
    rows: list[list[str | int]] = [
        [day.isoformat(), kind, count] for (day, kind), count in sorted(counts.items())
    ]
    return [list(HEADER), *rows]
