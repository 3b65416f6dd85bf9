"""`tocsin subscribers`: subscribers as files, written out and brought in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, NowOption, moment
from tocsin.cli.output import Output, command
from tocsin.cli.shown import number, plural, short
from tocsin.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.service.subscribers.exchange.bring import Difference

app = typer.Typer(help="Subscribers as files, written out and brought in.")

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The file.")]


@app.command("export")
def export(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file; with --form csv, a directory.")
    ],
    form: Annotated[
        str,
        typer.Option(
            "--form",
            metavar="FORM",
            help="json, csv (a table per kind of thing), certbund, n6, or mentat.",
        ),
    ] = "json",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Write all organisations with their people, networks, proofs, lists and recipients."""
    with command("subscribers export", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.subscribers.exchange.export import export_csv, export_json
        from tocsin.service.subscribers.exchange.foreign_export import WRITERS, export_foreign

        own = {"json": export_json, "csv": export_csv}
        if form not in own and form not in WRITERS:
            todo = f"say one of {', '.join((*own, *WRITERS))}"
            raise UsageError(f"{form!r} is no form", where="--form", todo=todo)
        left_out: Mapping[str, int] = {}
        if form in own:
            count = own[form](file)
        else:
            count, left_out = export_foreign(file, form)
        said = f"{plural(count, 'organisation')} written to {file}"
        figures = {"organisations": count, "path": str(file), "left_out": dict(left_out)}
        output.figures(figures, said)
        for what, number_of in sorted(left_out.items()):
            if number_of:
                output.line(f"{number(number_of):>12} {what}: left out")
        output.next("keep it where only you can read it: it holds names, phones and addresses")


@app.command("import")
def bring(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file; with --form csv, a directory.")
    ],
    form: Annotated[
        str, typer.Option("--form", metavar="FORM", help="tocsin, csv, certbund, n6, or mentat.")
    ],
    apply: Annotated[
        bool, typer.Option("--apply", help="Make the change.", show_default=False)
    ] = False,
    vouch: Annotated[
        bool,
        typer.Option(
            "--vouch",
            help="Of other programs' files, take recipients for role addresses.",
            show_default=False,
        ),
    ] = False,
    invite: Annotated[
        bool,
        typer.Option("--invite", help="Ask new recipients by mail to agree.", show_default=False),
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Show what a file of subscribers would change; with --apply, change it."""
    with command("subscribers import", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.audit.models import ActorKind
        from tocsin.service.audit.record import Actor
        from tocsin.service.subscribers.exchange.bring import bring_in, differences
        from tocsin.service.subscribers.exchange.read import FORMS, read_subscribers
        from tocsin.service.subscribers.models import RecipientKind

        if form not in FORMS:
            raise UsageError(
                f"{form!r} is no form", where="--form", todo=f"say one of {', '.join(FORMS)}"
            )
        kind = RecipientKind.ROLE if vouch else RecipientKind.PERSON
        read = read_subscribers(file, form, kind)
        if apply:
            by = Actor(ActorKind.OPERATOR, "command line")
            done = bring_in(read, f"{form} {file.name}"[:200], by, moment(now), invite=invite)
        else:
            done = differences(read, moment(now))
        _tell(output, done, applied=apply)


def _tell(output: Output, done: Difference, *, applied: bool) -> None:
    changes = [
        {
            "organisation": slug,
            "line": line,
            "outcome": change.outcome.value,
            "part": change.part.value,
            "name": change.name,
            "why": change.why,
            "was": _texts(change.was),
            "becomes": _texts(change.becomes),
        }
        for slug, line, change in done.shown
    ]
    table = Table(box=None, pad_edge=False)
    for title in ("", "organisation", "what", "why"):
        table.add_column(title)
    for slug, _, change in done.shown:
        why = change.why or ", ".join(change.becomes or ())
        table.add_row(change.outcome.value, short(slug), short(str(change)), short(why))
    output.figures({"applied": applied, "changes": changes, **done.figures()}, table)
    output.line("")
    for word, count in done.figures().items():
        if count:
            output.line(f"{number(count):>12} {word}")
    for problem in done.problems:
        output.warn(str(problem))
    figures = done.figures()
    if figures["refused"] or figures["conflict"]:
        output.finish(1)
    if applied:
        output.next("tocsin service snapshot   (makes it count from the next night on)")
    else:
        output.next("say the same with --apply to make the change; nothing has been changed yet")


def _texts(values: object) -> dict[str, str]:
    return {name: str(each) for name, each in values.items()} if isinstance(values, dict) else {}


@app.command("directory")
def directory(
    file: FileArgument, home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False
) -> None:
    """Keep a directory of CERTs, which staff see beside requests for countries."""
    with command("subscribers directory", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        place = start(home)
        from tocsin.service.verification.cert_directory import keep, read_directory

        teams, problems = read_directory(file)
        keep(place, teams)
        said = f"{plural(len(teams), 'team')} kept"
        output.figures({"teams": len(teams), "refused": len(problems)}, said)
        for problem in problems:
            output.warn(str(problem))
        if problems:
            output.finish(1)
        output.next("tocsin service run   (the pages of staff show who is in it)")
