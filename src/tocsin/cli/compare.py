"""`tocsin compare`: the reports of a day beside those of another system."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.table import Table
from rich.text import Text

from tocsin.cli.lake import lake_store
from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, parse_day
from tocsin.cli.output import command
from tocsin.cli.shown import one_line, plural
from tocsin.configuration.load import load_configuration
from tocsin.engine.compare.compare import HEADER, Comparison, Group, compare
from tocsin.engine.compare.match import Side
from tocsin.engine.files import atomic_path
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.nightly.connection import Room, folder_in
from tocsin.engine.nightly.package import Package
from tocsin.engine.reports import newest_day, revisions_of
from tocsin.model.errors import UsageError

_MEMORY = "1GB"
_SIDES = {"old": Side.OLD, "ours": Side.OURS, "both": Side.BOTH}


def compare_command(
    old: Annotated[
        Path,
        typer.Option(
            "--old",
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Where the other system's reports lie, by their names.",
        ),
    ],
    day: Annotated[
        dt.date | None,
        typer.Option(
            "--date",
            metavar="DAY",
            parser=parse_day,
            help="The day; else the newest that is finished.",
            show_default=False,
        ),
    ] = None,
    tolerance: Annotated[
        int,
        typer.Option(
            "--tolerance",
            metavar="MINUTES",
            min=0,
            max=1440,
            help="How far the times of the same row may be apart.",
        ),
    ] = 60,
    renamed: Annotated[
        list[str] | None,
        typer.Option(
            "--renamed",
            metavar="NAMES",
            help="OLD=NEW: a list, with its filter, in the old names and in ours.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            dir_okay=False,
            help="Write every difference to this file.",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Count, for each list and type, the rows only in old reports, only in ours, and in both."""
    with command("compare", as_json=as_json, home=home) as output:
        place = Home.open(home, create=False)
        package = _package(place, day)
        store = lake_store(place, load_configuration(place.configuration))
        with ExitStack() as stack:
            scratch = stack.enter_context(folder_in(Room(scratch=place.root / "runs" / ".compare")))
            found = compare(
                place,
                store,
                home_catalogue(place),
                package,
                old,
                tolerance=tolerance * 60,
                renamed=_names(renamed or []),
                room=Room(memory_limit=_MEMORY, scratch=scratch),
                out=_opened(stack, out),
            )
        output.figures(_value(found, package), _table(found))
        for problem in found.problems:
            output.warn(f"{problem.where}: {problem.what} ({problem.todo})")
        if found.unreadable:
            output.warn(f"{plural(found.unreadable, 'row')} of old reports could not be read")
        output.next(f"{out} has every difference" if out else "the same with --csv FILE")


def _package(home: Home, day: dt.date | None) -> Package:
    wanted = day or newest_day(home.root)
    revisions = revisions_of(home.root, wanted) if wanted else []
    if wanted is None or not revisions:
        raise UsageError(
            f"there is no finished run of {wanted or 'any day'}",
            where=str(home.root / "runs"),
            todo="tocsin nightly makes one",
        )
    return Package(home.root, wanted, revisions[-1])


def _names(renamed: list[str]) -> Mapping[str, str]:
    pairs = [each.partition("=") for each in renamed]
    if any(not old or not new for old, _, new in pairs):
        raise UsageError("a name is missing", where="--renamed", todo="say OLD=NEW")
    return {old.lower(): new for old, _, new in pairs}


def _opened(stack: ExitStack, out: Path | None) -> IO[str] | None:
    if out is None:
        return None
    temporary = stack.enter_context(atomic_path(out))
    stream = stack.enter_context(temporary.open("w", encoding="utf-8", newline=""))
    stream.write(HEADER)
    return stream


def _value(found: Comparison, package: Package) -> dict[str, object]:
    return {
        "day": package.day.isoformat(),
        "revision": package.revision,
        **{name: found.total[side] for name, side in _SIDES.items()},
        "unreadable": found.unreadable,
        "reasons": dict(sum(found.reasons.values(), Counter())),
        "reasons_ours": dict(sum(found.reasons_ours.values(), Counter())),
        "groups": [
            {
                **group._asdict(),
                **{name: counts[side] for name, side in _SIDES.items()},
                "reasons": dict(found.reasons.get(group, {})),
                "reasons_ours": dict(found.reasons_ours.get(group, {})),
            }
            for group, counts in sorted(found.counts.items())
        ],
    }


def _table(found: Comparison) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("organisation", "list", "report type"):
        table.add_column(title, overflow="fold")
    for title in ("only old", "only ours", "both"):
        table.add_column(title, justify="right")
    table.add_column("why not in ours", overflow="fold")
    table.add_column("why not in theirs", overflow="fold")
    for group, counts in sorted(found.counts.items()):
        table.add_row(*_cells(group, counts, found))
    return table


def _cells(group: Group, counts: Mapping[Side, int], found: Comparison) -> list[Text]:
    said = (_said(each.get(group, Counter())) for each in (found.reasons, found.reasons_ours))
    numbers = (str(counts.get(side, 0)) for side in _SIDES.values())
    return [Text(one_line(each)) for each in (*group, *numbers, *said)]


def _said(why: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(why.items(), key=_most))


def _most(each: tuple[str, int]) -> int:
    return -each[1]
