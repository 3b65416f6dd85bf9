"""A night's messages handed to a local mail server, and the floor: ready-made ones handed over."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import resource
import shutil
import smtplib
import subprocess
import threading
import time
from pathlib import Path

from bench.measure import Clock, Value
from bench.sink import running_sink
from tocsin.service.delivery.workers import deliver_in_processes

PROCESSES, CONNECTIONS = 2, 4

PLAIN, SIGNED = "plain", "zip and signature"
MUST = {PLAIN: 200.0, SIGNED: 50.0}
"""Messages a second, with the mail server on the same two cores."""

_SETTINGS = """\
[mail]
host = "127.0.0.1"
port = {port}
{key}
[delivery]
workers = {workers}
connections = {connections}
"""


def ours(_: str, place: str, form: str, mails: int) -> Value:
    """Fill an outbox and send it; seconds from start to end, processes' starts included."""
    root = Path(place)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    with running_sink() as sink:
        (root / "tocsin.toml").write_text(
            _SETTINGS.format(
                port=sink.port,
                key=_key(root) if form == SIGNED else "",
                workers=PROCESSES,
                connections=CONNECTIONS,
            ),
            encoding="utf-8",
        )
        filling = Clock()
        _fill(root, mails, compressed=form == SIGNED)
        filled = filling.seconds
        clock, before = Clock(), _of_children()
        _deliver(root)
        seconds, own = clock.seconds, _of_children() - before
    if (sink.taken, sink.different, _sent()) != (mails, mails, mails):
        raise SystemExit(f"{sink.taken} of {mails} came, {sink.different} different ones")
    found = {"seconds": seconds, "filled": filled, "mails": mails, "rate": mails / seconds}
    return {**found, "processor": own, "milliseconds_each": own * 1000 / mails}


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
        clock, before = Clock(), _of_children()
        for each in processes:
            each.start()
        for each in processes:
            each.join()
        seconds, own = clock.seconds, _of_children() - before
    found = {"seconds": seconds, "mails": sink.taken, "rate": sink.taken / seconds}
    return {**found, "processor": own, "milliseconds_each": own * 1000 / mails}


def _of_children() -> float:
    """Seconds on a processor of the processes that have ended, which tell on a busy machine, too.

    The mail server goes on, and is not among them.
    """
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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


def _key(root: Path) -> str:
    path = root.with_suffix(".pem")
    command = ["openssl", "genrsa", "-traditional", "-out", str(path), "2048"]
    subprocess.run(command, check=True, capture_output=True)
    return f'dkim_key = "{path}"\ndkim_selector = "bench"\n'


def _fill(root: Path, mails: int, *, compressed: bool) -> None:
    from tocsin.service.start import start  # noqa: PLC0415 - settings are what it makes of the home

    start(root)
    from django.core.management import call_command  # noqa: PLC0415 - needs Django
    from django.db import connection, transaction  # noqa: PLC0415 - needs Django

    from bench.world.outbox import fill_outbox  # noqa: PLC0415 - needs Django

    call_command("migrate", verbosity=0)
    now = dt.datetime.fromtimestamp(time.time(), dt.UTC)
    with transaction.atomic():
        fill_outbox(root, mails, compressed=compressed, now=now)
    with connection.cursor() as cursor:
        # As the database does by itself in time.
        cursor.execute("ANALYZE")
    connection.close()


def _deliver(root: Path) -> None:
    _, unreachable = deliver_in_processes(root, PROCESSES, threading.Event(), once=True)
    if unreachable:
        raise SystemExit(unreachable)


def _sent() -> int:
    from tocsin.service.delivery.models import Delivery, DeliveryState  # noqa: PLC0415 - needs Django

    return Delivery.objects.filter(state=DeliveryState.SENT).count()
