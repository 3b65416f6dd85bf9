"""`tocsin recall`: rows that were given out are taken back, and those who have them are told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from tocsin.cli.days_anew import Anew, make_anew
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
    from tocsin.service.delivery.brake.recalling import Wanted

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
    no_replay: Annotated[
        bool, typer.Option("--no-replay", help="Do not make the days anew.", show_default=False)
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Take back rows of reports: cut from links and API, and a correction to who was sent them."""
    with command("recall", as_json=as_json, home=home) as output:
        days = _days(day, first, last)
        named = {What.RULE: rule, What.SOURCE: source, What.SENSOR: sensor, What.EVENT: event}
        given = {what: value for what, value in named.items() if value}
        if len(given) != 1:
            raise UsageError(
                "one thing has to be named",
                todo="say one of --rule, --source, --sensor and --event; another is another recall",
            )
        from tocsin.service.start import start

        place = start(home)
        words = checked_words("reason", reason)
        ((what, value),) = given.items()
        judgement = _judgement(place, what, value, days, owner, words, moment(now))
        wanted = _wanted(judgement, days, words)
        kept = _recall(output, place, wanted, judgement, owner, moment(now), dry_run=dry_run)
        if kept is None:
            output.next("the same without --dry-run")
            return
        _follow(output, place, kept, days, no_replay=no_replay)
        output.next("tocsin service deliver   (sends the corrections; service work plans them)")


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
        Kind.DISTRUST if what in (What.SENSOR, What.SOURCE) else Kind.WITHDRAWAL,
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


def _wanted(judgement: Judgement, days: tuple[dt.date, dt.date], reason: str) -> Wanted:
    from tocsin.service.delivery.brake.part import Part, PartKind
    from tocsin.service.delivery.brake.recalling import Wanted

    part = Part(PartKind(judgement.what.value), judgement.value)
    return Wanted(part, *days, reason)


def _recall(
    output: Output,
    home: Home,
    wanted: Wanted,
    judgement: Judgement,
    owner: str,
    now: dt.datetime,
    *,
    dry_run: bool,
) -> Judgement | None:
    """The judgement that was kept for it; None of a dry run."""
    from tocsin.service.audit.models import ActorKind
    from tocsin.service.audit.record import Actor
    from tocsin.service.delivery.brake.recalling import look_for, recall

    # Before the reports are looked through: a replay in between must not bring rows back.
    kept = None if dry_run else _kept(home, judgement)
    seen = look_for(wanted, now)
    number = None
    if kept is not None:
        by = Actor(ActorKind.STAFF, owner)
        number = recall(wanted, seen, by, now, judgement=kept.id).pk
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
    for each in seen.lost:
        output.warn(_lost(each))
    return kept


def _follow(
    output: Output,
    home: Home,
    kept: Judgement,
    days: tuple[dt.date, dt.date],
    *,
    no_replay: bool,
) -> None:
    """The engine's findings and statistics: they are of the newest revision of a day."""
    done = Anew()
    if no_replay:
        output.line(
            "Findings and statistics of the engine count these rows until each day is made anew: "
            f"the same without --no-replay, or tocsin replay --date {days[0]} --judgements"
        )
    else:
        done = make_anew(output, home, kept, *days)
    if done.failed:
        output.line("The rows are taken back; call the same again for the days that are left.")
    value = {
        "made_anew": [each.isoformat() for each in done.made],
        "not_made_anew": [each.isoformat() for each in done.failed],
    }
    output.figures(value, f"{plural(len(done.made), 'day')} made anew.")


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
