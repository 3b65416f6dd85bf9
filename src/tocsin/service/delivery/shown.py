"""Which reports people and clients may see and fetch at all; whose they are is asked elsewhere."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from tocsin.service.delivery.models import Night, NightList, NightState, Outcome, Report
from tocsin.service.subscribers.models import Organisation

KEPT_BACK = (Outcome.WAITING, Outcome.HELD, Outcome.DROPPED)
"""Not looked over yet, held by the night brake, or dropped by staff: nobody is shown these."""


def shown_reports(organisation: Organisation, lists: Collection[int]) -> QuerySet[Report]:
    """What is shown of lists of an organisation.

    A number may mean another list in a file of the operator's, so the night has to name the
    organisation.
    """
    theirs = NightList.objects.filter(
        night=OuterRef("night"), list=OuterRef("list"), organisation=organisation.slug
    )
    return shown_of(lists).filter(Exists(theirs))


def shown_of(lists: Collection[int]) -> QuerySet[Report]:
    """The reports with these numbers of lists, of the newest revision of each day.

    A run of an unfinished day is no report, and what was kept back of it tells nothing. Made anew,
    a report that was kept back stays so, whatever its list is called by then.
    """
    newer = Night.objects.filter(
        day=OuterRef("day"), revision__gt=OuterRef("night__revision"), partial=False
    )
    kept_back = Report.objects.filter(
        list=OuterRef("list"),
        day=OuterRef("day"),
        report_type=OuterRef("report_type"),
        delayed=OuterRef("delayed"),
        night__partial=False,
        outcome__in=KEPT_BACK,
    )
    found = Report.objects.filter(list__in=lists, night__partial=False)
    # Asked of days made anew alone: it looks at all reports of that list and day, for each report.
    anew = Q(Q(night__state=NightState.LATER), Exists(kept_back))
    return found.filter(~Q(outcome__in=KEPT_BACK), ~Exists(newer), ~anew)


def is_shown(report: Report) -> bool:
    """Whether a report (with its night) may be given out that somebody was given a link to.

    A newer revision does not matter: what was given out stays. One query at most.
    """
    if report.outcome in KEPT_BACK:
        return False
    if report.night.state != NightState.LATER:
        return True
    same = Q(list=report.list, day=report.day, night__partial=False)
    same &= Q(report_type=report.report_type, delayed=report.delayed)
    return not Report.objects.filter(same, outcome__in=KEPT_BACK).exists()
