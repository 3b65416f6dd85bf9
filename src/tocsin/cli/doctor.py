"""`tocsin doctor`: look at what surrounds an installation, and say what is wrong with it."""

from __future__ import annotations

import dataclasses
import ipaddress
from typing import Annotated

import typer
from rich.table import Table

from tocsin.cli.exit_codes import REJECTED
from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, NowOption, moment
from tocsin.cli.output import command
from tocsin.model.errors import UsageError

app = typer.Typer(help="Look at what surrounds an installation.")


@app.callback()
def _group() -> None:
    """Keeps `mail` a word of its own while it is the only one."""


@app.command("mail")
def mail(
    to: Annotated[
        str, typer.Option("--to", metavar="ADDRESS", help="Send a probe to this mail address.")
    ] = "",
    leaves_from: Annotated[
        list[str] | None,
        typer.Option(
            "--leaves-from",
            metavar="IP",
            help="An address from which mail leaves for the world; may be repeated.",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Look at SPF, DKIM, DMARC, PTR and TLS of the sending side, and send a probe."""
    with command("doctor mail", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service import installation
        from tocsin.service.delivery.doctor.dns import DnsOfMail
        from tocsin.service.delivery.doctor.examine import examine
        from tocsin.service.delivery.doctor.finding import Health
        from tocsin.service.subscribers.mail_addresses import mail_address

        addresses = [_address(each) for each in leaves_from or ()]
        try:
            recipient = mail_address(to) if to else ""
        except ValueError as error:
            raise UsageError(
                f"{to!r} is no mail address", where="--to", todo="write it as name@example.org"
            ) from error
        configuration = installation.configuration()
        dns = DnsOfMail.of(configuration)
        found = examine(configuration.mail, dns, addresses, recipient, moment(now))
        table = Table("what", "is", "seen", "where", "to do", box=None, pad_edge=False)
        for each in found:
            table.add_row(each.what, each.health, each.said, each.where, each.todo)
        output.figures({"findings": [dataclasses.asdict(each) for each in found]}, table)
        if any(each.health is Health.BAD for each in found):
            output.finish(REJECTED)
        elif not to:
            output.next("tocsin doctor mail --to ADDRESS   (sends a probe there)")


def _address(said: str) -> str:
    try:
        return str(ipaddress.ip_address(said))
    except ValueError as error:
        raise UsageError(
            f"{said!r} is no IP address", where="--leaves-from", todo="write 192.0.2.25 or so"
        ) from error
