"""`tocsin prune`: remove what has outlived its tier; a dry run unless told otherwise."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from tocsin.cli.lake import lake_store
from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, NowOption, moment
from tocsin.cli.output import command
from tocsin.cli.shown import number
from tocsin.configuration.load import load_configuration
from tocsin.engine.home import Home
from tocsin.engine.prune import by_tier, find_old, remove_old


def prune_command(
    really: Annotated[
        bool, typer.Option("--really", help="Remove; without it, only show what would go.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Show what is older than its tier is kept, and with --really remove it."""
    with command("prune", as_json=as_json, home=home) as output:
        place = Home.open(home, create=False)
        configuration = load_configuration(place.configuration)
        retention, store = configuration.retention_days(), lake_store(place, configuration)
        today = moment(now).date()
        old = find_old(place, store, retention, today)
        if really:
            remove_old(place, store, old, retention, today)
        tiers = by_tier(old)
        title = "Removed" if really else "Would be removed"
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        table.add_column("tier")
        table.add_column("entries", justify="right")
        table.add_column("bytes", justify="right")
        for tier, (entries, size) in tiers.items():
            table.add_row(tier, number(entries), number(size))
        value = {tier: {"entries": n, "bytes": size} for tier, (n, size) in tiers.items()}
        output.figures(
            {"removed": really, "tiers": value},
            table if tiers else "Nothing is older than its tier is kept.",
        )
        if tiers and not really:
            output.next("tocsin prune --really   (removes them)")
        else:
            output.next("nothing to do")
