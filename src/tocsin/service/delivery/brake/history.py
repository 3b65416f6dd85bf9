"""What nights before have given out, as the brake compares it: figures of the database."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import QuerySet

from tocsin.service.delivery.brake.figures import Count, Figures
from tocsin.service.delivery.brake.judge import DAYS, History
from tocsin.service.delivery.brake.part import Part, PartKind
from tocsin.service.delivery.models import (
    Hold,
    HoldState,
    Night,
    NightFigure,
    NightState,
)

_KEPT = dt.timedelta(days=60)
"""How long figures of lists and addresses are kept; those of the few other parts for good."""

SEEN = "seen"
"""Of figures that count all published rows of a type, whether they are for anybody or not."""

_COMPARED = (PartKind.TYPE, PartKind.LIST, PartKind.RULE, PartKind.SOURCE)


def history_before(day: dt.date, parts: Iterable[Part]) -> History:
    """What nights that were looked over, before that day, have given out of these parts."""
    wanted = {each for each in parts if each.kind in _COMPARED}
    before = Night.objects.filter(day__lt=day, state=NightState.CHECKED)
    recent = before.filter(day__gte=day - dt.timedelta(days=DAYS), figures__isnull=False)
    days = dict(recent.distinct().values_list("pk", "day"))
    counts: dict[Part, dict[dt.date, Count]] = defaultdict(dict)
    rows = NightFigure.objects.filter(night__in=list(days), kind__in=_COMPARED)
    told = rows.values_list("night_id", "kind", "name", "rows", "reports")
    for night, kind, name, of_rows, reports in told.iterator():
        part = Part(PartKind(kind), name)
        if part in wanted:
            counts[part][days[night]] = Count(of_rows, reports)
    return History(
        days=tuple(sorted(set(days.values()))),
        counts=counts,
        left_out=_left_out(before),
        rules=_rules(before, [each.name for each in wanted if each.kind is PartKind.RULE]),
    )


def standing_shadows() -> frozenset[Part]:
    """Parts that staff have put in shadow for good."""
    rows = Hold.objects.filter(state=HoldState.SHADOW, over_at=None)
    return frozenset(Part(PartKind(kind), name) for kind, name in rows.values_list("kind", "name"))


def decided_parts(night: Night) -> frozenset[Part]:
    """Parts of other revisions of its day that staff have decided: what goes for these goes for one
    made later. An unfinished day decides nothing."""
    if night.state != NightState.LATER:
        return frozenset()
    rows = Hold.objects.filter(night__day=night.day, night__partial=False).exclude(night=night)
    # What nobody has decided is judged by what is in this one.
    rows = rows.exclude(state=HoldState.HELD)
    return frozenset(Part(PartKind(kind), name) for kind, name in rows.values_list("kind", "name"))


def keep_figures(night: Night, figures: Figures) -> None:
    """Write the figures of a night down, and remove old ones. In the caller's transaction."""
    NightFigure.objects.bulk_create(
        (
            NightFigure(
                night=night,
                kind=part.kind.value,
                name=part.name,
                rows=count.rows,
                reports=count.reports,
            )
            for part, count in figures.counts.items()
        ),
        batch_size=500,
    )
    NightFigure.objects.bulk_create(
        NightFigure(night=night, kind=SEEN, name=name, rows=rows, reports=0)
        for name, rows in figures.seen.items()
    )
    old = NightFigure.objects.filter(kind__in=[PartKind.LIST, PartKind.ADDRESS])
    old.filter(night__day__lt=night.day - _KEPT).delete()


def _left_out(nights: QuerySet[Night]) -> dict[Part, frozenset[dt.date]]:
    """Days of parts that staff did not release."""
    rows = Hold.objects.filter(night__in=nights).exclude(state=HoldState.RELEASED)
    found: dict[Part, set[dt.date]] = defaultdict(set)
    for kind, name, day in rows.values_list("kind", "name", "night__day"):
        found[Part(PartKind(kind), name)].add(day)
    return {part: frozenset(days) for part, days in found.items()}


def _rules(nights: QuerySet[Night], names: list[str]) -> frozenset[str]:
    """Those of the rules that any night before has given out."""
    kind = PartKind.RULE.value
    given = NightFigure.objects.filter(night__in=nights, kind=kind, name__in=names)
    held = Hold.objects.filter(night__in=nights, kind=kind, name__in=names)
    held = held.exclude(state=HoldState.RELEASED)
    not_released = set(held.values_list("name", "night_id"))
    told = given.values_list("name", "night_id")
    return frozenset(name for name, night in told if (name, night) not in not_released)
