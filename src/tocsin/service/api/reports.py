"""The methods about reports: which there are, of which types, how many rows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tocsin.catalogue.publishing import described_types
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.service import installation
from tocsin.service.api.answers import Answer
from tocsin.service.api.arguments import Asked
from tocsin.service.api.caller import Caller
from tocsin.service.api.checking import count_call_of
from tocsin.service.api.dates import Span
from tocsin.service.api.errors import asked_rightly, wrong
from tocsin.service.api.query.having import having_rows
from tocsin.service.api.visible import Listed, listed_of, visible
from tocsin.service.delivery.content import Gone, content_of, share_of
from tocsin.service.delivery.links import ids_for
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.shown import made_for
from tocsin.service.delivery.standing import NOTHING, Share, Standing, night_lists, standings

MOST = 10_000
"""How many things an answer holds at most, whatever is asked for."""

_USUAL = 1_000
_MOST_CUT = 200
"""Of how many reports rows are counted one by one, since some rows are the list's no more."""


def subscribed(caller: Caller, asked: Asked) -> Answer:  # noqa: ARG001 - methods have one form
    """The names of the lists that the key reads."""
    return sorted(str(each) for each in caller.lists.values())


def types(caller: Caller, asked: Asked) -> Answer:
    """All types, or with `date` those of these days' reports. `detail`: with title and page."""
    known = home_catalogue(installation.home()).report_types
    span = asked.span("date")
    if span is None:
        names = sorted(described_types(home_catalogue(installation.home())))
    else:
        rows = made_for(visible(caller.networks, span), caller.key.organisation)
        names = sorted(rows.order_by().values_list("report_type", flat=True).distinct())
    if not asked.flag("detail"):
        return names
    return [
        {
            "type": name,
            "description": known[name].title if name in known else name,
            "url": described_at(name),
        }
        for name in names
    ]


def listed(caller: Caller, asked: Asked) -> Answer:
    """The reports of these lists, days and types, newest day first, each with its link's id.

    `query`: only those with rows that it is about, in the words of `reports/query`.
    """
    query, most = asked.object("query"), asked.number("limit", _USUAL, MOST)
    lists = caller.chosen(asked.texts("reports"))
    found = listed_of(
        [each for each in lists if each in caller.networks],
        asked.span("date"),
        wanted_types(asked),
        caller.holder.name,
        MOST if query else most,
    )
    if query:
        # Unlike a list of reports this is a search.
        count_call_of(caller.key, caller.now)
        with asked_rightly():
            found = having_rows(found, lists, query, caller.now)[:most]
    then = night_lists(found)
    standing = standings(then, caller.lists.values(), caller.now, caller.networks)
    shares = [(each, _share(each, standing)) for each in found]
    shown = [(each, share) for each, share in shares if share is not Share.NOTHING]
    ids = ids_for([each for each, _ in shown], caller.holder, caller.now)
    days = {each.night_id: each.night.day.isoformat() for each in then}
    names = {number: str(each) for number, each in lists.items()}
    # The settings are gone through once a type, not once a report.
    urls = {kind: described_at(kind) for kind in {each.report_type for each, _ in shown}}
    return [
        {
            "id": ids[each.pk],
            "type": each.report_type,
            "file": each.file,
            "report": names[each.list],
            "timestamp": days[each.night_id],
            "url": urls[each.report_type],
            # Of a report that is cut to what is the list's now, nobody has counted the rows yet.
            **({"rows": each.rows} if share is Share.WHOLE else {}),
        }
        for each, share in shown
    ]


def stats(caller: Caller, asked: Asked) -> Answer:
    """How many rows there are by day and type: a header, then lines. Yesterday, unless said."""
    span = asked.span("date") or Span(*[asked.today - dt.timedelta(days=1)] * 2)
    lists = caller.chosen(asked.texts("report") or asked.texts("reports"))
    rows = visible([each for each in lists if each in caller.networks], span)
    wanted = wanted_types(asked)
    if wanted:
        rows = rows.filter(report_type__in=wanted)
    reports = list(rows)
    return [["date", "type", "events"], *_counted(reports, standing_of(reports, caller))]


def standing_of(reports: Sequence[Report], caller: Caller) -> Mapping[tuple[int, int], Standing]:
    """How the lists of these reports stand now to what their nights made.

    The reports are given their nights: a night is loaded once, not for each of its reports.
    """
    then = night_lists(reports)
    nights = {each.night_id: each.night for each in then}
    for each in reports:
        if each.night_id in nights:
            each.night = nights[each.night_id]
    return standings(then, caller.lists.values(), caller.now, caller.networks)


def wanted_types(asked: Asked) -> frozenset[str]:
    """The types that are asked for, by their names of today; none for all.

    A name that nobody knows stays, and no report is of it: clients ask for types of elsewhere.
    """
    names = (*asked.texts("type"), *asked.texts("types"))
    if not names:
        return frozenset()
    catalogue = home_catalogue(installation.home())
    known = ((name, catalogue.report_type(name)) for name in names)
    return frozenset(entry.id if entry is not None else name for name, entry in known)


def described_at(report_type: str) -> str:
    """The page that describes a type."""
    return f"{installation.configuration().service.address}/types/{report_type}"


def _share(report: Listed | Report, standing: Mapping[tuple[int, int], Standing]) -> Share:
    return share_of(report, standing.get((report.night_id, report.list), NOTHING))


def _counted(
    reports: Sequence[Report], standing: Mapping[tuple[int, int], Standing]
) -> list[list[object]]:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    cut = 0
    for each in reports:
        share = _share(each, standing)
        if share is Share.NOTHING:
            continue
        cut += share is Share.CUT
        if cut > _MOST_CUT:
            raise wrong("too much of these days has to be counted anew: ask for fewer days")
        rows = each.rows if share is Share.WHOLE else _rows_left(each, standing)
        sums[each.day.isoformat(), each.report_type] += rows
    return [[day, kind, rows] for (day, kind), rows in sorted(sums.items()) if rows]


def _rows_left(report: Report, standing: Mapping[tuple[int, int], Standing]) -> int:
    try:
        content = content_of(report, standing[report.night_id, report.list])
    except Gone:
        return 0
    return content.rows if content is not None else 0
