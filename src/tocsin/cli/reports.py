"""`tocsin reports`: list, show and export what finished runs have made."""

from __future__ import annotations

import csv
import datetime as dt
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, parse_day
from tocsin.cli.output import Output, command
from tocsin.cli.shown import number, plural
from tocsin.engine.home import Home
from tocsin.engine.intake.ledger import Ledger
from tocsin.engine.reports import (
    FinishedReport,
    Wanted,
    export_reports,
    find_report,
    finished_days,
    first_lines,
    list_reports,
    newest_day,
    revisions_of,
)
from tocsin.model.errors import UsageError

if TYPE_CHECKING:
    from tocsin.engine.interop.export import Exporter

app = typer.Typer(help="Finished reports: list them, look into one, put them out as files.")

DateOption = Annotated[
    dt.date | None,
    typer.Option(
        "--date",
        metavar="DAY",
        parser=parse_day,
        help="The day (UTC) that the reports are about; else the newest whole one that was run.",
        show_default=False,
    ),
]
AllDaysOption = Annotated[bool, typer.Option("--all-days", help="Every day, not one.")]
TypeOption = Annotated[
    str | None,
    typer.Option("--type", metavar="TYPE", help="Only this report type.", show_default=False),
]
ListOption = Annotated[
    str | None,
    typer.Option(
        "--list", metavar="LIST", help="Only this list: its name or id.", show_default=False
    ),
]
RevisionOption = Annotated[
    int | None,
    typer.Option(
        "--revision",
        metavar="NUMBER",
        min=1,
        help="This revision, not the newest.",
        show_default=False,
    ),
]


class Form(StrEnum):
    """How `export` writes rows."""

    CSV = "csv"
    INTELMQ = "intelmq"
    IDEA = "idea"
    XARF = "xarf"


