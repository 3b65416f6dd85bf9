"""The methods that give out rows: of a report, its schema, and what devices were seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice

from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.engine.search.conditions import Condition
from tocsin.model.address import address_text, parse_address
from tocsin.service import installation
from tocsin.service.api.answers import Answer, Streamed
from tocsin.service.api.arguments import Asked
from tocsin.service.api.atlases import covers
from tocsin.service.api.caller import Caller
from tocsin.service.api.dates import Span, read_span
from tocsin.service.api.errors import Refused, wrong
from tocsin.service.api.query.own_filters import names_own
from tocsin.service.api.query.refusal import NOT_OWN
from tocsin.service.api.reports import MOST, standing_of
from tocsin.service.api.rows import Row, json_array, rows_of, schema_of
from tocsin.service.api.visible import visible
from tocsin.service.delivery import fetches
from tocsin.service.delivery.content import Gone, content_of
from tocsin.service.delivery.links import found_link
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.shown import is_shown
from tocsin.service.delivery.standing import NOTHING, Share

_DEVICES = ("device_id", "device_id6")
_USUAL_DAYS = "-7:now"
_MOST_DAYS = 31


def download(caller: Caller, asked: Asked) -> Answer:
    """The rows of the report of an id, as the list may have them now.

    404 for an id that this key was not given, 410 for a report that is not kept.
    """
    said = asked.text("id")
    if not said:
        raise wrong("'id' is missing: reports/list names the ids")
    most = asked.number("limit", 0, 1 << 62) or None
    # Looked at first, so that every id that is not this key's takes as long.
    lists, link = caller.lists, found_link(said)
    mine = link is not None and link.holder == caller.holder.name
    if link is None or not mine or link.report.list not in lists or not is_shown(link.report):
        raise Refused(404, "there is no report of that id for this key")
    report = link.report
    standing = standing_of([report], caller).get((report.night_id, report.list), NOTHING)
    if standing.share is Share.NOTHING:
        raise Refused(404, "there is no report of that id for this key")
    try:
        content = content_of(report, standing)
    except Gone:
        raise Refused(410, "this report is not kept any more") from None
    if content is None:
        return []
    fetches.note([report.pk], link.holder, caller.now)
    kind = home_catalogue(installation.home()).report_types.get(report.report_type)
    return Streamed(json_array(rows_of(content.pieces(), kind), most))


def schema(caller: Caller, asked: Asked) -> Answer:  # noqa: ARG001 - methods have one form
    """The JSON Schema of a row of a type."""
    name = asked.text("type")
    entry = home_catalogue(installation.home()).report_type(name)
    if entry is None:
        raise wrong(f"there is no report type {name[:80]!r}: reports/types names all")
    return schema_of(entry)


def device_info(caller: Caller, asked: Asked) -> Answer:
    """What devices were seen at an address, in an AS or a country, out of the caller's reports.

    Of the last seven days, or of `date`. Whatever is not in their reports is not there for them.
    """
    query = asked.object("query")
    sought = _sought(query)
    span = asked.span("date") or read_span(_USUAL_DAYS, asked.today)
    if span.days > _MOST_DAYS:
        raise wrong(f"'date' spans more than {_MOST_DAYS} days")
    if not _may_ask(caller, sought, span):
        raise wrong(NOT_OWN)
    reports = list(visible(caller.networks, span).filter(report_type__in=_DEVICES))
    given: set[int] = set()
    devices = list(islice(_once(_rows_of_all(reports, caller, sought, given)), MOST))
    fetches.note(given, caller.holder.name, caller.now)
    return {"query": dict(query), "devices": devices}


def _sought(query: Mapping[str, object]) -> Mapping[str, object]:
    if len(query) != 1 or not set(query) <= {"ip", "asn", "geo"}:
        raise wrong("'query' names exactly one of ip, asn, geo")
    ((name, said),) = query.items()
    text = str(said).strip()
    try:
        if name == "ip":
            return {name: parse_address(text)}
        if name == "asn":
            return {name: int(text.upper().removeprefix("AS"))}
    except ValueError:
        raise wrong(f"'query': {text[:80]!r} is no {name}") from None
    return {name: text.upper()}


def _may_ask(caller: Caller, sought: Mapping[str, object], span: Span) -> bool:
    """Whether it may lie in networks of theirs: where names are only rows tell, and of prefixes
    and countries in which AS they lie."""
    networks = [one for each in caller.networks.values() for one in each.networks]
    kinds = {each.kind for each in networks}
    ((name, said),) = sought.items()
    if FilterKind.DOMAIN in kinds or (name != "ip" and kinds != {FilterKind(name)}):
        return bool(kinds)
    text = address_text(said) if isinstance(said, int) and name == "ip" else str(said)
    where = partial(covers, first=span.first, last=span.last, now=caller.now)
    return names_own([Condition(name, (text,))], networks, where)


def _is_sought(row: Row, sought: Mapping[str, object]) -> bool:
    ((name, said),) = sought.items()
    cell = row.get(name)
    if name != "ip":
        return cell == said
    return isinstance(cell, str) and bool(cell) and parse_address(cell) == said


def _rows_of_all(
    reports: Iterable[Report], caller: Caller, sought: Mapping[str, object], given: set[int]
) -> Iterator[Row]:
    """What is sought; given: gets the keys of the reports that have it."""
    types = home_catalogue(installation.home()).report_types
    reports = list(reports)
    standing = standing_of(reports, caller)
    for each in reports:
        try:
            content = content_of(each, standing.get((each.night_id, each.list), NOTHING))
        except Gone:
            continue
        if content is not None:
            for row in rows_of(content.pieces(), types.get(each.report_type)):
                if _is_sought(row, sought):
                    given.add(each.pk)
                    yield row


def _once(rows: Iterable[Row]) -> Iterator[Row]:
    """What is told of a device, each once: the same row may be in reports of two lists."""
    seen = set()
    for row in rows:
        told = {
            name: cell
            for name, cell in row.items()
            if name in ("timestamp", "ip", "port", "asn", "geo") or name.startswith("device_")
        }
        key = tuple(told.items())
        if key not in seen:
            seen.add(key)
            yield told
