"""`tocsin lists`: check the file of who subscribes to what."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tocsin.catalogue.load import load_catalogue
from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption
from tocsin.cli.output import command
from tocsin.cli.shown import number, plural
from tocsin.engine.home import Home
from tocsin.engine.nightly.newest_snapshot import lists_of
from tocsin.engine.nightly.snapshot import read_snapshot
from tocsin.engine.nightly.snapshot_warnings import counts_of, warnings_of
from tocsin.model.errors import SnapshotError

app = typer.Typer(help="Check the file of who subscribes to what.")


@app.callback()
def _group() -> None:
    """Keeps `check` a word of its own while it is the only command of the group."""


@app.command("check")
def check(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="The lists file; else the service's newest, or lists.json."
        ),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Tell every mistake in a lists file, or what it holds and what is odd about it."""
    with command("lists check", as_json=as_json, home=home) as output:
        place = Home(home)
        path = lists_of(place) if file is None else file
        if file is None and not path.is_file():
            raise SnapshotError(
                "there is no lists file",
                where=str(path),
                todo="write one (docs/operators/lists.md says how), or give its name: "
                "tocsin lists check FILE",
            )
        snapshot = read_snapshot(path, load_catalogue(place.catalogue))
        counts, warnings = counts_of(snapshot), warnings_of(snapshot)
        output.figures({"file": str(path), "sha256": snapshot.sha256, **counts}, _table(counts))
        for warning in warnings:
            output.warn(warning)
        odd = f", {plural(len(warnings), 'thing')} to look at" if warnings else ""
        output.line(f"{path}: no mistake{odd}.")
        named = "" if path == lists_of(place) else f" --lists {shlex.quote(str(path))}"
        output.next(f"tocsin nightly{named}   (makes the reports of yesterday)")


def _table(counts: Mapping[str, Mapping[str, int]]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    table.add_column("")
    for what, by_kind in counts.items():
        kinds = ", ".join(f"{number(count)} {kind}" for kind, count in by_kind.items())
        table.add_row(what, number(sum(by_kind.values())), kinds)
    return table
