"""`tocsin explain`: why a list got a row of its report."""

from __future__ import annotations

from typing import Annotated

import typer

from tocsin.catalogue.load import load_catalogue
from tocsin.cli.exit_codes import REJECTED
from tocsin.cli.explain_shown import shown
from tocsin.cli.explain_value import value
from tocsin.cli.lake import lake_store
from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption
from tocsin.cli.output import command
from tocsin.configuration.load import load_configuration
from tocsin.engine.explain.explain import explain
from tocsin.engine.home import Home


def explain_command(
    report: Annotated[
        str, typer.Argument(metavar="REPORT", help="A report's file name, or an exported file.")
    ],
    row: Annotated[int, typer.Argument(metavar="ROW", help="The row, from 1 below the header.")],
    revision: Annotated[
        int | None,
        typer.Option(
            "--revision",
            metavar="NUMBER",
            min=1,
            help="The run's revision; else the newest.",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Explain a row: its event, its type, whose it is, which network matched, its terms."""
    with command("explain", as_json=as_json, home=home) as output:
        place = Home.open(home, create=False)
        catalogue = load_catalogue(place.catalogue)
        store = lake_store(place, load_configuration(place.configuration))
        found = explain(place, store, catalogue, report, row, revision=revision)
        output.figures(value(found), shown(found))
        if not found.reasons:
            output.warn("no network of the list brings it this row; please report this")
            output.finish(REJECTED)
        output.next(f"tocsin catalogue show {found.report_type.id}   (what such a row means)")
