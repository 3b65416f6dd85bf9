"""Which of the reports of lists have rows that are asked for."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.lake.layout import Unit
from tocsin.engine.search.database import Budget
from tocsin.engine.search.fields import fields_of
from tocsin.engine.search.find import places_with_rows
from tocsin.engine.search.statements import Asked
from tocsin.service import installation
from tocsin.service.api.query.as_names import by_number
from tocsin.service.api.query.asking import read_question
from tocsin.service.api.query.places import Scope, places
from tocsin.service.api.query.searching import SECONDS, database
from tocsin.service.api.visible import Listed
from tocsin.service.subscribers.models import MailingList


def having_rows(
    reports: Sequence[Listed],
    lists: Mapping[int, MailingList],
    query: Mapping[str, object],
    now: dt.datetime,
) -> list[Listed]:
    """Those of the reports, in their order, in which a list sees rows that a query is about.

    Published rows are looked at: a report of which these are not kept any more is left out. Errors
    as of `query`.
    """
    kept = set(_having_rows(reports, lists, query, now))
    return [each for each in reports if each.pk in kept]


def _having_rows(
    reports: Sequence[Listed],
    lists: Mapping[int, MailingList],
    query: Mapping[str, object],
    now: dt.datetime,
) -> Iterator[int]:
    catalogue = home_catalogue(installation.home())
    conditions = by_number(read_question({"query": query}, catalogue).conditions, now)
    asked = Asked(conditions, fields_of(catalogue), catalogue.column_aliases)
    by_list: dict[int, list[Listed]] = defaultdict(list)
    for report in reports:
        by_list[report.list].append(report)
    budget = Budget(SECONDS)
    # List by list: rows of a unit that one list sees another one may not.
    for number, theirs in by_list.items():
        wanted = {(each.day, Unit(each.report_type, each.delayed)): each.pk for each in theirs}
        days = min(each.day for each in theirs), max(each.day for each in theirs)
        some = places(Scope([lists[number]]), days, conditions, catalogue, now)
        looked_at = [each for each in some if (each.day, each.unit) in wanted]
        for place in places_with_rows(database(), looked_at, asked, budget):
            yield wanted[place.day, place.unit]
