"""What the mail server was given, and took, on disk before the database says so: a file a lease.

Of a message that was given and is not noted as taken nobody knows whether the server has it. The
holder of a lease keeps its file locked; who can lock it knows that the holder is gone.
"""

from __future__ import annotations

import fcntl
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from tocsin.service import installation

_GOING = "going "


@dataclass(frozen=True, slots=True)
class Written:
    """What a journal says. in_doubt: deliveries that were given, and may have been taken."""

    accepted: tuple[int, ...] = ()
    in_doubt: tuple[int, ...] = ()


class Journal:
    """The journal of one lease, open for writing. A line is whole or not there."""

    def __init__(self, lease: str, descriptor: int) -> None:
        self.lease = lease
        self._descriptor = descriptor
        self._lock = threading.Lock()

    @classmethod
    def begin(cls, lease: str) -> Journal:
        """Begin one, before anything is taken under the lease: whoever dies later is missed."""
        path = _path(lease)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # It has its name only once it is locked: nobody is to find it free in between.
        hidden = path.with_name(f".{path.name}")
        descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            hidden.rename(path)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(lease, descriptor)

    def going(self, delivery: int) -> None:
        """The server is given it now, and may have it from here on."""
        self._write(f"{_GOING}{delivery}\n")

    def accepted(self, delivery: int) -> None:
        """The server has taken it. When this returns, the death of this process loses nothing."""
        self._write(f"{delivery}\n")

    def end(self) -> None:
        """All of the lease is settled: nobody needs it any more."""
        forget(self.lease)
        self.abandon()

    def abandon(self) -> None:
        """Let it lie, to be found; twice does nothing."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _write(self, line: str) -> None:
        # The death of the process loses nothing of it; only that of the machine may.
        with self._lock:
            os.write(self._descriptor, line.encode())


def holders() -> tuple[list[str], list[str]]:
    """Leases whose holders, on this machine, live, and those whose holders have died."""
    found: tuple[list[str], list[str]] = ([], [])
    for path in sorted(_folder().glob("[0-9a-f]*")):
        free = _is_free(path)
        if free is not None:
            found[free].append(path.name)
    return found


def read(lease: str) -> Written:
    """What is written of a lease; nothing if there is no journal (here)."""
    path = _path(lease)
    if not path.exists():
        return Written()
    # What stands behind the last line end was cut off by a crash.
    lines = [each for each in path.read_text(encoding="ascii").split("\n")[:-1] if each]
    accepted = dict.fromkeys(int(each) for each in lines if not each.startswith(_GOING))
    given = dict.fromkeys(
        int(each.removeprefix(_GOING)) for each in lines if each.startswith(_GOING)
    )
    return Written(tuple(accepted), tuple(each for each in given if each not in accepted))


def forget(lease: str) -> None:
    """Remove the journal of a lease that was given back."""
    _path(lease).unlink(missing_ok=True)


def _is_free(path: Path) -> bool | None:
    """None if it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _folder() -> Path:
    return installation.home().service / "sending"


def _path(lease: str) -> Path:
    return _folder() / lease
