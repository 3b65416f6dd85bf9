"""What the commands about people's judgements share: their options, and how judgements look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from tocsin.cli.output import Output
from tocsin.cli.shown import one_line
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.judgements.book import Book
from tocsin.engine.judgements.checks import new_judgement
from tocsin.engine.judgements.values import Judgement, Kind, What
from tocsin.model.errors import UsageError

OwnerOption = Annotated[
    str, typer.Option("--owner", metavar="NAME", help="Who decides this, and is to be asked.")
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]
AllOption = Annotated[
    bool, typer.Option("--all", help="Also those that were ended or are over.", show_default=False)
]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Its id, as the list tells it.")]
RuleOption = Annotated[
    str,
    typer.Option(
        "--rule",
        metavar="ID",
        help="A rule, by how its id begins; or declared:FORMAT, where the source tells the type.",
        show_default=False,
    ),
]
AddressOption = Annotated[
    str,
    typer.Option("--address", metavar="PREFIX", help="An address or a prefix.", show_default=False),
]


def writable(home: Path) -> Home:
    """The home at that directory, to write judgements in; one that is only prepared becomes one."""
    return Home.open(home, create=home.is_dir())


def keep(
    home: Home,
    kind: Kind,
    named: Mapping[What, str],
    *,
    owner: str,
    reason: str,
    now: dt.datetime,
    end: dt.datetime,
    start: dt.datetime | None = None,
) -> Judgement:
    """Keep a judgement on the one thing that was named. UsageError if it cannot be meant."""
    given = {what: value for what, value in named.items() if value}
    if len(given) != 1:
        options = ", ".join(f"--{what}" for what in named)
        raise UsageError(
            "one thing has to be named" if not given else "one thing only may be named",
            todo=f"say one of {options}; another one is a judgement of its own",
        )
    ((what, value),) = given.items()
    judgement = new_judgement(
        kind,
        what,
        value,
        owner=owner,
        reason=reason,
        now=now,
        end=end,
        start=start,
        catalogue=home_catalogue(home),
    )
    return Book(home).add(judgement)


def tell_kept(output: Output, judgement: Judgement, after: str) -> None:
    """What was kept, and in `after` from when on it counts."""
    output.figures({"judgement": judgement.to_json()}, f"{judgement.id}: {in_words(judgement)}")
    output.line(after)
    output.next("tocsin nightly   (asks it from the next run that is planned)")


def tell_ended(output: Output, judgement: Judgement, after: str) -> None:
    """What was ended, and in `after` what becomes of it."""
    output.figures({"judgement": judgement.to_json()}, f"{judgement.id} is ended.")
    output.line(after)
    output.next("nothing to do")


def show_list(output: Output, home: Home, kind: Kind, now: dt.datetime, *, every: bool) -> None:
    """The judgements of a kind; without `every` those that a night would ask now."""
    of_kind = [each for each in Book(home).read() if each.kind is kind]
    shown = [each for each in of_kind if every or each.in_force(now)]
    value = [{**each.to_json(), "state": state_of(each, now)} for each in shown]
    output.figures({"judgements": value}, _table(shown, now) if shown else "There are none.")
    left_out = len(of_kind) - len(shown)
    if left_out:
        were = "was ended or is over" if left_out == 1 else "were ended or are over"
        output.line(f"{left_out} more {were}; --all shows them.")
    output.next("nothing to do")


def state_of(judgement: Judgement, now: dt.datetime) -> str:
    """`in force`, `over` by its time, or `ended` by a person."""
    if judgement.ended is not None:
        return "ended"
    return "in force" if judgement.in_force(now) else "over"


def in_words(judgement: Judgement) -> str:
    """What is judged how, in one line."""
    thing = f"{judgement.what} {one_line(judgement.value)}"
    if judgement.kind is Kind.HOLD:
        return f"{thing} is on hold until {_moment(judgement.end)}"
    if judgement.kind is Kind.WITHDRAWAL:
        return f"{thing} is withdrawn, in what was seen before {_moment(judgement.end)}"
    start = _moment(judgement.start) if judgement.start else "ever"
    return f"{thing} is distrusted from {start} to {_moment(judgement.end)}"


def _table(judgements: Sequence[Judgement], now: dt.datetime) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("id", "state", "what", "by", "on", "reason"):
        table.add_column(title, overflow="fold")
    for each in judgements:
        ended = f"ended by {one_line(each.ended_by)}" if each.ended else state_of(each, now)
        said = (
            each.id,
            ended,
            in_words(each),
            one_line(each.owner),
            f"{each.made:%Y-%m-%d}",
            one_line(each.reason),
        )
        table.add_row(*(Text(cell) for cell in said))
    return table


def _moment(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
