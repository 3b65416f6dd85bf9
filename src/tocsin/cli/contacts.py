"""`tocsin contacts`: addresses that are told of a network's harm though nobody asked for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, NowOption, moment
from tocsin.cli.output import Output, command
from tocsin.cli.shown import number, plural, short
from tocsin.model.errors import UsageError

if TYPE_CHECKING:
    from tocsin.service.audit.record import Actor
    from tocsin.service.subscribers.abuse_contacts.importing import Difference
    from tocsin.service.subscribers.abuse_contacts.reading.lines import Read

app = typer.Typer(help="Addresses that are told of harm though nobody asked for it.")

_FORMS = ("csv", "rpsl", "arin", "rdap", "security-txt")
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept for good.")]
AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="The mail address.")]


@app.command("import")
def bring(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The files.")],
    form: Annotated[
        str,
        typer.Option("--form", metavar="FORM", help="csv, rpsl, arin, rdap, or security-txt."),
    ],
    source: Annotated[
        str, typer.Option("--source", metavar="NAME", help="Whose word it is; else the form.")
    ] = "",
    country: Annotated[
        str,
        typer.Option(
            "--country", metavar="XX", help="Of rpsl and arin, only this country's networks."
        ),
    ] = "",
    fetch: Annotated[
        bool,
        typer.Option(
            "--fetch",
            help="Of security-txt: FILE has a domain a line, and each is asked.",
            show_default=False,
        ),
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Make the change.", show_default=False)
    ] = False,
    allow_loss: Annotated[
        bool,
        typer.Option(
            "--allow-loss", help="Even if most would be gone afterwards.", show_default=False
        ),
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Show what a file of contacts would change; with --apply, change it."""
    with command("contacts import", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.subscribers.abuse_contacts.importing import bring_in, differences
        from tocsin.service.subscribers.models import ContactOrigin

        if form not in _FORMS:
            raise UsageError(
                f"{form!r} is no form", where="--form", todo=f"say one of {', '.join(_FORMS)}"
            )
        if fetch and form != "security-txt":
            raise UsageError(f"nothing is fetched of {form}", where="--fetch", todo="leave it out")
        origin = {
            "csv": ContactOrigin.OPERATOR_FILE,
            "rpsl": ContactOrigin.REGISTRY_FILE,
            "arin": ContactOrigin.REGISTRY_FILE,
            "rdap": ContactOrigin.RDAP,
            "security-txt": ContactOrigin.SECURITY_TXT,
        }[form]
        read: Iterable[Read]
        if fetch or form == "rdap":
            # The world is asked before the database is locked for what it says.
            read = list(_asking(form, files, moment(now)))
        elif form == "arin":
            from tocsin.service.subscribers.abuse_contacts.reading.arin import read_arin

            # Half of the reading is done here, before the database is locked.
            read = read_arin(files, country.upper())
        else:
            read = _reading(form, files, country.upper(), moment(now))
        name = (source or form)[:40]
        if apply:
            at = moment(now)
            done = bring_in(read, origin, name, _operator(), at, loss_allowed=allow_loss)
        else:
            done = differences(read, origin, name)
        _tell(output, done, applied=apply)


def _reading(form: str, files: list[Path], country: str, now: dt.datetime) -> Iterable[Read]:
    from tocsin.service.subscribers.abuse_contacts.reading.csv_file import read_csv
    from tocsin.service.subscribers.abuse_contacts.reading.rpsl import read_rpsl
    from tocsin.service.subscribers.abuse_contacts.security_txt import (
        FetchedFiles,
        read_security_txts,
    )

    if form == "security-txt":
        sites = FetchedFiles(files)
        yield from read_security_txts(sites.domains, sites, now)
    if form == "rpsl":
        yield from read_rpsl(files, country)
    for path in files if form == "csv" else ():
        yield from read_csv(path)


def _asking(form: str, files: list[Path], now: dt.datetime) -> Iterable[Read]:
    """What registries say of the networks, or sites of the domains, that the lines name."""
    from tocsin.service.outside import outside
    from tocsin.service.subscribers.abuse_contacts.rdap import read_rdap
    from tocsin.service.subscribers.abuse_contacts.reading.lines import numbered, opened
    from tocsin.service.subscribers.abuse_contacts.security_txt import read_security_txts

    for path in files:
        with opened(path) as stream:
            said = [line.strip() for _, line in numbered(stream) if line.strip()]
        if form == "rdap":
            yield from read_rdap(said, outside().registry)
        else:
            yield from read_security_txts(said, outside().sites(), now)


def _tell(output: Output, done: Difference, *, applied: bool) -> None:
    shown = [
        {"outcome": each.outcome, "network": each.network, "address": each.address, "was": each.was}
        for each in done.shown
    ]
    table = _rows(
        ("", "network", "address"), ((e.outcome, e.network, e.address) for e in done.shown)
    )
    output.figures({"applied": applied, "changes": shown, **done.figures()}, table)
    output.line("")
    for word, count in done.figures().items():
        if count:
            output.line(f"{number(count):>12} {word}")
    if done.kept_off:
        output.line(f"{number(done.kept_off):>12} gone, but kept: they are off")
    for problem in done.problems:
        output.warn(str(problem))
    if done.problems:
        output.finish(1)
    if applied:
        output.next("tocsin contacts policies   (says whether and how contacts are told)")
        return
    if done.is_suspicious:
        output.warn("more than half of what this source had would be gone; is the file whole?")
    output.next("say the same with --apply to make the change; nothing has been changed yet")


@app.command("show")
def show(
    network: Annotated[
        str, typer.Argument(metavar="NETWORK", help="An address, prefix, AS number or domain.")
    ],
    asn: Annotated[
        int | None, typer.Option("--asn", metavar="N", help="The AS that originates it, if known.")
    ] = None,
    country: Annotated[
        str, typer.Option("--country", metavar="XX", help="The country that it is in, if known.")
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Say who is told of harm in a network, who would be next, and why."""
    with command("contacts show", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.subscribers.abuse_contacts.asking import asked_for
        from tocsin.service.subscribers.abuse_contacts.find import chain_of

        steps = chain_of(asked_for(network, asn, country), moment(now))
        said = [
            {
                "kind": step.kind.value,
                "who": step.who,
                "addresses": list(step.addresses),
                "why": step.why,
                "taken": step.is_taken,
            }
            for step in steps
        ]
        rows = (
            ("told" if step.is_taken else "", ", ".join(step.addresses), step.why) for step in steps
        )
        output.figures({"network": network, "chain": said}, _rows(("", "addresses", "why"), rows))
        if not any(step.is_taken for step in steps):
            output.line("Nobody is told.")
        output.next("tocsin contacts policies   (says whether and how contacts are told)")


@app.command("disable")
def disable(
    address: AddressArgument,
    reason: ReasonOption,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Tell an address nothing any more, for whichever network; no import revives it."""
    with command("contacts disable", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.subscribers.abuse_contacts import switching

        changed = switching.disable(address, reason, _operator(), moment(now))
        output.figures({"changed": changed}, f"{address}: {plural(changed, 'contact')} disabled.")
        output.next(f"tocsin contacts enable {address} --reason TEXT   (takes it back)")


@app.command("enable")
def enable(
    address: AddressArgument,
    reason: ReasonOption,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Tell an address again; one that has opted out itself stays off."""
    with command("contacts enable", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.subscribers.abuse_contacts import switching

        changed = switching.enable(address, reason, _operator(), moment(now))
        output.figures({"changed": changed}, f"{address}: {plural(changed, 'contact')} enabled.")
        output.next(f"tocsin contacts disable {address} --reason TEXT   (takes it back)")


@app.command("policies")
def policies(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """List the policies: whether and how contacts are told, by country and report type."""
    with command("contacts policies", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.subscribers.abuse_contacts import find

        said = find.policies()
        rows = (
            (
                each.country or "any",
                each.report_type or "any",
                "told" if each.notify else "silent",
                each.least_severity,
                str(each.most_per_day),
                each.language,
                each.cc,
            )
            for each in said
        )
        titles = ("country", "type", "", "from", "a day", "language", "copy to")
        value: Mapping[str, object] = {
            "policies": [
                {
                    "country": each.country,
                    "report_type": each.report_type,
                    "notify": each.notify,
                    "least_severity": each.least_severity,
                    "most_per_day": each.most_per_day,
                    "language": each.language,
                    "cc": each.cc,
                }
                for each in said
            ]
        }
        output.figures(value, _rows(titles, rows) if said else "No policy: no contact is told.")
        output.next("tocsin contacts policy --country XX --notify   (sets one)")


@app.command("policy")
def policy(
    notify: Annotated[
        bool,
        typer.Option("--notify", help="Tell contacts; else they are silent.", show_default=False),
    ] = False,
    country: Annotated[
        str, typer.Option("--country", metavar="XX", help="Only this country's networks.")
    ] = "",
    report_type: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="Only this report type.")
    ] = "",
    least: Annotated[
        str, typer.Option("--least-severity", metavar="WORD", help="Nothing milder than this.")
    ] = "info",
    cc: Annotated[str, typer.Option("--cc", metavar="ADDRESS", help="Who gets a copy.")] = "",
    most: Annotated[
        int, typer.Option("--per-day", metavar="N", min=1, help="Letters to one address a day.")
    ] = 1,
    language: Annotated[
        str, typer.Option("--language", metavar="CODE", help="The language of the letters.")
    ] = "en",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Say whether and how contacts are told; the most particular policy counts."""
    with command("contacts policy", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        place = start(home)
        from tocsin.catalogue.load import load_catalogue
        from tocsin.service.subscribers.abuse_contacts import asking, switching

        types = frozenset(each for each in load_catalogue(place.catalogue).report_types)
        wanted = asking.policy_of(
            country, report_type, least, cc, most, types, notify=notify, language=language
        )
        new = switching.set_policy(wanted, _operator(), moment(now))
        output.figures({"changed": new}, "The policy is set." if new else "It was set like that.")
        output.next("tocsin service snapshot   (makes it count from the next night on)")


def _operator() -> Actor:
    from tocsin.service.audit.models import ActorKind
    from tocsin.service.audit.record import Actor

    return Actor(ActorKind.OPERATOR, "command line")


def _rows(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title)
    for row in rows:
        table.add_row(*(short(cell) for cell in row))
    return table
