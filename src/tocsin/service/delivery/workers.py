"""`tocsin service deliver`: one process that sends, or several, and how they pause and end.

Composing keeps a processor busy, so that more than one is used by several processes. They share
nothing but the database and the journals.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Protocol

import structlog

LOOK_AGAIN = 2.0
"""Seconds between two looks into an empty outbox."""

_PAUSES = (5.0, 10.0, 20.0, 40.0, 60.0)
"""Seconds before the mail server is asked again whether it is there; the last again and again."""

_log = structlog.get_logger("tocsin.delivery")


class Waits(Protocol):
    """What `threading.Event` and that of `multiprocessing` have in common."""

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it was set meanwhile."""

    def is_set(self) -> bool:
        """Whether it is set."""


def deliver(root: Path, ended: threading.Event, *, once: bool) -> tuple[int, str]:
    """Send what is due until `ended`, or `once`; see `deliver_until` for what is returned."""
    from tocsin.service import installation  # noqa: PLC0415 - needs Django's settings
    from tocsin.service.delivery.signing import signature_of  # noqa: PLC0415 - needs Django

    configuration = installation.configuration()
    # A key that is none is told here, and not by each process again and again.
    signature_of(configuration.mail)
    number = configuration.delivery.workers
    if number > 1 and not (once and _is_little()):
        return deliver_in_processes(root, number, ended, once=once)
    taken = 0

    def _add_up(more: int) -> None:
        nonlocal taken
        taken += more

    said = deliver_until(ended, once, _add_up)
    return taken, said


def _is_little() -> bool:
    """Whether the start of other processes would take longer than to send what is there."""
    from tocsin.service.delivery.models import Delivery, DeliveryState  # noqa: PLC0415 - needs Django
    from tocsin.service.delivery.sending import BATCH  # noqa: PLC0415 - needs Django

    return Delivery.objects.filter(state=DeliveryState.WAITING)[: BATCH + 1].count() <= BATCH


def deliver_until(ended: Waits, once: bool, told: Callable[[int], None]) -> str:
    """Send what is due until `ended`, or until nothing is left; why the rest was not, or "".

    While the mail server is not there, nothing is taken and no attempt is counted.
    """
    from tocsin.service import clock, installation  # noqa: PLC0415 - needs Django's settings
    from tocsin.service.delivery.sending import Sender  # noqa: PLC0415 - needs Django

    sender = Sender.of(installation.configuration(), clock.now)
    sender.going = lambda: not ended.is_set()
    failures = 0
    while True:
        if not failures or sender.is_reachable():
            sent = sender.send_due()
            told(sent.taken)
            failures = failures + 1 if sent.unreachable else 0
            if sent.unreachable:
                _log.warning("mail server unreachable", said=sent.unreachable)
            if once:
                return sent.unreachable
        else:
            failures += 1
        pause = _PAUSES[min(failures, len(_PAUSES)) - 1] if failures else LOOK_AGAIN
        if ended.wait(pause):
            return ""


def deliver_in_processes(
    root: Path, number: int, ended: threading.Event, *, once: bool
) -> tuple[int, str]:
    """The same in several processes; how many deliveries were taken, and why the rest was not.

    One that dies is replaced, and what it was at is taken over by the others.
    """
    context = multiprocessing.get_context("spawn")
    end = context.Event()
    taken: Synchronized[int] = context.Value("q", 0)
    told = context.SimpleQueue()

    def _started() -> SpawnProcess:
        arguments = (root, os.getpid(), once, end, taken, told)
        process = context.Process(target=_work, args=arguments, daemon=True)
        process.start()
        return process

    processes = [_started() for _ in range(number)]
    while any(each.is_alive() for each in processes):
        if ended.wait(0.2):
            end.set()
        for place, each in enumerate(processes):
            if each.exitcode not in (None, 0) and not end.is_set():
                _log.error("a process that sends has died", exit_code=each.exitcode)
                # A fault that comes back at once must not make a storm of processes.
                ended.wait(LOOK_AGAIN)
                processes[place] = _started()
    said = ""
    while not told.empty():
        said = str(told.get()) or said
    return taken.value, said


def _work(
    root: Path,
    parent: int,
    once: bool,
    end: Event,
    taken: Synchronized[int],
    told: multiprocessing.SimpleQueue[str],
) -> None:
    from tocsin.service.start import start  # noqa: PLC0415 - a process of its own

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: end.set())
    start(root)
    told.put(deliver_until(_Ended(end, parent), once, lambda number: _add(taken, number)))


def _add(taken: Synchronized[int], number: int) -> None:
    with taken.get_lock():
        taken.value += number


class _Ended:
    """Set when asked to end, or when nobody is there any more who could ask."""

    def __init__(self, end: Event, parent: int) -> None:
        self._end = end
        self._parent = parent

    def wait(self, timeout: float | None = None) -> bool:
        """See Waits."""
        return self._end.wait(timeout) or self.is_set()

    def is_set(self) -> bool:
        """See Waits."""
        return self._end.is_set() or os.getppid() != self._parent
