"""`tocsin hold`: nothing of an address, a rule or a campaign goes out until it is looked at."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from tocsin.cli.judged import (
    AddressOption,
    AllOption,
    IdArgument,
    OwnerOption,
    ReasonOption,
    RuleOption,
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
from tocsin.cli.shown import plural
from tocsin.engine.home import Home
from tocsin.engine.judgements.book import Book
from tocsin.engine.judgements.values import Kind, What
from tocsin.engine.nightly.earlier import Earlier

app = typer.Typer(help="Hold back what is to be looked at first.")


@app.command("add")
def add(
    until: Annotated[
        dt.datetime,
        typer.Option(
            "--until",
            metavar="TIME",
            parser=parse_moment,
            help="Nights before this moment send nothing of it.",
        ),
    ],
    owner: OwnerOption,
    reason: ReasonOption,
    address: AddressOption = "",
    rule: RuleOption = "",
    family: Annotated[
        str, typer.Option("--family", metavar="NAME", help="A family.", show_default=False)
    ] = "",
    infection: Annotated[
        str, typer.Option("--infection", metavar="NAME", help="An infection.", show_default=False)
    ] = "",
    tag: Annotated[
        str, typer.Option("--tag", metavar="WORD", help="A tag.", show_default=False)
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Hold back an address, a rule or a campaign (a family, an infection, a tag)."""
    with command("hold add", as_json=as_json, home=home) as output:
        named = {
            What.ADDRESS: address,
            What.RULE: rule,
            What.FAMILY: family,
            What.INFECTION: infection,
            What.TAG: tag,
        }
        place = writable(home)
        said = keep(
            place,
            Kind.HOLD,
            named,
            owner=owner,
            reason=reason,
            now=moment(now),
            end=until,
        )
        tell_kept(output, said, "Its events are counted; the night after sends them as delayed.")


@app.command("list")
def list_command(
    every: AllOption = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """List what is on hold, and how many events the last run held back."""
    with command("hold list", as_json=as_json, home=home) as output:
        place = Home.open(home, create=False)
        held = Earlier(place.root).held_last()
        events = sum(file.rows for file in held.files) if held else 0
        value = {"run": held.package.name if held else None, "events_on_hold": events}
        told = "Nothing is held back."
        if held is not None:
            told = f"The run {held.package.name} holds {plural(events, 'event')} back."
        output.figures(value, told)
        show_list(output, place, Kind.HOLD, moment(now), every=every)


@app.command("release")
def release(
    identity: IdArgument,
    owner: OwnerOption,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """End a hold: what it held back goes out with the next night, as delayed."""
    with command("hold release", as_json=as_json, home=home) as output:
        book = Book(writable(home))
        ended = book.take_back(identity, Kind.HOLD, owner, moment(now))
        tell_ended(output, ended, "What it held back goes out with the next night, as delayed.")
