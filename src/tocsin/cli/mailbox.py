"""`tocsin mailbox`: how mail to the service comes in, and what became of it."""

from __future__ import annotations

import datetime as dt
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.table import Table

from tocsin.cli.exit_codes import TRY_LATER
from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, NowOption, moment
from tocsin.cli.output import command
from tocsin.cli.shown import plural
from tocsin.model.errors import ConfigurationError

app = typer.Typer(help="Mail to the service: how it comes in, and what became of it.")


@app.command("receive")
def receive(
    sender: Annotated[
        str | None,
        typer.Option(
            "--sender",
            metavar="ADDRESS",
            help="The sender of the envelope; empty for <>.",
            show_default=False,
        ),
    ] = None,
    recipient: Annotated[
        str,
        typer.Option(
            "--recipient",
            metavar="ADDRESS",
            help="The recipient of the envelope; else the header tells.",
            show_default=False,
        ),
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Store the message on standard input: a mail server's pipe ends here.

    Ends with 0 once it is stored, and with 75 whatever goes wrong: the server keeps it then, and
    tries again.
    """
    try:
        _receive(sender, recipient, home, as_json=as_json, now=now)
    except typer.Exit as ended:
        if ended.exit_code:
            raise typer.Exit(TRY_LATER) from ended
    except Exception:  # noqa: BLE001 - told in full; and see below
        # Anything else would be a bounce, and the mail lost.
        traceback.print_exc()
        raise typer.Exit(TRY_LATER) from None


def _receive(
    sender: str | None, recipient: str, home: Path, *, as_json: bool, now: dt.datetime | None
) -> None:
    with command("mailbox receive", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.mailbox.pipe import receive as store
        from tocsin.service.mailbox.store import Envelope

        envelope = Envelope(sender, (recipient,) if recipient else ())
        message = store(sys.stdin.buffer, envelope, moment(now))
        output.figures(
            {"message": message.pk, "sha256": message.sha256, "state": message.state},
            f"Stored as message {message.pk} ({message.state}).",
        )


@app.command("fetch")
def fetch(
    home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False, now: NowOption = None
) -> None:
    """Store what is unseen in the IMAP mailbox, and mark it as seen."""
    with command("mailbox fetch", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service import installation
        from tocsin.service.mailbox.fetch import fetch_all
        from tocsin.service.mailbox.imap import open_source

        with open_source(installation.configuration().mailbox) as source:
            fetched = fetch_all(source, lambda: moment(now))
        output.figures(
            {"stored": fetched.stored, "too_large": fetched.too_large},
            f"{plural(fetched.stored, 'message')} stored, {fetched.too_large} of them too large.",
        )
        output.next("tocsin service work   (reads them)")


@app.command("listen")
def listen(home: HomeOption = DEFAULT_HOME) -> None:
    """Take mail by SMTP or LMTP, at the place that `mailbox.listen` names, until asked to end."""
    with command("mailbox listen", as_json=False, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service import clock, installation
        from tocsin.service.mailbox.addresses import Ours
        from tocsin.service.mailbox.listen import listener
        from tocsin.service.mailbox.models import CameBy
        from tocsin.service.mailbox.store import store_message

        configuration = installation.configuration()
        place = configuration.mailbox.listen
        if not place:
            raise ConfigurationError(
                "no place to listen is named",
                where="mailbox.listen",
                todo='name one, such as "lmtp:127.0.0.1:10024"',
            )
        listening = listener(
            place,
            lambda raw, envelope: store_message(raw, envelope, CameBy.LISTENER, clock.now()),
            Ours(configuration.mail),
            configuration.mailbox.most_bytes,
        )
        ended = _ended()
        listening.start()
        output.line(f"Listening at {place}.")
        try:
            ended.wait()
        finally:
            listening.stop()


@app.command("count")
def count(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Count all mail that ever came in by what became of it."""
    with command("mailbox count", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.mailbox.counts import count_messages

        counts = count_messages()
        rows = [
            {"state": state, "reason": reason, "messages": number}
            for state, reason, number in counts.by_reason
        ]
        table = Table("State", "Reason", "Messages", title=f"{counts.total} in all")
        for state, reason, number in counts.by_reason:
            table.add_row(state, reason or "-", str(number))
        output.figures({"total": counts.total, "counts": rows}, table)


def _ended() -> threading.Event:
    """Set when somebody asks this process to end."""
    event = threading.Event()

    def _end(_signal: int, _frame: FrameType | None) -> None:
        event.set()

    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    return event
