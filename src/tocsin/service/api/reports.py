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
from tocsin.service.api.dates import Span
from tocsin.service.api.errors import wrong
from tocsin.service.api.visible import visible, with_link_numbers
from tocsin.service.delivery.content import Gone, content_of, share_of
from tocsin.service.delivery.links import links_for
from tocsin.service.delivery.models import NightList, Report
from tocsin.service.delivery.shown import made_for
from tocsin.service.delivery.standing import NOTHING, Share, Standing, standings

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
    """The reports of these lists, days and types, newest day first, each with its link's id."""
    if asked.object("query"):
        raise wrong("'query' is nothing that reports are listed by: ask reports/query")
    lists = caller.chosen(asked.texts("reports"))
    rows = visible([each for each in lists if each in caller.networks], asked.span("date"))
    wanted = wanted_types(asked)
    if wanted:
        rows = rows.filter(report_type__in=wanted)
    holder = caller.holder
    found = with_link_numbers(rows[: asked.number("limit", _USUAL, MOST)], holder.name)
    standing = standing_of([each for each, _ in found], caller)
    shares = [(each, _share(each, standing)) for each, _ in found]
    shown = [(each, share) for each, share in shares if share is not Share.NOTHING]
    known = {(each.pk, holder.name): number for each, number in found if number is not None}
    ids = links_for([(each, holder) for each, _ in shown], caller.now, known)
    names = {number: str(each) for number, each in lists.items()}
    return [
        _entry(each, ids[each.pk, holder.name], names[each.list], share) for each, share in shown
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
    numbers = {each.night_id for each in reports}
    lists = {each.list for each in reports}
    rows = NightList.objects.filter(night__in=numbers, list__in=lists)
    then = list(rows.select_related("night"))
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


def _share(report: Report, standing: Mapping[tuple[int, int], Standing]) -> Share:
    return share_of(report, standing.get((report.night_id, report.list), NOTHING))


def _entry(report: Report, link: str, name: str, share: Share) -> dict[str, object]:
    said: dict[str, object] = {
        "id": link,
        "type": report.report_type,
        "file": report.file,
        "report": name,
        "timestamp": report.day.isoformat(),
        "url": described_at(report.report_type),
    }
    # Of a report that is cut to what is the list's now, nobody has counted the rows yet.
    return {**said, "rows": report.rows} if share is Share.WHOLE else said


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
