"""What the fake servers of this machine have in common: a thread that serves, and reading what is
asked. What they answer, and how they go wrong, is their own."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedIOBase

_LONGEST_LINE = 8192


class QuietServer(socketserver.ThreadingTCPServer):
    """A thread for each request; a client that goes away is no trouble of ours."""

    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """See the class."""

    @property
    def place(self) -> str:
        """Host and port, as an address has them."""
        host, port = self.server_address[:2]
        return f"{host!s}:{port}"


@contextmanager
def serving(server: QuietServer, ended: threading.Event) -> Iterator[None]:
    """Serve in a thread; `ended` is set first at the end, for what would answer for ever."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        ended.set()
        server.shutdown()
        thread.join()


def read_head(stream: BufferedIOBase) -> tuple[str, str, Mapping[str, str]]:
    """Method, path, and headers by name in small letters; empty for what is not said."""
    words = stream.readline(_LONGEST_LINE).decode("latin-1").split()
    headers = {}
    while line := stream.readline(_LONGEST_LINE).decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    method, path = [*words, "", ""][:2]
    return method, path, headers
