"""`tocsin withdraw`: verdicts that were wrong, by rule, address or event."""

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
from tocsin.engine.home import Home
from tocsin.engine.judgements.book import Book
from tocsin.engine.judgements.values import Kind, What

app = typer.Typer(help="Withdraw verdicts that were wrong.")


@app.command("add")
def add(
    expires: Annotated[
        dt.datetime,
        typer.Option(
            "--expires",
            metavar="TIME",
            parser=parse_moment,
            help="Events seen before this moment are withdrawn, later ones are not.",
        ),
    ],
    owner: OwnerOption,
    reason: ReasonOption,
    rule: RuleOption = "",
    address: AddressOption = "",
    event: Annotated[
        str,
        typer.Option(
            "--event",
            metavar="ID",
            help="One event, by the id that tocsin explain shows.",
            show_default=False,
        ),
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Withdraw what a rule said, what is about an address, or one event, as false positive."""
    with command("withdraw add", as_json=as_json, home=home) as output:
        said = keep(
            writable(home),
            Kind.WITHDRAWAL,
            {What.RULE: rule, What.ADDRESS: address, What.EVENT: event},
            owner=owner,
            reason=reason,
            now=moment(now),
            end=expires,
        )
        tell_kept(output, said, "It goes to nobody any more; reports stay as they are.")


@app.command("list")
def list_command(
    every: AllOption = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """List what is withdrawn, with owner and reason."""
    with command("withdraw list", as_json=as_json, home=home) as output:
        show_list(output, Home.open(home, create=False), Kind.WITHDRAWAL, moment(now), every=every)


@app.command("undo")
def undo(
    identity: IdArgument,
    owner: OwnerOption,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Let a verdict count again, from the next night on."""
    with command("withdraw undo", as_json=as_json, home=home) as output:
        book = Book(writable(home))
        ended = book.take_back(identity, Kind.WITHDRAWAL, owner, moment(now))
        tell_ended(output, ended, _LEFT_OUT)


_LEFT_OUT = (
    "What nights have left out because of it stays out; tocsin replay --judgements makes a day "
    "again without it."
)
