"""Which judgements a unit has to ask about its events at all; those without cost it nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.engine.judgements.values import Judgement, What

COLUMN_OF: Mapping[What, str] = {
    What.SENSOR: "_sensor",
    What.SOURCE: "_source",
    What.RULE: "_rule",
    What.FAMILY: "family",
    What.INFECTION: "infection",
    What.TAG: "tag",
}
"""Where the texts are that judgements look at; addresses and ids are numbers."""

_OF_FAMILIES = (What.FAMILY, What.INFECTION)


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


def by_all_names(judgements: Iterable[Judgement], catalogue: Catalogue) -> Iterator[Judgement]:
    """The judgements, and those on a family once more for each other name of it.

    Rules write its one name, but a source that tells its types itself writes what it likes.
    """
    for each in judgements:
        yield each
        family = catalogue.family(each.value) if each.what in _OF_FAMILIES else None
        names = {name.lower() for name in (family.name, *family.aliases)} if family else set()
        for name in sorted(names - {each.value}):
            yield replace(each, value=name)


def _has_what_it_looks_at(report_type: ReportType, what: What) -> bool:
    column = COLUMN_OF.get(what, "_id")
    return column.startswith("_") or column in report_type.column_names
