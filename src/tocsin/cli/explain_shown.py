"""What `tocsin explain` shows: the row, and one question after the other answered beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.cli.shown import number, one_line, plural
from tocsin.engine.atlas.lookup import Interval
from tocsin.engine.explain.correlation_reasons import CorrelationReasons
from tocsin.engine.explain.explain import Explanation, Origin, Place
from tocsin.engine.explain.rule_reasons import RuleReasons
from tocsin.engine.judgements.values import Judgement, Kind
from tocsin.engine.nightly.reasons import Reason
from tocsin.engine.nightly.subscribers import Validity
from tocsin.engine.nightly.withheld.several import CORRELATION
from tocsin.model.address import address_text
from tocsin.model.terms import Credit, Terms

_DECLARED = "declared:"
_LONGEST_REASON = 1_000


def shown(found: Explanation) -> RenderableType:
    """The whole explanation for people."""
    report = found.report
    title = f"{report.slice.file}, row {number(found.number)} of {number(report.slice.rows)}"
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for question, answers in _answers(found):
        for position, answer in enumerate(answers):
            table.add_row("" if position else question, Text(answer))
    return Group(Text(title, style="bold"), Text(""), _cells(found), Text(""), table)


def _cells(found: Explanation) -> RenderableType:
    """The row as the report shows it, column by column, without what is empty."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, cell in found.cells.items():
        if cell:
            table.add_row(Text(name), Text(one_line(cell, 400)))
    return table


def _answers(found: Explanation) -> Iterator[tuple[str, list[str]]]:
    yield "Run", [_run(found)]
    yield "Event", _event(found)
    yield "Type", _type(found)
    yield "Atlas", _place(found.place)
    yield "List", [_list(found)]
    yield "Because", [_because(reason) for reason in found.reasons] or ["nothing that is known"]
    yield "Severity", [_severity(found)]
    yield "Terms", _terms(found)
    if found.judged:
        yield "Since", [_judged(each) for each in found.judged]


def _run(found: Explanation) -> str:
    package = found.report.package
    said = f"of {package.day}, revision {package.revision}"
    if found.report.partial:
        said += ", of a day that was not over"
    return f"{said}; rows that came after their day" if found.report.delayed else said


def _event(found: Explanation) -> list[str]:
    events, origin = found.sightings, found.origin
    if origin is None:
        where = "who saw it is hidden by its terms"
    else:
        where = _together(found, origin) if origin.correlated else _in_file(origin)
    done = "correlated" if origin is not None and origin.correlated else "taken in"
    said = [where, f"{done} at {_moment(events.received)}"]
    if events.count > 1:
        span = f"{_moment(events.first)} to {_moment(events.last)}"
        said.append(f"the first of {plural(events.count, 'event')} that are one row, {span}")
    return [*said, f"id {found.event}"]


def _in_file(origin: Origin) -> str:
    name = one_line(origin.file) or f"a file of SHA-256 {origin.sha256[:16]}…"
    return f"{origin.source}{_by_sensor(origin)}: {name}, line {number(origin.line)}"


def _together(found: Explanation, origin: Origin) -> str:
    """A record that a correlation made: of what, where an event has file and line."""
    judged = found.by_correlation
    many = judged.observations if judged else None
    what = "observations" if many is None else plural(many, "observation")
    of = "several sources" if origin.source == CORRELATION else origin.source
    return f"a correlation made it, of {what} by {of}{_by_sensor(origin)}"


def _by_sensor(origin: Origin) -> str:
    return f" (sensor {one_line(origin.sensor)})" if origin.sensor else ""


def _type(found: Explanation) -> list[str]:
    rule, kind = found.sightings.rule, found.report_type
    if rule.startswith(_DECLARED):
        return [f"{kind.id}, as the source says ({rule}): {kind.title}"]
    if found.by_correlation:
        said = [f"{kind.id}, by the correlation {rule}: {kind.title}"]
        return [*said, *_by_correlation(found.by_correlation)]
    said = [f"{kind.id}, by the rule {rule}: {kind.title}"]
    return [*said, *_by_rule(found.by_rule)] if found.by_rule else said


def _by_rule(judged: RuleReasons) -> Iterator[str]:
    because = f", because {' and '.join(judged.because)}" if judged.because else ""
    because = one_line(because, _LONGEST_REASON)
    yield f"{judged.rule.title}; evidence {judged.rule.evidence.value}{because}"
    if judged.unseen:
        yield f"and for what the row does not show any more: {', '.join(judged.unseen)}"
    if judged.changed:
        yield "the rules have changed since; this is the rule as it is today"


