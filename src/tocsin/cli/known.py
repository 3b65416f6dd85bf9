"""`tocsin known`: lists of networks that are known for what they are, by tag and day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, NowOption, moment, parse_day
from tocsin.cli.output import command
from tocsin.cli.shown import number, plural
from tocsin.engine.files import write_atomically
from tocsin.engine.home import Home
from tocsin.engine.intake.known_networks import TAG, networks_in
from tocsin.model.errors import InputError, UsageError

app = typer.Typer(help="Lists of research scanners, Tor exits and own sensors, which tag records.")


@app.command("add")
def add(
    tag: Annotated[
        str, typer.Argument(metavar="TAG", help="What they are, such as research-scanner.")
    ],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A list: one address or prefix a line.")
    ],
    at: Annotated[
        dt.date | None,
        typer.Option(
            "--at",
            metavar="DAY",
            parser=parse_day,
            help="The day from which on it counts; else today.",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a list: records of events of that day and later have the tag, until a newer list."""
    with command("known add", as_json=as_json, home=home) as output:
        if not TAG.fullmatch(tag):
            raise UsageError(f"{tag!r} is no tag", todo="small letters, digits and hyphens")
        if not file.is_file():
            raise InputError("there is no such file", where=str(file), todo="name a list")
        networks, problems = networks_in(file)
        if problems:
            raise InputError(
                f"{plural(len(problems), 'line')} of the list cannot be read",
                where=str(file),
                problems=problems[:100],
                todo="mend them; nothing was kept",
            )
        place = Home.open(home, create=True)
        day = at or moment(now).date()
        path = place.policy / "known" / tag / f"{day}.txt"
        listed = sorted(set(networks))
        write_atomically(path, "".join(f"{each}\n" for each in listed).encode())
        value = {"tag": tag, "day": day.isoformat(), "networks": len(listed), "file": str(path)}
        said = f"{plural(len(listed), 'network')} known as {tag} from {day} on."
        output.figures(value, said)
        if not listed:
            output.warn(f"the list names nothing: from {day} on nobody is known as {tag}")
        output.next("tocsin known list")


@app.command("list")
def list_(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List what is known, by tag and day."""
    with command("known list", as_json=as_json, home=home) as output:
        files = sorted((Home.open(home, create=False).policy / "known").glob("*/*.txt"))
        table = Table("Tag", "From", "Networks", box=None, pad_edge=False)
        value = []
        for path in files:
            networks, _ = networks_in(path)
            table.add_row(path.parent.name, path.stem, number(len(networks)))
            value.append({"tag": path.parent.name, "day": path.stem, "networks": len(networks)})
        output.figures({"lists": value}, table if files else "Nothing is known.")
        output.next("tocsin known add TAG FILE")
