"""What of a run its lists were given: what is held of it is in nobody's view, a recall is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tocsin.engine.files import read_object
from tocsin.engine.lake.layout import Unit
from tocsin.engine.nightly.package import Package
from tocsin.service.delivery.brake.part import Part, PartKind
from tocsin.service.delivery.brake.withheld import Cuts, cuts_of
from tocsin.service.delivery.models import Night, NightList, Recall, Report
from tocsin.service.delivery.shown import KEPT_BACK, kept_back_of
from tocsin.service.subscribers.cases.reported_rows import InView, all_in_view

_Key = tuple[str, bool, int]
"""Report type, whether delayed, and list."""


@dataclass(frozen=True, slots=True)
class RunInView:
    """Of one night: its reports, those that are kept back, and what is cut, by list."""

    reports: Mapping[_Key, Report]
    kept_back: frozenset[_Key]
    cuts: Mapping[int, Cuts]

    def of(self, unit: Unit, number: int, rows: pa.Table) -> InView:
        """Which of a unit's published rows the list was given, and what was recalled of them."""
        key = (unit.report_type, unit.delayed, number)
        found = all_in_view(rows)
        report = self.reports.get(key)
        if key in self.kept_back:
            found.shown[:] = False
        elif report is not None:
            for cut in self.cuts.get(number, ()):
                if not cut.is_in(report):
                    continue
                if cut.part.kind.is_of_reports:
                    found.shown[:] = False
                elif cut.recall is not None:
                    found.recalled[cut.part.mask(rows)] = cut.recall
                else:
                    found.shown[cut.part.mask(rows)] = False
        return found


class _Everything:
    """Of a run that this service has nothing to do with."""

    def of(self, unit: Unit, number: int, rows: pa.Table) -> InView:  # noqa: ARG002 - a protocol
        return all_in_view(rows)


def in_view(package: Package, lists: Collection[int]) -> RunInView | _Everything | None:
    """What of a published run these lists were given; None if nobody was given anything of it.

    That is a run of an unfinished day, and one that the brake has not looked over yet.
    """
    night = Night.objects.filter(day=package.day, revision=package.revision).first()
    if night is None:
        partial = bool(read_object(package.path / "manifest.json").get("partial"))
        return None if partial else _Everything()
    if night.partial or night.looked_at is None:
        return None
    reports = Report.objects.filter(night=night, list__in=lists)
    back = kept_back_of(Report.objects.filter(day=night.day, list__in=lists))
    kept_back = {*back.values_list("report_type", "delayed", "list")}
    kept_back |= {_key(each) for each in reports if each.outcome in KEPT_BACK}
    cuts = cuts_of(NightList.objects.filter(night=night, list__in=lists))
    return RunInView(
        {_key(each): each for each in reports},
        frozenset(kept_back),
        {number: each for (_, number), each in cuts.items()},
    )


def with_recalls(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows as a case keeps them; `recalled`: the recall that has taken one back by now, or 0."""
    days = sorted({str(each["day"]) for each in rows})
    if not days:
        return []
    found = Recall.objects.filter(first_day__lte=days[-1], last_day__gte=days[0])
    recalls = list(found.order_by("pk"))
    return [{**each, "recalled": each.get("recalled") or _recalled(each, recalls)} for each in rows]


def _recalled(row: Mapping[str, Any], recalls: Sequence[Recall]) -> int:
    for each in recalls:
        covers = each.first_day.isoformat() <= str(row["day"]) <= each.last_day.isoformat()
        if covers and _is_of(row, Part(PartKind(each.kind), each.name)):
            return each.pk
    return 0


def _is_of(row: Mapping[str, Any], part: Part) -> bool:
    said = str(row.get(part.kind.value) or "")
    return (said.partition("@")[0] if part.kind is PartKind.RULE else said) == part.name


def _key(report: Report) -> _Key:
    return report.report_type, report.delayed, report.list
