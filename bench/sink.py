"""`python -m bench.sink`: a mail server that takes everything, as cheaply as one can.

It prints its port, and whenever it gets SIGUSR1, and at the end, how many messages it took, and how
many different ones.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_END = b"\r\n.\r\n"
_MARK = b"\nMessage-ID: "


class _Counts:
    taken = 0
    ids: set[bytes] = set()  # noqa: RUF012 - of this process


class _Session(asyncio.Protocol):
    """Just enough of RFC 5321."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._held = b""
        self._in_data = False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        self._held += data
        while self._step():
            pass

    def _step(self) -> bool:
        end = _END if self._in_data else b"\r\n"
        said, found, rest = self._held.partition(end)
        if not found:
            return False
        self._held = rest
        if self._in_data:
            self._in_data = False
            _Counts.taken += 1
            at = said.find(_MARK) + len(_MARK)
            _Counts.ids.add(said[at : said.find(b"\r\n", at)])
            self._transport.write(b"250 OK\r\n")
            return True
        self._answer(said[:4].upper())
        return True

    def _answer(self, verb: bytes) -> None:
        if verb == b"EHLO":
            self._transport.write(b"250-sink\r\n250 8BITMIME\r\n")
        elif verb == b"DATA":
            self._in_data = True
            self._transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._transport.write(b"250 OK\r\n")


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_signal_handler(signal.SIGUSR1, _tell)
    server = await loop.create_server(_Session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()
    _tell()


def _tell() -> None:
    print(json.dumps({"taken": _Counts.taken, "different": len(_Counts.ids)}), flush=True)


@dataclass(slots=True)
class Sink:
    """A sink in a process of its own. taken, different: as it told last, and once it has ended."""

    port: int
    taken: int = 0
    different: int = 0
    process: subprocess.Popen[str] | None = None

    def ask(self) -> int:
        """How many it has taken by now."""
        assert self.process is not None
        self.process.send_signal(signal.SIGUSR1)
        return self.listen()

    def listen(self) -> int:
        """The same, when it tells."""
        assert self.process is not None
        assert self.process.stdout is not None
        found = json.loads(self.process.stdout.readline())
        self.taken, self.different = found["taken"], found["different"]
        return self.taken


@contextmanager
def running_sink() -> Iterator[Sink]:
    """One that runs within the block."""
    command = [sys.executable, "-m", "bench.sink"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        sink = Sink(int(process.stdout.readline()), process=process)
        try:
            yield sink
        finally:
            process.terminate()
            sink.listen()


if __name__ == "__main__":
    asyncio.run(_serve())
