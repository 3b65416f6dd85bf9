"""`tocsin demo`: a day from sensor logs to reports, on a small made-up Internet."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.demo_figures import figures_of, value_of
from tocsin.cli.demo_portal import close_portal, open_portal
from tocsin.cli.demo_portal_shown import portal_shown, portal_value
from tocsin.cli.demo_shown import story, what_next
from tocsin.cli.demo_steps import demonstrate
from tocsin.cli.options import JsonOption
from tocsin.cli.output import command
from tocsin.cli.shown import plural
from tocsin.cli.steps import stepwise

EVENTS = 60_000
FEWEST, MOST = 500, 5_000_000


def demo_command(
    home: Annotated[
        # No environment variable here: a demonstration has no business in the operator's home.
        Path,
        typer.Option("--home", help="Where to put it; made anew each time.", file_okay=False),
    ] = Path("demo-home"),
    events: Annotated[
        int, typer.Option("--events", min=FEWEST, max=MOST, help="How many events the day has.")
    ] = EVENTS,
    no_portal: Annotated[
        bool, typer.Option("--no-portal", help="Do not open the portal.", show_default=False)
    ] = False,
    stop: Annotated[
        bool,
        typer.Option(
            "--stop",
            help="Only end the portal of an earlier demonstration.",
            show_default=False,
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a world, take a day of its sensor logs in, run the night, show reports and portal."""
    with command("demo", as_json=as_json) as output:
        ended = close_portal(home)
        if stop:
            output.figures({"ended": ended}, f"{plural(ended, 'process', 'processes')} ended.")
            return
        started = time.monotonic()
        with stepwise(output) as progress:
            shown = demonstrate(home, events, progress)
        seconds = time.monotonic() - started
        found = figures_of(shown)
        output.figures(value_of(shown, found, seconds), story(shown, found, seconds))
        if not no_portal:
            opened = open_portal(home, shown.port)
            output.figures(portal_value(opened), portal_shown(opened))
        output.next(what_next(shown, found.example))
