"""What the demonstration shows to people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.cli.demo_figures import Figures, Told
from tocsin.cli.demo_steps import Shown
from tocsin.cli.demo_world.days import DAY
from tocsin.cli.demo_world.sources import HONEYPOTS
from tocsin.cli.reasons import reason_in_words
from tocsin.cli.shown import counts_table, number, plural
from tocsin.engine.reports import FinishedReport, first_lines

_ROWS = 3
"""How many rows of the example are shown, below its header."""


def story(shown: Shown, found: Figures, seconds: float) -> RenderableType:
    """All sections in the order in which things happened, a blank line between them."""
    areas = [
        (area.title, found.rows_by_area.get(name, 0))
        for name, area in shown.catalogue.areas.items()
    ]
    sections = [
        _opening(shown, found),
        _fates(found),
        counts_table(
            "What the night made of them, by kind of harm",
            sorted(((title, rows) for title, rows in areas if rows), key=lambda area: -area[1]),
        ),
        _told_table(found.told),
        *_example(found.example),
        _closing(shown, found, seconds),
    ]
    apart = [part for section in sections for part in (Text(""), section)]
    return Group(*apart[1:])


def _opening(shown: Shown, found: Figures) -> Text:
    return Text(
        f"A made-up Internet on {DAY}: {plural(found.tally.rows, 'row')} of logs in "
        f"{plural(len(found.tally.contents), 'file')} from {plural(found.sources, 'source')}, "
        f"below {shown.home.root / 'world' / 'logs'}\n"
        "(all addresses, AS numbers, countries and names are reserved for documentation)"
    )


# --- what came in -----------------------------------------------------------------------


def _fates(found: Figures) -> Table:
    """Every row's fate, and the reason beside it; then the files that were not taken."""
    tally = found.tally
    table = Table(
        title="What became of each row", title_justify="left", box=None, pad_edge=False,
        show_header=False,
    )  # fmt: skip
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(style="dim")
    held = f"{number(tally.held)} of them held: their time has not come yet" if tally.held else ""
    table.add_row(number(tally.accepted), Text("accepted", style="green"), "", held)
    for word, reasons, style in (
        ("dropped", tally.dropped, "cyan"),
        ("rejected", tally.rejected, "yellow"),
    ):
        for reason, count in reasons.most_common():
            in_words = Text(reason_in_words(reason))
            table.add_row(number(count), Text(word, style=style), Text(reason), in_words)
    for word, paths, why in (
        ("file skipped", found.known, "taken in before under another name"),
        ("file refused", [each.path for each in found.refused], "cut off: nothing of it was taken"),
    ):
        for path in paths:
            table.add_row("1", Text(word, style="yellow"), Text(path.name), Text(why))
    for name in found.provisional:
        why = "unknown to the catalogue: passed on with its own columns"
        table.add_row("1", Text("type added", style="green"), Text(name), Text(why))
    return table


# --- who is told ------------------------------------------------------------------------


def _told_table(told: tuple[Told, ...]) -> Table:
    table = Table(
        title="Who is told in the morning", title_justify="left", box=None, pad_edge=False
    )
    for heading in ("Organisation", "List", "Filter"):
        table.add_column(heading, no_wrap=True)
    for heading in ("Reports", "Rows"):
        table.add_column(heading, justify="right")
    for each in told:
        table.add_row(
            Text(each.organisation),
            Text(each.name),
            each.filter,
            number(each.reports),
            number(each.rows),
        )
    return table


def _example(example: FinishedReport | None) -> Iterator[RenderableType]:
    """The first lines of a report, as they are, cut at the edge of the screen."""
    if example is None:
        return
    lines = [
        Text(line, no_wrap=True, overflow="ellipsis", style="dim")
        for line in first_lines(example, _ROWS)
    ]
    left = example.slice.rows + 1 - len(lines)
    more = [Text(f"... and {plural(left, 'more row')}")] if left > 0 else []
    yield Group(Text(f"One of the reports: {example.file}"), *lines, *more)


def _closing(shown: Shown, found: Figures, seconds: float) -> Text:
    totals = found.totals
    return Text(
        f"{plural(totals['events'], 'event')} became {plural(totals['rows'], 'row')} of "
        f"{plural(len(found.types), 'report type')}, "
        f"{number(totals['rows_reported'])} of them somebody's: "
        f"{plural(totals['reports'], 'report')} for {plural(totals['lists'], 'list')} of "
        f"{plural(totals['organisations'], 'organisation')}, in {seconds:.0f} seconds.\n"
        f"They lie in {shown.folder}"
    )


def what_next(shown: Shown, example: FinishedReport | None) -> str:
    """Commands that work on what is there now."""
    root = shown.home.root
    log = next(path for path in shown.world.logs[HONEYPOTS] if path.name.startswith("pot-1-"))
    commands = [
        f"tocsin look {log} --source {HONEYPOTS} --home {root}",
        f"tocsin reports list --home {root}",
    ]
    if example is not None:
        commands.insert(0, f"tocsin explain {example.file} 1 --home {root}")
    return "\n      ".join(commands)
