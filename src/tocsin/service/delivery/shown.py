"""Which reports people and clients may see and fetch at all; whose they are is asked elsewhere."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from tocsin.service.delivery.models import Night, NightList, NightState, Outcome, Report
from tocsin.service.subscribers.models import Organisation

KEPT_BACK = (Outcome.WAITING, Outcome.HELD, Outcome.DROPPED)
"""Not looked over yet, held by the night brake, or dropped by staff: nobody is shown these."""


def shown_reports(organisation: Organisation, lists: Collection[int]) -> QuerySet[Report]:
    """The reports of lists of an organisation, of the newest revision of each day.

    A number may mean another list in a file of the operator's, so the night has to name the
    organisation. Made anew, a report that was kept back stays so.
    """
    theirs = NightList.objects.filter(
        night=OuterRef("night"), list=OuterRef("list"), organisation=organisation.slug
    )
    newer = Night.objects.filter(
        day=OuterRef("day"), revision__gt=OuterRef("night__revision"), partial=False
    )
    kept_back = Report.objects.filter(
        day=OuterRef("day"), file=OuterRef("file"), list=OuterRef("list"), outcome__in=KEPT_BACK
    )
    found = Report.objects.filter(list__in=lists, night__partial=False)
    return found.filter(Exists(theirs), ~Exists(newer), ~Exists(kept_back))


def is_shown(report: Report) -> bool:
    """Whether a report may be given out that somebody was given a link to; one query at most."""
    if report.outcome in KEPT_BACK:
        return False
    if report.night.state != NightState.LATER:
        return True
    same = Q(day=report.day, file=report.file, list=report.list)
    return not Report.objects.filter(same, outcome__in=KEPT_BACK).exists()
