"""Options that take several files each, as a shell's `*` gives them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

_FILE_OPTIONS = ("--routes", "--geo", "--names")


class FilesCommand(TyperCommand):
    """A command with such options, and no other arguments."""

    # Typer hands a context of its public kind over, but declares the parameter as a private one.
    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Read `--routes A B` as `--routes A --routes B`."""
        return super().parse_args(ctx, spread(args, _FILE_OPTIONS))


def spread(arguments: Sequence[str], options: Collection[str]) -> list[str]:
    """Repeat each of `options` before every further value that follows it."""
    result: list[str] = []
    option, values = "", 0
    for argument in arguments:
        if argument.startswith("-"):
            option, _, value = argument.partition("=")
            values = 1 if value else 0
        elif option in options:
            if values:
                result.append(option)
            values += 1
        result.append(argument)
    return result


RoutesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--routes",
        metavar="FILE...",
        help="Routes: an MRT dump, iptoasn, a database of ASes, pyasn's text form, CSV.",
        show_default=False,
    ),
]
GeoOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--geo",
        metavar="FILE...",
        help="Places: a database of cities, a registry's delegations, iptoasn, CSV; industries.",
        show_default=False,
    ),
]
NamesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--names",
        metavar="FILE...",
        help="Names of ASes: lines of number and name, a JSON object, CSV.",
        show_default=False,
    ),
]
