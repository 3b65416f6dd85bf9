"""`tocsin look`: what is in a file, without configuration and without writing anything."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.exit_codes import REJECTED, TERMINAL
from tocsin.cli.look_remarks import remarks
from tocsin.cli.look_shown import shown
from tocsin.cli.look_value import value
from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, NowOption, moment
from tocsin.cli.output import Output, command
from tocsin.cli.steps import stepwise
from tocsin.engine.intake.filters import SWITCHES
from tocsin.engine.look.at_hand import AtHand, at_hand
from tocsin.engine.look.look import Look, LookRequest, look
from tocsin.model.errors import InputError, Problem

_NEARLY_ALL = 0.9
"""Of the rows: if more than this part is too old, the file is one for the record."""


def look_command(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", help="Logs or reports; .gz, .zst and .zip are read as they are."
        ),
    ],
    source: Annotated[
        str,
        typer.Option(
            "--source", metavar="NAME", help="Read them as this source; else they tell themselves."
        ),
    ] = "",
    report_type: Annotated[
        str,
        typer.Option(
            "--type", metavar="TYPE", help="The report type, where file names do not tell it."
        ),
    ] = "",
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without", metavar="FILTER", help=f"Go without a filter: {', '.join(SWITCHES)}."
        ),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", metavar="NUMBER", min=1, max=1000, help="Lines in each list.")
    ] = 10,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Look into files: what they are, how many rows are good, who and what is in them.

    Writes nothing. If there is a home, its catalogue, allow list and newest atlas are used.
    """
    with command("look", as_json=as_json, home=home) as output:
        there = at_hand(home)
        request = LookRequest(
            files=files,
            now=moment(now),
            source=source,
            report_type=report_type,
            switched_off=tuple(without or ()),
        )
        with stepwise(output) as progress:
            seen = look(request, there, progress)
        _refuse_if_nothing_was_read(seen)
        output.figures(value(seen, top, there), shown(seen, top, there.atlas))
        said = remarks(seen, there.atlas)
        if said:
            output.line("\n" + "\n".join(said))
        _end(seen, request, there, output)


def _refuse_if_nothing_was_read(seen: Look) -> None:
    """Raise what is wrong if there is nothing else to show."""
    problems = [each.problem for each in seen.files if each.problem]
    if len(problems) < len(seen.files):
        return
    if len(problems) == 1:
        raise problems[0]
    raise InputError(
        f"none of the {len(problems)} files can be read",
        problems=[Problem(each.where, each.line, 0, each.what, each.todo) for each in problems],
    )


def _end(seen: Look, request: LookRequest, there: AtHand, output: Output) -> None:
    for each in seen.files:
        if each.problem is not None:
            output.warn(each.problem.message())
    if not any(each.read for each in seen.files):
        output.finish(TERMINAL)
    elif seen.tally.rejected or not all(each.read for each in seen.files):
        output.finish(REJECTED)
    output.next(next_step(seen, request, there))


def next_step(seen: Look, request: LookRequest, there: AtHand) -> str:
    """What a reader would most likely do with what was seen."""
    tally = seen.tally
    if not any(each.read for each in seen.files):
        return _next_for_nothing_read(seen, request)
    if not tally.rows:
        return "nothing to do: there are no rows"
    if not tally.kept:
        return _next_for_nothing_kept(seen, request)
    collect = _collect(seen, request)
    if there.atlas is not None:
        return collect
    if tally.asns or tally.countries:
        return f"{collect} --without-atlas"
    at = f"{tally.first:%Y-%m-%d}" if tally.first else "DATE"
    return f"tocsin atlas build --routes FILE --at {at}   (docs/operators/atlas.md says of what)"


def _next_for_nothing_read(seen: Look, request: LookRequest) -> str:
    if any("routes" in each.stranger.looks_like for each in seen.files if each.stranger):
        return f"tocsin atlas build --routes {_files(request)} --at DATE"
    return f"tocsin look {_files(request)}   (once it is in one of the forms that are read)"


def _next_for_nothing_kept(seen: Look, request: LookRequest) -> str:
    tally = seen.tally
    files = _files(request)
    if tally.dropped["reserved"]:
        return f"tocsin look {files} --without reserved   (to see them nevertheless)"
    if tally.dropped["no_rule"]:
        return "write a rule that takes them, as docs/developers/extending.md shows"
    if tally.rejected["no_report_type"]:
        return "give each row a report_type, as docs/operators/tocsin-ndjson.md says"
    if any("prefix" in each.columns for each in seen.files):
        return f"tocsin atlas build --geo {files} --at DATE   (it looks like a table for an atlas)"
    if tally.rejected["no_time"] == tally.rows:
        return "name the column of the events' times timestamp, and look again"
    return f"mend the rows, or tocsin look {files} --type TYPE   (tocsin catalogue list names them)"


def _collect(seen: Look, request: LookRequest) -> str:
    sources = list(dict.fromkeys(each.source for each in seen.files if each.read))
    words = [
        "tocsin collect",
        _files(request),
        "--source",
        sources[0] if len(sources) == 1 else "NAME",
    ]
    type_ids = {each.type.id for each in seen.files if each.read and each.type.needs_saying}
    if type_ids:
        words += ["--type", type_ids.pop() if len(type_ids) == 1 else "TYPE"]
    if seen.tally.too_old > _NEARLY_ALL * seen.tally.kept:
        words.append("--historical")
    return " ".join(words)


def _files(request: LookRequest) -> str:
    return shlex.quote(str(request.files[0])) if len(request.files) == 1 else "FILE..."