def _by_correlation(judged: CorrelationReasons) -> Iterator[str]:
    correlation = judged.correlation
    because = one_line(judged.because, _LONGEST_REASON)
    yield f"{correlation.title}; evidence {correlation.evidence.value}, because of {because}"
    if judged.changed:
        yield "it has changed since; this is the correlation as it is today"


def _place(place: Place) -> list[str]:
    if place.missing:
        return [f"{place.atlas}: {place.missing}" if place.atlas else place.missing, *_told(place)]
    said = [place.atlas]
    if place.interval is not None and place.subject is not None:
        interval = place.interval
        route = "has no route" if interval.prefix is None else f"lies in {interval.prefix}"
        said.append(f"{address_text(place.subject.first)} {route}")
        for asn, peers in interval.origins:
            seen = f", seen by {plural(peers, 'peer')}" if len(interval.origins) > 1 else ""
            said.append(f"origin {_as_words(asn, place)}{seen}")
        where = [part for part in (interval.country, interval.region, interval.city) if part]
        if where:
            said.append(f"place {', '.join(where)}, by {interval.geo_prefix}")
        countries = (interval.country,) if interval.country else ()
        if (place.origins, place.countries) == (_asns(interval), countries):
            return said
    return [*said, *_told(place)]


def _asns(interval: Interval) -> tuple[int, ...]:
    return tuple(asn for asn, _ in interval.origins)


def _told(place: Place) -> list[str]:
    """By what the row was matched, where that is not just what the atlas says of an address."""
    said = [f"matched by origin {_as_words(asn, place)}" for asn in place.origins]
    if place.countries:
        said.append(f"matched by country {', '.join(place.countries)}")
    return said


def _as_words(asn: int, place: Place) -> str:
    name = place.as_names.get(asn)
    return f"AS{asn} {name}" if name else f"AS{asn}"


def _list(found: Explanation) -> str:
    wanted, owner = found.list, found.organisation
    kind = "national CERT" if owner.is_national_cert else "owner"
    said = f"{wanted.name} (id {wanted.id}) of {owner.name} ({kind}), by {wanted.filter.value}"
    return f"{said}; changes since {found.changed_since}" if found.changed_since else said


def _because(reason: Reason) -> str:
    valid = _valid(reason.network.valid)
    return f"{reason.words}; {valid}" if valid else reason.words


def _valid(valid: Validity) -> str:
    start = f"valid since {_moment(valid.start)}" if valid.start else ""
    end = f"until {_moment(valid.end)}" if valid.end else ""
    if start and end:
        return f"{start} {end}"
    return start or (f"valid {end}" if end else "")


def _severity(found: Explanation) -> str:
    default = found.report_type.severity.word
    why = f"the type's is {default}" if found.own_severity else "as the type's"
    least = found.list.least_severity.word
    return f"{found.severity.word}, {why}; the list takes {least} and above"


def _judged(judgement: Judgement) -> str:
    how = "its sensor is distrusted" if judgement.kind is Kind.DISTRUST else "it is withdrawn"
    by = f"{one_line(judgement.owner)}: {one_line(judgement.reason)}"
    return f"{how}, {judgement.id} by {by}; it would be sent to nobody now"


def _terms(found: Explanation) -> list[str]:
    terms = found.terms
    said = [f"TLP:{terms.tlp.word.upper()}, released to {_released(terms)}"]
    if found.masked:
        said.append(f"masked: {', '.join(found.masked)}")
    said.append(_credit(terms))
    return said


def _released(terms: Terms) -> str:
    to = []
    if terms.owners:
        to.append("owners")
    if terms.national_certs:
        to.append("national CERTs")
    if terms.lists:
        to.append(f"the lists {', '.join(str(each) for each in sorted(terms.lists))}")
    return " and ".join(to) or "nobody"


def _credit(terms: Terms) -> str:
    if terms.credit is Credit.HIDDEN:
        return "credit: hidden"
    if terms.credit is Credit.LABEL:
        return f"credit: {one_line(terms.credit_text)}, a label"
    return f"credit: {one_line(terms.credit_text) or 'as the source wrote it'}"


def _moment(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
