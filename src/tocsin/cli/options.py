"""Options that several commands share, so that they are spelt and explained alike.

def collect(
    files: FilesArgument,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    with command("collect", as_json=as_json, home=home) as output:
        ... moment(now) ...
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_HOME = Path("tocsin-home")


def parse_moment(text: str) -> dt.datetime:
    """An ISO 8601 date or time as aware UTC; without a zone it is taken for UTC."""
    try:
        parsed = dt.datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no date or time such as 2026-11-22 or 2026-11-22T06:30:00Z"
        ) from None
    if parsed.tzinfo is None:
        return parsed.replace(tzinfo=dt.UTC)
    return parsed.astimezone(dt.UTC)


def parse_day(text: str) -> dt.date:
    """An ISO 8601 date, a whole day UTC."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date such as 2026-11-22") from None


def moment(now: dt.datetime | None) -> dt.datetime:
    """The clock reading a command works with: the given one, or the real clock's."""
    return now if now is not None else dt.datetime.now(dt.UTC)


HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        envvar="TOCSIN_HOME",
        help="The directory that holds all state.",
        file_okay=False,
    ),
]

JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Print the figures as one JSON object.", show_default=False),
]

NowOption = Annotated[
    dt.datetime | None,
    typer.Option(
        "--now",
        metavar="TIME",
        parser=parse_moment,
        help="The clock reading to work with, for tests and re-runs; else the real clock's.",
        show_default=False,
    ),
]
