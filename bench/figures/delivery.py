"""A night's messages handed to a local mail server, and the floor: ready-made ones handed over."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import shutil
import smtplib
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from pysequoia import Tsk

from bench.measure import Clock, Value
from bench.sink import running_sink
from bench.watch import Watch
from tocsin.service.delivery.workers import deliver_in_processes

PROCESSES, CONNECTIONS = 2, 4

SECONDS = 12
"""For which each form is sent once all is warm, so that all of them together take some minutes."""


@dataclass(frozen=True, slots=True)
class Form:
    """What is sent. must: messages a second, with the mail server on the same two cores."""

    must: float
    compressed: bool = True
    openpgp: bool = False
    dkim: bool = False


FORMS = {
    "plain": Form(200.0, compressed=False),
    "zip": Form(50.0),
    "zip, DKIM": Form(50.0, dkim=True),
    "zip, OpenPGP": Form(50.0, openpgp=True),
    "zip, OpenPGP, DKIM": Form(50.0, openpgp=True, dkim=True),
}
"""By name. 200 are wanted without zip and signature; what is wanted with both, is of each alone."""

_SETTINGS = """\
[mail]
host = "127.0.0.1"
port = {port}
{keys}
[delivery]
workers = {workers}
connections = {connections}
"""


def fill(_: str, place: str, mails: int) -> Value:
    """Fill an outbox, of which each form is sent a copy."""
    root = Path(place)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    clock = Clock()
    _fill(root, mails)
    return {"seconds": clock.seconds, "mails": mails}


def ours(_: str, place: str, form: str, span: int) -> Value:
    """Send a copy of that outbox for so many seconds once all is warm; `seconds` is all of it.

    rate, milliseconds_each (of processor): as `Watch` finds them.
    """
    root = Path(f"{place}-copy")
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(place, root)
    with running_sink() as sink:
        settings = _SETTINGS.format(
            port=sink.port,
            keys=_keys(root, FORMS[form]),
            workers=PROCESSES,
            connections=CONNECTIONS,
        )
        (root / "tocsin.toml").write_text(settings, encoding="utf-8")
        _want(root, FORMS[form])
        clock, watch = Clock(), Watch(sink)
        _deliver(root, span, watch)
        seconds = clock.seconds
    mails = _sent()
    if not mails or (sink.taken, sink.different) != (mails, mails):
        raise SystemExit(f"{mails} sent, {sink.taken} came, {sink.different} different ones")
    shutil.rmtree(root)
    return {"seconds": seconds, "mails": mails, **watch.found()}


def floor(_: str, mails: int) -> Value:
    """smtplib hands over the same number of ready-made messages over as many connections."""
    message = _READY.encode()
    with running_sink() as sink:
        processes = [
            multiprocessing.get_context("spawn").Process(
                target=_hand_over, args=(sink.port, message, mails // PROCESSES)
            )
            for _ in range(PROCESSES)
        ]
        clock = Clock()
        for each in processes:
            each.start()
        for each in processes:
            each.join()
        seconds = clock.seconds
    return {"seconds": seconds, "mails": sink.taken, "rate": sink.taken / seconds}


_READY = (
    "From: reports@example.org\r\nTo: noc@example.net\r\nSubject: Report\r\n"
    "Message-ID: <ready@example.org>\r\n\r\n" + ("A line of a message that is ready.\r\n" * 80)
)


def _hand_over(port: int, message: bytes, mails: int) -> None:
    def share(number: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            for _ in range(number):
                server.sendmail("bounces@example.org", ["noc@example.net"], message)

    threads = [
        threading.Thread(target=share, args=(mails // CONNECTIONS,)) for _ in range(CONNECTIONS)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def _keys(root: Path, form: Form) -> str:
    """Keys of the kinds that are asked for: RSA for DKIM, a curve for OpenPGP, as docs say."""
    said = ""
    if form.dkim:
        path = root / "service" / "dkim.pem"
        command = ["openssl", "genrsa", "-traditional", "-out", str(path), "2048"]
        subprocess.run(command, check=True, capture_output=True)
        said += f'dkim_key = "{path}"\ndkim_selector = "bench"\n'
    if form.openpgp:
        path = root / "service" / "openpgp-key.asc"
        path.touch(mode=0o600)
        path.write_text(str(Tsk.generate("Reports <reports@example.org>")), encoding="ascii")
        said += f'openpgp_key = "{path}"\n'
    return said


def _fill(root: Path, mails: int) -> None:
    from tocsin.service.start import start  # noqa: PLC0415 - settings are what it makes of the home

    start(root)
    from django.core.management import call_command  # noqa: PLC0415 - needs Django
    from django.db import connection, transaction  # noqa: PLC0415 - needs Django

    from bench.world.outbox import fill_outbox  # noqa: PLC0415 - needs Django

    call_command("migrate", verbosity=0)
    now = dt.datetime.fromtimestamp(time.time(), dt.UTC)
    with transaction.atomic():
        fill_outbox(root, mails, now)
    with connection.cursor() as cursor:
        # As the database does by itself in time.
        cursor.execute("ANALYZE")
    connection.close()


def _want(root: Path, form: Form) -> None:
    from tocsin.service.start import start  # noqa: PLC0415 - settings are what it makes of the home

    start(root)
    from django.db import connection  # noqa: PLC0415 - needs Django

    from tocsin.service.subscribers.models import MailingList  # noqa: PLC0415 - needs Django

    MailingList.objects.update(compressed=form.compressed)
    connection.close()


def _deliver(root: Path, span: int, watch: Watch) -> None:
    ended = threading.Event()
    watching = threading.Thread(target=watch.look_until, args=(ended, span))
    watching.start()
    _, unreachable = deliver_in_processes(root, PROCESSES, ended, once=True)
    ended.set()
    watching.join()
    if unreachable:
        raise SystemExit(unreachable)


def _sent() -> int:
    from tocsin.service.delivery.models import Delivery, DeliveryState  # noqa: PLC0415 - needs Django

    return Delivery.objects.filter(state=DeliveryState.SENT).count()
