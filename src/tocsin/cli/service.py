"""`tocsin service`: set the service up, run it, and say who is of its staff."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Annotated

import typer

from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, NowOption, moment
from tocsin.cli.output import command
from tocsin.cli.shown import plural
from tocsin.model.errors import TransientError, UsageError

app = typer.Typer(help="The service: people, proofs, lists and pages.")

_MANY = {"list of a night": "lists of nights"}

_LOOK_AGAIN = 2.0
"""Seconds between two looks into an empty queue."""


@app.command("setup")
def setup(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Make or bring up to date the database, and gather the files that pages need."""
    with command("service setup", as_json=as_json, home=home) as output:
        from tocsin.service.setup import set_up

        done = set_up(home)
        output.figures(
            done, f"The database is ready ({plural(done['migrations'], 'migration')} applied)."
        )
        output.next("tocsin service staff ADDRESS admin   (says who decides requests)")


@app.command("staff")
def staff(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The mail address.")],
    role: Annotated[str, typer.Argument(metavar="ROLE", help="reviewer, admin, auditor, or none.")],
    new_factors: Annotated[
        bool,
        typer.Option(
            "--new-factors", help="Take the second factors, which are lost; new ones are set up."
        ),
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Say who is of the staff, and as what."""
    with command("service staff", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.accounts.staff import ROLES, appoint, forget_factors

        if role not in ROLES:
            raise UsageError(
                f"{role!r} is no role", where="ROLE", todo=f"say one of {', '.join(ROLES)}"
            )
        user = appoint(address, ROLES[role], moment(now))
        taken = forget_factors(address, moment(now)) if new_factors else 0
        output.figures(
            {"address": user.email, "role": role, "factors_taken": taken}, f"{user.email}: {role}"
        )
        output.next(
            "tocsin service run   (opens the portal; service work and service deliver go beside it)"
        )


@app.command("snapshot")
def snapshot(
    home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False, now: NowOption = None
) -> None:
    """Write who subscribes to what for the night, if anything has changed."""
    with command("service snapshot", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        place = start(home)
        from tocsin.service.subscribers.snapshots.writing import write_snapshot

        written = write_snapshot(place, moment(now))
        what = "written" if written.is_new else "is still the newest"
        output.figures(
            {"version": written.version, "path": str(written.path), "new": written.is_new},
            f"Snapshot {written.version} {what}: {written.path}",
        )
        output.next("tocsin nightly   (makes the reports of yesterday with it)")


@app.command("work")
def work(
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    once: Annotated[
        bool, typer.Option("--once", help="Do what is due, and end.", show_default=False)
    ] = False,
) -> None:
    """Do what is in the queue: letters, look-ups, and what is due by the clock."""
    with command("service work", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.clock import now
        from tocsin.service.delivery.bounces.refusals import notice_refusals
        from tocsin.service.delivery.taking import notice_nights
        from tocsin.service.schedule import enqueue_daily
        from tocsin.service.work.worker import work_off
        from tocsin.service.works import DAILY, WORKS

        ended = _ended()
        done = 0
        while True:
            enqueue_daily(DAILY, now())
            notice_refusals(now())
            notice_nights(now())
            done += work_off(WORKS, now)
            if once or ended.wait(_LOOK_AGAIN):
                break
        output.figures({"tasks": done}, f"{plural(done, 'task')} taken.")


@app.command("deliver")
def deliver(
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    once: Annotated[
        bool, typer.Option("--once", help="Send what is due, and end.", show_default=False)
    ] = False,
) -> None:
    """Send the reports that are due to be mailed."""
    with command("service deliver", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.delivery.workers import deliver as deliver_all

        done, unreachable = deliver_all(home, _ended(), once=once)
        output.figures(
            {"deliveries": done, "unreachable": unreachable},
            f"{plural(done, 'delivery', 'deliveries')} taken.",
        )
        if unreachable:
            raise TransientError(
                f"the mail server cannot be reached: {unreachable}",
                where="mail.host",
                todo="nothing is lost; see `tocsin doctor mail`, and start this again",
            )


@app.command("rotate-secret")
def rotate_secret(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Make a new secret for what is given out from now on; what was given out stays good."""
    with command("service rotate-secret", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service import clock, keyring
        from tocsin.service.audit.models import ActorKind
        from tocsin.service.audit.record import Actor, Subject, record

        number = keyring.rotate()
        subject = Subject("secret", str(number), f"secret {number}")
        operator = Actor(ActorKind.OPERATOR, "command line")
        record(operator, "secret.made", subject, clock.now())
        output.figures({"number": number}, f"Secret {number} is the newest.")
        output.next("back up the folder service/secrets of the home: links need every secret")


@app.command("prune")
def prune(
    really: Annotated[
        bool, typer.Option("--really", help="Remove; without it, only show what would go.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Show which nights, reports, links and messages are older than they are kept."""
    with command("service prune", as_json=as_json, home=home) as output:
        from tocsin.service.start import start

        start(home)
        from tocsin.service.delivery.pruning import prune_all, what_would_go

        found = prune_all(moment(now)) if really else what_would_go(moment(now))
        words = ", ".join(
            plural(count, name, _MANY.get(name, "")) for name, count in found.items() if count
        )
        done = "Removed" if really else "Would be removed"
        output.figures(
            {"removed": really, **found},
            f"{done}: {words}." if words else "Nothing is older than it is kept.",
        )
        if words and not really:
            output.next("tocsin service prune --really   (removes them)")
        else:
            output.next("nothing to do: the service removes them itself, every night")


@app.command("run")
def run(
    home: HomeOption = DEFAULT_HOME,
    listen: Annotated[
        str, typer.Option("--listen", metavar="ADDRESS", help="Where to listen: host and port.")
    ] = "127.0.0.1:8000",
) -> None:
    """Open the portal; a proxy in front of it speaks TLS."""
    with command("service run", as_json=False, home=home):
        from tocsin.service.serve import serve

        serve(home, listen)


def _ended() -> threading.Event:
    """Set when somebody asks this process to end; what is begun is finished first."""
    event = threading.Event()

    def _end(_signal: int, _frame: FrameType | None) -> None:
        event.set()

    signal.signal(signal.SIGTERM, _end)
    return event
