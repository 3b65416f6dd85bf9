"""`tocsin recall`: rows that were given out are taken back, and those who have them are told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.judged import OwnerOption, ReasonOption
from tocsin.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    NowOption,
    moment,
    parse_day,
)
from tocsin.cli.output import Output, command
from tocsin.cli.shown import plural
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.judgements.book import Book
from tocsin.engine.judgements.checks import checked_words, new_judgement
from tocsin.engine.judgements.values import Judgement, Kind, What
from tocsin.model.errors import UsageError

if TYPE_CHECKING:
    from tocsin.service.delivery.brake.lost_days import Lost
    from tocsin.service.delivery.brake.recalling import Seen, Wanted

_ONE_DAY = dt.timedelta(days=1)


def _text(flag: str, metavar: str, words: str) -> typer.models.OptionInfo:
    found = typer.Option(flag, metavar=metavar, help=words, show_default=False)
    assert isinstance(found, typer.models.OptionInfo)  # noqa: S101 - the library says Any
    return found


def _day(flag: str, words: str) -> typer.models.OptionInfo:
    found = typer.Option(flag, metavar="DAY", parser=parse_day, help=words, show_default=False)
    assert isinstance(found, typer.models.OptionInfo)  # noqa: S101
    return found


def recall_command(
    owner: OwnerOption,
    reason: ReasonOption,
    rule: Annotated[str, _text("--rule", "ID", "What a rule said.")] = "",
    source: Annotated[str, _text("--source", "NAME", "All of a source.")] = "",
    sensor: Annotated[str, _text("--sensor", "NAME", "All of a sensor.")] = "",
    event: Annotated[str, _text("--event", "ID", "One event, as tocsin explain shows it.")] = "",
    day: Annotated[dt.date | None, _day("--date", "Of the reports of this day.")] = None,
    first: Annotated[dt.date | None, _day("--from", "Of the reports from this day on.")] = None,
    last: Annotated[dt.date | None, _day("--to", "Of the reports up to this day.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what it would be.", show_default=False)
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Take back rows of reports: cut from links and API, and a correction to who was sent them."""
    with command("recall", as_json=as_json, home=home) as output:
        days = _days(day, first, last)
        named = {What.RULE: rule, What.SENSOR: sensor, What.EVENT: event}
        given = {what: value for what, value in named.items() if value}
        if len(given) + bool(source) != 1:
            raise UsageError(
                "one thing has to be named",
                todo="say one of --rule, --source, --sensor and --event; another is another recall",
            )
        from tocsin.service.start import start

        place = start(home)
        words = checked_words("reason", reason)
        judgement = None
        for what, value in given.items():
            judgement = _judgement(place, what, value, days, owner, words, moment(now))
        wanted = _wanted(place, judgement, source, days, words)
        _recall(output, place, wanted, judgement, owner, moment(now), dry_run=dry_run)


def _days(
    day: dt.date | None, first: dt.date | None, last: dt.date | None
) -> tuple[dt.date, dt.date]:
    if day is not None and first is None and last is None:
        return day, day
    if day is None and first is not None and last is not None and first <= last:
        return first, last
    raise UsageError(
        "it is not clear of which days",
        todo="say --date, or --from and --to, the earlier one first",
    )


def _judgement(
    home: Home,
    what: What,
    value: str,
    days: tuple[dt.date, dt.date],
    owner: str,
    reason: str,
    now: dt.datetime,
) -> Judgement:
    """What the engine is told, so that a replay leaves the events out; not kept yet."""
    start, after = (dt.datetime.combine(each, dt.time(), dt.UTC) for each in days)
    made = new_judgement(
        Kind.DISTRUST if what is What.SENSOR else Kind.WITHDRAWAL,
        what,
        value,
        owner=owner,
        reason=reason,
        # Other withdrawals are of what is to come, and may not be over when they are made.
        now=start,
        start=start,
        end=after + _ONE_DAY,
        catalogue=home_catalogue(home),
    )
    return replace(made, made=now)


