"""`tocsin rules`: what rules there are, whether they hold together, what they make of a log."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path
from typing import Annotated

import typer

from tocsin.catalogue.correlations import Correlation
from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.load import load_catalogue, load_with_rule
from tocsin.catalogue.rules import Rule
from tocsin.cli.exit_codes import REJECTED
from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, NowOption, moment
from tocsin.cli.output import command
from tocsin.cli.rules_shown import (
    check_shown,
    correlation_shown,
    list_shown,
    rule_shown,
    trial_shown,
)
from tocsin.cli.rules_value import (
    check_value,
    correlation_value,
    list_value,
    rule_value,
    trial_value,
)
from tocsin.cli.steps import stepwise
from tocsin.engine.home import Home
from tocsin.engine.look.at_hand import AtHand, at_hand
from tocsin.engine.rule_check.chosen import chosen, is_file
from tocsin.model.errors import UsageError

app = typer.Typer(help="What the rules take, and whether they hold together.")

RuleArgument = Annotated[
    str, typer.Argument(metavar="RULE", help="Its id or title, or how either begins.")
]


@app.command("list")
def list_(
    source: Annotated[
        str,
        typer.Option(
            "--source",
            metavar="NAME",
            help="Only the rules of this source, and correlations that read them.",
            show_default=False,
        ),
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List the rules, by source and in the order in which they are asked, and the correlations."""
    with command("rules list", as_json=as_json, home=home) as output:
        catalogue = load_catalogue(Home(home).catalogue)
        if source:
            rules = catalogue.rules_of(catalogue.source(source).name)
        else:
            rules = tuple(sorted(catalogue.rules, key=lambda rule: rule.service))
        ids = {rule.id for rule in rules}
        together = [each for each in catalogue.correlations if ids.intersection(each.rules)]
        output.figures(list_value(rules, together), list_shown(rules, together))
        output.next("tocsin rules show RULE")


@app.command("show")
def show(
    rule: RuleArgument,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show what a rule or correlation asks, what becomes of it, and what is asked before it."""
    with command("rules show", as_json=as_json, home=home) as output:
        catalogue = load_catalogue(Home(home).catalogue)
        found = chosen(_every(catalogue), rule)
        if isinstance(found, Correlation):
            output.figures(correlation_value(found), correlation_shown(found, catalogue))
            output.next("tocsin rules check")
            return
        # Only here and below: reading Sigma takes longer than everything else.
        from tocsin.engine.classify.compiled import compile_rules

        (wanted,) = compile_rules([found]).wanted
        output.figures(rule_value(found, wanted, catalogue), rule_shown(found, wanted, catalogue))
        output.next(f"tocsin rules test {found.id} FILE")


@app.command("check")
def check(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Run all examples, and find rules that never get anything, each with file and line."""
    with command("rules check", as_json=as_json, home=home) as output:
        catalogue = load_catalogue(Home(home).catalogue)
        from tocsin.engine.rule_check.check import check_rules

        with stepwise(output) as progress:
            found = check_rules(catalogue, progress)
        output.figures(check_value(catalogue, found), check_shown(catalogue, found))
        if found:
            output.finish(REJECTED)
            output.next("mend these rules, and check again")
        else:
            output.next("tocsin rules test RULE FILE")


@app.command("test")
def try_out(
    rule: Annotated[
        str,
        typer.Argument(
            metavar="RULE", help="Its id or title, or how either begins; or the file of one."
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A log of the rule's source.")],
    source: Annotated[
        str,
        typer.Option(
            "--source",
            metavar="NAME",
            help="Read it as this source, which extends the rule's.",
            show_default=False,
        ),
    ] = "",
    top: Annotated[
        int,
        typer.Option("--top", metavar="NUMBER", min=1, max=1000, help="Rows shown of each kind."),
    ] = 3,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Show what a rule makes of a log: what it takes, what it nearly takes. Stores nothing."""
    with command("rules test", as_json=as_json, home=home) as output:
        found, there = _rule_and_home(rule, home)
        from tocsin.engine.rule_check.trial import TrialRequest, try_rule

        request = TrialRequest(found, file, moment(now), source, top)
        with stepwise(output) as progress:
            seen = try_rule(request, there, progress)
        output.figures(trial_value(found, seen), trial_shown(found, seen, there.catalogue))
        if seen.unreadable:
            output.finish(REJECTED)
        output.next(f"tocsin look {shlex.quote(str(file))} --source {seen.source}")


def _every(catalogue: Catalogue) -> list[Rule | Correlation]:
    return [*catalogue.rules, *catalogue.correlations]


def _rule_and_home(name: str, home: Path) -> tuple[Rule, AtHand]:
    """The rule that is meant, and what is at hand, with the rule if that is in a file."""
    there = at_hand(home)
    if not is_file(name):
        found = chosen(_every(there.catalogue), name)
        if isinstance(found, Correlation):
            raise UsageError(
                f"{found.title!r} is a correlation, which reads observations and no log",
                todo="try its rules, tocsin rules show names them; tocsin rules check runs its "
                "examples",
            )
        return found, there
    if not Path(name).is_file():
        todo = "check the name; tocsin rules list names the rules of the catalogue"
        raise UsageError(f"there is no file {name!r}", todo=todo)
    extra = None if there.home is None else Home(there.home).catalogue
    catalogue, rule = load_with_rule(extra, Path(name))
    return rule, dataclasses.replace(there, catalogue=catalogue)
