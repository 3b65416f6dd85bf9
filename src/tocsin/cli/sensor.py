"""`tocsin sensor`: sensors that are not to be believed for a span of time."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from tocsin.cli.judged import (
    AllOption,
    IdArgument,
    OwnerOption,
    ReasonOption,
    keep,
    show_list,
    tell_ended,
    tell_kept,
    writable,
)
from tocsin.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    NowOption,
    moment,
    parse_moment,
)
from tocsin.cli.output import command
from tocsin.engine.home import Home
from tocsin.engine.judgements.book import Book
from tocsin.engine.judgements.values import Kind, What

app = typer.Typer(help="Say which sensors are not to be believed, and when.")


@app.command("distrust")
def distrust(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The sensor, to the letter.")],
    start: Annotated[
        dt.datetime,
        typer.Option(
            "--from", metavar="TIME", parser=parse_moment, help="Events from this moment on."
        ),
    ],
    end: Annotated[
        dt.datetime,
        typer.Option("--to", metavar="TIME", parser=parse_moment, help="Events before this one."),
    ],
    owner: OwnerOption,
    reason: ReasonOption,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Withdraw a sensor's records of a span from all that has not been sent yet."""
    with command("sensor distrust", as_json=as_json, home=home) as output:
        said = keep(
            writable(home),
            Kind.DISTRUST,
            {What.SENSOR: name},
            owner=owner,
            reason=reason,
            now=moment(now),
            start=start,
            end=end,
        )
        tell_kept(output, said, "Its records of that time go to nobody; reports stay as they are.")


@app.command("list")
def list_command(
    every: AllOption = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """List the sensors that are distrusted, with span, owner and reason."""
    with command("sensor list", as_json=as_json, home=home) as output:
        show_list(output, Home.open(home, create=False), Kind.DISTRUST, moment(now), every=every)


@app.command("undo")
def undo(
    identity: IdArgument,
    owner: OwnerOption,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Trust a sensor again, from the next night on."""
    with command("sensor undo", as_json=as_json, home=home) as output:
        book = Book(writable(home))
        ended = book.take_back(identity, Kind.DISTRUST, owner, moment(now))
        tell_ended(output, ended, _LEFT_OUT)


_LEFT_OUT = (
    "What nights have left out because of it stays out; tocsin replay --judgements makes a day "
    "again without it."
)
