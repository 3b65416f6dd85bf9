"""Which judgements a unit has to ask about its events at all; those without cost it nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from tocsin.catalogue.entries import ReportType
from tocsin.engine.judgements.values import Judgement, What

COLUMN_OF: Mapping[What, str] = {
    What.SENSOR: "_sensor",
    What.RULE: "_rule",
    What.FAMILY: "family",
    What.INFECTION: "infection",
    What.TAG: "tag",
}
"""Where the texts are that judgements look at; addresses and ids are numbers."""


def asked(
    judgements: Iterable[Judgement],
    report_type: ReportType,
    days: Iterable[dt.date],
    planned_at: dt.datetime,
) -> tuple[Judgement, ...]:
    """The judgements in force that may mean events of that type and of these days."""
    moments = sorted(days)
    if not moments:
        return ()
    first = dt.datetime.combine(moments[0], dt.time(), dt.UTC)
    last = dt.datetime.combine(moments[-1], dt.time.max, dt.UTC)
    return tuple(
        each
        for each in judgements
        if each.in_force(planned_at)
        and each.may_mean(first, last)
        and _has_what_it_looks_at(report_type, each.what)
    )


def _has_what_it_looks_at(report_type: ReportType, what: What) -> bool:
    column = COLUMN_OF.get(what, "_id")
    return column.startswith("_") or column in report_type.column_names
