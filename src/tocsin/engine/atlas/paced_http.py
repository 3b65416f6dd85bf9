"""HTTP whose every byte has to come in time, those of status lines, headers and chunk sizes too.

A time-out of a socket holds for one piece that is received. Who sends a byte now and then, or
`100 Continue` for ever, would hold the library's readers of lines for as long as it likes.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.request import HTTPHandler, HTTPSHandler, Request

from tocsin.engine.atlas.publisher import unreachable


@dataclass(frozen=True, slots=True)
class Pace:
    """silence: seconds that one piece may take. longest: seconds for the whole of `url`, which
    end when `clock` shows `until`."""

    url: str
    silence: float
    longest: float
    until: float
    clock: Callable[[], float]

    def left(self) -> float:
        """How many seconds the next piece may take. Raises PublisherUnreachable if none."""
        left = self.until - self.clock()
        if left <= 0:
            raise unreachable(self.url, f"is not there after {self.longest:.0f} seconds")
        return min(self.silence, left)


class PacedHttp(HTTPHandler):
    """Opens addresses of http."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self._pace = pace

    def http_open(self, req: Request) -> http.client.HTTPResponse:
        """See the parent."""

        class Connection(http.client.HTTPConnection):
            response_class = _answers(self._pace)

        return self.do_open(Connection, req)


class PacedHttps(HTTPSHandler):
    """Opens addresses of https."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self._pace = pace

    def https_open(self, req: Request) -> http.client.HTTPResponse:
        """See the parent."""

        class Connection(http.client.HTTPSConnection):
            response_class = _answers(self._pace)

        return self.do_open(Connection, req)


def _answers(pace: Pace) -> type[http.client.HTTPResponse]:
    """What answers are read with; the library makes them itself, and gives them no pace."""

    class Answer(http.client.HTTPResponse):
        def __init__(
            self,
            sock: socket.socket,
            debuglevel: int = 0,
            method: str | None = None,
            url: str | None = None,
        ) -> None:
            super().__init__(sock, debuglevel, method, url)
            received = self.fp.detach()
            self.fp = io.BufferedReader(_Received(received, sock, pace))

    return Answer


class _Received(io.RawIOBase):
    """What comes through a socket, each piece in time."""

    def __init__(self, received: io.RawIOBase, sock: socket.socket, pace: Pace) -> None:
        super().__init__()
        self._received = received
        self._socket = sock
        self._pace = pace

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override] # io's
        """The next piece."""
        self._socket.settimeout(self._pace.left())
        try:
            return self._received.readinto(buffer)
        except TimeoutError:
            self._pace.left()
            raise

    def close(self) -> None:
        """Close the stream; the socket follows when nobody else has it."""
        self._received.close()
        super().close()
