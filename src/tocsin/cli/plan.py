"""`tocsin plan`: what a day of a given size would take, by measured rates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption
from tocsin.cli.output import command
from tocsin.cli.shown import number
from tocsin.configuration.load import load_configuration
from tocsin.engine.capacity import Capacity, Rates, estimate, read_rates
from tocsin.engine.home import Home

SHIPPED = Path(__file__).with_name("rates.json")
"""The rates that this release was measured with, see docs/developers/performance.md."""

_GIB = float(1 << 30)


def plan_command(
    events: Annotated[int, typer.Option("--events", help="Events a day.")],
    lists: Annotated[int, typer.Option("--lists", help="Lists that reports are made for.")],
    days: Annotated[int, typer.Option("--days", help="For how many days there must be room.")],
    rates: Annotated[
        Path | None,
        typer.Option("--rates", metavar="FILE", help="Rates of another machine."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Estimate disk, memory and hours of a day's work from measured rates."""
    with command("plan", as_json=as_json, home=home) as output:
        known = read_rates(rates or SHIPPED)
        configuration = load_configuration(Home(home).configuration)
        needed = estimate(
            known, events=events, lists=lists, days=days, retention=configuration.retention_days()
        )
        value = {
            "events": events,
            "lists": lists,
            "days": days,
            "disk_bytes": dict(needed.disk),
            "memory_bytes": needed.memory,
            "intake_hours": needed.intake_hours,
            "night_hours": needed.night_hours,
            "reports": needed.reports,
            "measured": {"on": known.measured, "machine": known.machine},
        }
        output.figures(value, _table(needed))
        output.line(_basis(known))
        if not needed.fits:
            output.warn("a day's work takes longer than a day on such a machine")
        output.next("nothing to do")


def _table(needed: Capacity) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    for tier, size in needed.disk.items():
        table.add_row(f"disk: {tier}", _size(size))
    table.add_row("disk, all", _size(sum(needed.disk.values())))
    table.add_row("memory at peak", _size(needed.memory))
    table.add_row("hours of intake a day", f"{needed.intake_hours:,.2f}")
    table.add_row("hours of the night", f"{needed.night_hours:,.2f}")
    table.add_row("reports a night, at most about", number(needed.reports))
    return table


def _size(size: int) -> str:
    return f"{size / _GIB:,.1f} GiB"


def _basis(known: Rates) -> str:
    return (
        f"Measured {known.measured} on {known.machine}: an intake of {number(known.intake_events)} "
        f"events, a night over {number(known.night_events)} for {number(known.lists)} lists."
    )