def _wanted(
    home: Home,
    judgement: Judgement | None,
    source: str,
    days: tuple[dt.date, dt.date],
    reason: str,
) -> Wanted:
    from tocsin.service.delivery.brake.part import Part, PartKind
    from tocsin.service.delivery.brake.recalling import Wanted

    if judgement is not None:
        part = Part(PartKind(judgement.what.value), judgement.value)
    elif source in home_catalogue(home).sources:
        part = Part(PartKind.SOURCE, source)
    else:
        raise UsageError(
            f"there is no source {source!r}", todo="tocsin catalogue sources names those that are"
        )
    return Wanted(part, *days, reason)


def _recall(
    output: Output,
    home: Home,
    wanted: Wanted,
    judgement: Judgement | None,
    owner: str,
    now: dt.datetime,
    *,
    dry_run: bool,
) -> None:
    from tocsin.service.audit.models import ActorKind
    from tocsin.service.audit.record import Actor
    from tocsin.service.delivery.brake.recalling import look_for, recall

    kept = None
    if judgement is not None and not dry_run:
        # Before the reports are looked through: a replay in between must not bring rows back.
        kept = _kept(home, judgement)
    seen = look_for(wanted, now)
    number = None
    if not dry_run:
        by = Actor(ActorKind.STAFF, owner)
        number = recall(wanted, seen, by, now, judgement=kept.id if kept else "").pk
    rows = sum(seen.reports.values())
    value = {
        "recall": number,
        "kind": wanted.part.kind.value,
        "name": wanted.part.name,
        "from": wanted.first_day.isoformat(),
        "to": wanted.last_day.isoformat(),
        "reports": len(seen.reports),
        "rows": rows,
        "lost": [each.to_json() for each in seen.lost],
        "judgement": kept.id if kept else None,
    }
    said = f"{plural(rows, 'row')} of {plural(len(seen.reports), 'report')}"
    output.figures(value, f"Recall {number}: {said}" if number else f"It would be {said}.")
    _tell(output, wanted, seen, has_judgement=kept is not None, dry_run=dry_run)


def _kept(home: Home, judgement: Judgement) -> Judgement:
    """Kept once: who calls again is told of the first."""
    book = Book(home)
    same = ("kind", "what", "value", "start", "end", "ended")
    for each in book.read():
        if all(getattr(each, name) == getattr(judgement, name) for name in same):
            return each
    return book.add(judgement)


def _lost(each: Lost) -> str:
    """Of which days nobody can be told, why, and what is known."""
    days = f"{each.first}" if each.first == each.last else f"{each.first} to {each.last}"
    night = f" (r{each.revision})" if each.revision else ""
    known = []
    if each.rows is not None and each.reports is not None:
        rows, reports = plural(each.rows, "row"), plural(each.reports, "report")
        known.append(f"it gave out {rows} of this in {reports}")
    if each.addresses is not None:
        to = plural(each.addresses, "address", "addresses")
        known.append(f"messages of that day went to {to}")
    said = f"; {', and '.join(known)}" if known else ""
    return f"{days}{night} cannot be corrected: {each.words}{said}"


def _tell(
    output: Output, wanted: Wanted, seen: Seen, *, has_judgement: bool, dry_run: bool
) -> None:
    for each in seen.lost:
        output.warn(_lost(each))
    if dry_run:
        output.next("the same without --dry-run")
        return
    if has_judgement:
        output.line(
            "Findings and statistics still count these rows until each day is made again: "
            f"tocsin replay --date {wanted.first_day} --judgements"
        )
    else:
        output.line(
            "Findings and statistics still count these rows: no judgement is about a source. "
            "tocsin sensor distrust and tocsin withdraw add say what a replay is to leave out."
        )
    output.next("tocsin service deliver   (sends the corrections; service work plans them)")
