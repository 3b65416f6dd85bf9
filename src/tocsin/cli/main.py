"""The command `tocsin`: an explicit table of its commands, loaded only when called."""

from __future__ import annotations

import io
import os
import sys
import traceback
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated

import typer

from tocsin import __version__
from tocsin.cli.exit_codes import FAULT


@dataclass(frozen=True, slots=True)
class Command:
    """A word after `tocsin`: where its function, or its group's typer object, is defined."""

    name: str
    module: str
    attribute: str
    summary: str

    def register(self, app: typer.Typer) -> None:
        """Load the module and make the command part of `app`."""
        target = getattr(import_module(self.module), self.attribute)
        if isinstance(target, typer.Typer):
            app.add_typer(target, name=self.name, short_help=self.summary, no_args_is_help=True)
        else:
            app.command(self.name, short_help=self.summary)(target)

    def announce(self, app: typer.Typer) -> None:
        """Let the help know of the command without loading it."""
        app.command(self.name, short_help=self.summary)(_announced)


COMMANDS: tuple[Command, ...] = (
    Command("demo", "tocsin.cli.demo", "demo_command", "See a day from logs to reports."),
    Command("look", "tocsin.cli.look", "look_command", "See what is in a log or report."),
    Command("atlas", "tocsin.cli.atlas", "app", "Maps of whose address is whose, day by day."),
    Command(
        "collect",
        "tocsin.cli.collect",
        "collect_command",
        "Take files of a source in, every row accounted for.",
    ),
    Command("nightly", "tocsin.cli.nightly", "nightly_command", "Make the reports of a day."),
    Command("replay", "tocsin.cli.nightly", "replay_command", "Make a finished day once more."),
    Command("lists", "tocsin.cli.lists", "app", "Check the file of who subscribes to what."),
    Command("reports", "tocsin.cli.reports", "app", "List, show and export finished reports."),
    Command("sensor", "tocsin.cli.sensor", "app", "Say which sensors not to believe, and when."),
    Command("withdraw", "tocsin.cli.withdraw", "app", "Withdraw verdicts that were wrong."),
    Command("hold", "tocsin.cli.hold", "app", "Hold back what is to be looked at first."),
    Command("recall", "tocsin.cli.recall", "recall_command", "Take back rows that were sent."),
    Command("compare", "tocsin.cli.compare", "compare_command", "Set reports beside old ones."),
    Command("explain", "tocsin.cli.explain", "explain_command", "Say why a list got a row."),
    Command("catalogue", "tocsin.cli.catalogue", "app", "Report types, columns and sources."),
    Command("known", "tocsin.cli.known", "app", "Networks that are known for what they are."),
    Command("rules", "tocsin.cli.rules", "app", "Check rules, and try them on logs."),
    Command("service", "tocsin.cli.service", "app", "People, proofs, lists and pages."),
    Command("doctor", "tocsin.cli.doctor", "app", "See what is wrong around an installation."),
    Command("mailbox", "tocsin.cli.mailbox", "app", "Mail to the service: how it comes in."),
    Command("contacts", "tocsin.cli.contacts", "app", "Addresses that are told though unasked."),
    Command("subscribers", "tocsin.cli.subscribers", "app", "Subscribers as files, out and in."),
    Command("plan", "tocsin.cli.plan", "plan_command", "Say what a day of some size would take."),
    Command("prune", "tocsin.cli.prune", "prune_command", "Remove what is old enough to go."),
)


def application(only: str | None = None) -> typer.Typer:
    """The whole command line; with `only`, the other commands are announced, not loaded."""
    app = typer.Typer(
        name="tocsin",
        help="Tell the owners of networks, every morning, what harm was seen in them.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    app.callback()(_root)
    for command in COMMANDS:
        if only is None or command.name == only:
            command.register(app)
        else:
            command.announce(app)
    return app


def main() -> None:
    """Entry point of the script `tocsin`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        application(_called(sys.argv[1:]))()
    except Exception:  # noqa: BLE001 - the last resort: told in full, with a code of its own
        traceback.print_exc()
        sys.stderr.write("This is a fault of Tocsin itself; please report the lines above.\n")
        sys.exit(FAULT)


def _called(arguments: list[str]) -> str | None:
    """The command that is called; "" if only help or the version is asked for; None for all."""
    if "_TOCSIN_COMPLETE" in os.environ:
        return None
    return next((each for each in arguments if not each.startswith("-")), "")


def _announced() -> None:
    """Never called: the command that is called is always loaded."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tocsin {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version and end.",
            show_default=False,
        ),
    ] = False,
) -> None:
    pass
