"""Which reports a key is shown: decided ones, of the newest revision of each day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet

from tocsin.service.delivery.models import Night, NightList, Outcome, Report
from tocsin.service.delivery.standing import NOTHING, Share, Standing, standings
from tocsin.service.subscribers.models import MailingList

UNDECIDED = (Outcome.WAITING, Outcome.HELD, Outcome.DROPPED)
"""What the night brake has not let go, or never will."""


def shown(lists: Iterable[int]) -> QuerySet[Report]:
    """The reports of these lists with their nights, newest day first.

    A run of an unfinished day is no report. What was held or dropped when its day was mailed stays
    so in each later revision of that day.
    """
    rows = Report.objects.filter(list__in=list(lists), night__partial=False)
    newer = Night.objects.filter(
        day=OuterRef("day"), revision__gt=OuterRef("night__revision"), partial=False
    )
    first = Report.objects.filter(
        list=OuterRef("list"),
        day=OuterRef("day"),
        report_type=OuterRef("report_type"),
        delayed=OuterRef("delayed"),
        outcome__in=UNDECIDED,
    )
    decided = rows.exclude(outcome__in=UNDECIDED).exclude(Exists(newer))
    open_ones = decided.exclude(Q(Q(outcome=Outcome.LATER), Exists(first)))
    return open_ones.select_related("night").order_by("-day", "-pk")


def standing_of(
    reports: Iterable[Report], lists: Mapping[int, MailingList], now: dt.datetime
) -> dict[int, Standing]:
    """By key of the report, how much of each is still its list's; without those that are not."""
    found = list(reports)
    nights = {each.night_id for each in found}
    then = NightList.objects.filter(night__in=nights, list__in=list(lists))
    stand = standings(then, lists.values(), now)
    told = {each.pk: stand.get((each.night_id, each.list), NOTHING) for each in found}
    return {key: each for key, each in told.items() if each.share is not Share.NOTHING}