@app.command("list")
def list_(
    date: DateOption = None,
    all_days: AllDaysOption = False,
    report_type: TypeOption = None,
    list_name: ListOption = None,
    revision: RevisionOption = None,
    rows: Annotated[
        int,
        typer.Option(
            "--rows", metavar="NUMBER", min=1, help="How many reports the table shows at most."
        ),
    ] = 40,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List reports: file, rows, size."""
    with command("reports list", as_json=as_json, home=home) as output:
        root = Home.open(home, create=False).root
        wanted = Wanted(_day(root, date, all_days), report_type, list_name, revision)
        found = list_reports(root, wanted)
        output.figures(
            {"reports": [report.to_json() for report in found], **_sums(found)},
            _listing(found, wanted, rows, root),
        )
        _warn_of_partial(found, output)
        if found:
            output.next(f"tocsin reports show {found[0].file}")
        else:
            output.next(_next_for_none(root))


@app.command("show")
def show(
    file: Annotated[str, typer.Argument(metavar="REPORT", help="File name of a report.")],
    rows: Annotated[
        int, typer.Option("--rows", metavar="NUMBER", min=0, help="How many rows to show at most.")
    ] = 10,
    revision: RevisionOption = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show the first rows of a report as they stand in it."""
    with command("reports show", as_json=as_json, home=home) as output:
        report = find_report(Home.open(home, create=False).root, file, revision)
        lines = first_lines(report, rows)
        header, *cells = csv.reader(lines, strict=True)
        shown = [dict(zip(header, each, strict=True)) for each in cells]
        output.figures({**report.to_json(), "columns": header, "shown": shown}, "\n".join(lines))
        left = report.slice.rows - len(shown)
        if left:
            output.line(f"... and {plural(left, 'more row')}")
        _warn_of_partial([report], output)
        output.next("tocsin reports export DIR   (writes reports as files)")


@app.command("export")
def export(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Where the files go; made if need be.", file_okay=False),
    ],
    date: DateOption = None,
    all_days: AllDaysOption = False,
    report_type: TypeOption = None,
    list_name: ListOption = None,
    revision: RevisionOption = None,
    form: Annotated[
        Form,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="csv as reports are, or an object for each row: intelmq, idea or xarf.",
        ),
    ] = Form.CSV,
    zipped: Annotated[bool, typer.Option("--zip", help="Each report in a zip of its own.")] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Write reports as single files, each checked against its hash, or say them otherwise."""
    with command("reports export", as_json=as_json, home=home) as output:
        root = Home.open(home, create=False).root
        wanted = Wanted(_day(root, date, all_days), report_type, list_name, revision)
        if not finished_days(root):
            raise UsageError(
                "there are no reports to export: no day has a finished run",
                where=str(root / "runs"),
                todo=_next_for_none(root),
            )
        found = list_reports(root, wanted)
        if not found:
            _nothing_to_export(directory, wanted, output)
            return
        exporter = _exporter(Home(root), form)
        with output.progress("Exporting", len(found)) as advance:
            written, said = _written(found, directory, exporter, advance, zipped=zipped)
        output.figures(
            {
                "directory": str(directory),
                "format": form.value,
                "files": [path.name for path in written],
                **_sums(found),
            },
            f"{plural(len(written), 'report')} with {plural(_rows(found), 'row')} "
            f"written to {directory}{said}",
        )
        _warn_of_partial(found, output)
        first = shlex.quote(str(written[0]))
        output.next(f"tocsin look {first}" if form is Form.CSV else "tocsin reports list")


def _exporter(home: Home, form: Form) -> Exporter | None:
    """What says rows otherwise than CSV; ConfigurationError where settings lack what it needs."""
    if form is Form.CSV:
        return None
    # Only here: reading published rows loads more than all other commands of reports.
    from tocsin.cli.reports_interop import exporter_for

    return exporter_for(home, form.value)


def _written(
    found: Sequence[FinishedReport],
    directory: Path,
    exporter: Exporter | None,
    advance: Callable[[int], None],
    *,
    zipped: bool,
) -> tuple[list[Path], str]:
    """Write the files; their paths, and what is to be said of what is in them."""
    if exporter is None:
        return export_reports(found, directory, zipped=zipped, advance=advance), ""
    done = exporter.export(found, directory, zipped=zipped, advance=advance)
    return list(done.objects), f" as {number(done.total)} {exporter.vocabulary.title}"


def _nothing_to_export(directory: Path, wanted: Wanted, output: Output) -> None:
    said = f"{_none_found(wanted)} Nothing was written."
    output.figures({"directory": str(directory), "files": [], **_sums([])}, said)
    output.next("tocsin reports list --all-days")


def _next_for_none(root: Path) -> str:
    """What has to be done before there can be the reports that were asked for."""
    if finished_days(root):
        return "tocsin reports list --all-days"
    if any(Ledger(Home(root).ledger).records()):
        return "tocsin nightly   (makes the reports of yesterday; --date D for another day)"
    return "tocsin collect FILE --source NAME   (there is nothing to make reports of yet)"


def _day(root: Path, date: dt.date | None, all_days: bool) -> dt.date | None:
    """The day that is asked for; None for all of them, or where no day has been run."""
    if all_days:
        if date is not None:
            raise UsageError("--date and --all-days exclude each other", todo="give one of them")
        return None
    days = finished_days(root)
    if date is None:
        return newest_day(root)
    if date not in days:
        newest = f"the newest is {days[-1]}" if days else "no day has"
        raise UsageError(
            f"{date} has no finished run ({newest})",
            where=str(root / "runs"),
            todo=f"tocsin nightly --date {date}",
        )
    return date


def _listing(found: Sequence[FinishedReport], wanted: Wanted, most: int, root: Path) -> Group | str:
    if not found:
        return _none_found(wanted)
    table = Table(box=None, pad_edge=False)
    table.add_column("Report", overflow="fold")
    for title in ("Rows", "Bytes"):
        table.add_column(title, justify="right")
    for report in found[:most]:
        table.add_row(Text(report.file), number(report.slice.rows), number(report.slice.length))
    left = len(found) - most
    more = [f"... and {number(left)} more (--rows, --type, --list or --json)"] if left > 0 else []
    return Group(table, *more, "", _summary(found), *_other_revisions(found, root))


def _none_found(wanted: Wanted) -> str:
    of = f" of {wanted.day}" if wanted.day else ""
    return f"There are no such reports{of}."


def _other_revisions(found: Sequence[FinishedReport], root: Path) -> list[str]:
    """A line for each day that has been made more than once."""
    shown = {report.day: report.package.revision for report in found}
    lines = []
    for day, revision in shown.items():
        others = [str(each) for each in revisions_of(root, day) if each != revision]
        if others:
            lines.append(f"{day} also has revision {' and '.join(others)} (--revision NUMBER).")
    return lines


def _summary(found: Sequence[FinishedReport]) -> str:
    days = Counter(f"{report.day} r{report.package.revision}" for report in found)
    of = next(iter(days)) if len(days) == 1 else plural(len(days), "day")
    lists = len({report.slice.list for report in found})
    return (
        f"{of}: {plural(len(found), 'report')} for {plural(lists, 'list')}, "
        f"{plural(_rows(found), 'row')}"
    )


def _warn_of_partial(found: Sequence[FinishedReport], output: Output) -> None:
    for day in sorted({report.day for report in found if report.partial}):
        output.warn(f"{day} was not over when its reports were made; they are not whole")


def _sums(found: Sequence[FinishedReport]) -> dict[str, int]:
    return {"rows": _rows(found), "bytes": sum(report.slice.length for report in found)}


def _rows(found: Sequence[FinishedReport]) -> int:
    return sum(report.slice.rows for report in found)
