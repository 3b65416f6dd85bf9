"""`tocsin demo`: a day from sensor logs to reports, on a small made-up Internet."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.demo_figures import figures_of, value_of
from tocsin.cli.demo_shown import story, what_next
from tocsin.cli.demo_steps import demonstrate
from tocsin.cli.options import JsonOption
from tocsin.cli.output import command
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
    as_json: JsonOption = False,
) -> None:
    """Make a world, take a day of its sensor logs in, run the night, show the reports."""
    with command("demo", as_json=as_json) as output:
        started = time.monotonic()
        with stepwise(output) as progress:
            shown = demonstrate(home, events, progress)
        seconds = time.monotonic() - started
        found = figures_of(shown)
        output.figures(value_of(shown, found, seconds), story(shown, found, seconds))
        output.next(what_next(shown, found.example))
