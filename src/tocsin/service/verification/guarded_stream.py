"""The connections of `guarded_http.py`: to addresses that were looked at, up to a deadline."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from tocsin.service.verification.public_addresses import not_public


class Deadline:
    """A moment of a clock that never goes back."""

    def __init__(self, at: float, monotonic: Callable[[], float]) -> None:
        self._at = at
        self._monotonic = monotonic

    def left(self) -> float:
        """Seconds left, more than none; ReadTimeout if there are none."""
        seconds = self._at - self._monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout("the time for all of it is over")
        return seconds


class GuardedBackend(httpcore.NetworkBackend):
    """Connects. refused: why it did not, if that was our own will."""

    def __init__(
        self,
        deadline: Deadline,
        addresses_of: Callable[[str, int], list[str]],
        loopback_allowed: bool,
    ) -> None:
        self._deadline = deadline
        self._addresses_of = addresses_of
        self._loopback_allowed = loopback_allowed
        self._inner = httpcore.SyncBackend()
        self.refused = ""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline says it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, look at every address, and connect to one of those; ConnectError if not."""
        failed: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in self._looked_at(host, port):
            try:
                stream = self._inner.connect_tcp(
                    address, port, self._deadline.left() / 2, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            else:
                return GuardedStream(stream, self._deadline)
        raise failed or httpcore.ConnectError(f"{host} has no address")

    def _looked_at(self, host: str, port: int) -> list[str]:
        addresses = self._addresses_of(host.strip("[]"), port)
        for address in addresses:
            why = not_public(address, loopback_allowed=self._loopback_allowed)
            if why:
                # One bad address among good ones is somebody's trick: none of them is asked.
                self.refused = f"it leads to {address} ({why})"
                raise httpcore.ConnectError(self.refused)
        return addresses

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Never."""
        raise httpcore.ConnectError(f"{path} is no place on the Internet")


class GuardedStream(httpcore.NetworkStream):
    """A connection on which nothing lasts longer than the deadline, however little is sent."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """See httpcore."""
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """See httpcore."""
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        """See httpcore."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """See httpcore; the certificate is checked against the name, not the address."""
        inner = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left())
        return GuardedStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """See httpcore."""
        return self._inner.get_extra_info(info)
