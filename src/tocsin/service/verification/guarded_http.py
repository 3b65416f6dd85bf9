"""HTTP to places that strangers name: never to a private address, never too much, never too long.

Every name is resolved here, every address that it has is looked at, and the connection goes to the
very address that was looked at: a name that changes between the two changes nothing. Proxies of
the environment are not used, since they would resolve the name again.
"""

from __future__ import annotations

import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

import httpcore

from tocsin.model.errors import TerminalError
from tocsin.service.texts import harmless
from tocsin.service.verification.guarded_stream import Deadline, GuardedBackend
from tocsin.service.verification.registry import RegistryUnreachable

MOST_BYTES = 1 << 20
MOST_REDIRECTS = 5
SECONDS = 20.0
_REDIRECTS = (301, 302, 303, 307, 308)
_PIECE = 1 << 16


class Refused(TerminalError):
    """We do not go where that leads: a private address, no encryption any more, no HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. headers: by name in small letters. content: decompressed."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes


def system_addresses(host: str, port: int) -> list[str]:
    """All addresses of a name, by the resolver of this machine; OSError if it has none.

    It reads `2130706433` and `0x7f.1` as addresses as well, and says which.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True, slots=True)
class GuardedHttp:
    """A client. seconds: for all of one request with its redirects. addresses_of: resolves."""

    loopback_allowed: bool = False
    seconds: float = SECONDS
    most_bytes: int = MOST_BYTES
    addresses_of: Callable[[str, int], list[str]] = system_addresses
    monotonic: Callable[[], float] = time.monotonic
    tls: ssl.SSLContext | None = None

    def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        redirects: int = MOST_REDIRECTS,
        may_follow: Callable[[str], bool] = lambda _: True,
    ) -> Answer:
        """Ask for an address, and follow where it leads, as far as `may_follow` allows.

        Refused for what will never be asked; RegistryUnreachable for what may work later. Any
        status that is no redirect is an answer. Headers are only sent to the host named first.
        """
        deadline = Deadline(self.monotonic() + self.seconds, self.monotonic)
        seen: set[str] = set()
        here = urldefrag(url).url
        while True:
            _check(here, url)
            seen.add(here)
            sent = headers if urlsplit(here).netloc == urlsplit(url).netloc else None
            answer = self._once("GET", here, sent or {}, b"", deadline)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            here = _next(here, answer.headers["location"])
            if not may_follow(here):
                raise _refused(url, f"it leads to {here}")
            if here in seen:
                raise _unreachable(url, "redirects to itself")
            if len(seen) > redirects:
                raise _unreachable(url, f"redirects more than {redirects} times")

    def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Send a form; a redirect is an answer, and is not followed."""
        _check(url, url)
        deadline = Deadline(self.monotonic() + self.seconds, self.monotonic)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._once("POST", url, headers, urlencode(form).encode("ascii"), deadline)

    def send(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Post some content; a redirect is an answer, and is not followed."""
        _check(url, url)
        deadline = Deadline(self.monotonic() + self.seconds, self.monotonic)
        return self._once("POST", url, headers, content, deadline)

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes, deadline: Deadline
    ) -> Answer:
        backend = GuardedBackend(deadline, self.addresses_of, self.loopback_allowed)
        sent: list[tuple[bytes | str, bytes | str]] = [
            ("Host", urlsplit(url).netloc),
            ("User-Agent", "tocsin"),
            ("Accept-Encoding", "gzip"),
            ("Connection", "close"),
            *headers.items(),
        ]
        if content:
            sent.append(("Content-Length", str(len(content))))
        try:
            with (
                httpcore.ConnectionPool(self.tls or _tls(), network_backend=backend) as pool,
                pool.stream(method, url, headers=sent, content=content or None) as response,
            ):
                said = {
                    name.decode("latin-1").lower(): value.decode("latin-1")
                    for name, value in response.headers
                }
                pieces = _decoded(response.iter_stream(), said.get("content-encoding", ""), url)
                return Answer(url, response.status, said, self._bounded(pieces, url))
        except (httpcore.TimeoutException, TimeoutError) as error:
            raise _unreachable(url, "takes too long") from error
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            OSError,
            zlib.error,
            UnicodeError,
        ) as error:
            if backend.refused:
                raise _refused(url, backend.refused) from error
            raise _unreachable(url, str(error) or type(error).__name__) from error

    def _bounded(self, pieces: Iterable[bytes], url: str) -> bytes:
        content = bytearray()
        for piece in pieces:
            content += piece
            if len(content) > self.most_bytes:
                raise _unreachable(url, f"sends more than {self.most_bytes} bytes")
        return bytes(content)


@cache
def _tls() -> ssl.SSLContext:
    """The certificates that this machine trusts; read once, and only where something is asked."""
    return ssl.create_default_context()


def _decoded(pieces: Iterable[bytes], encoding: str, url: str) -> Iterator[bytes]:
    """What was compressed, a little at a time: who counts it can stop before it has grown."""
    if encoding.strip().lower() in ("", "identity"):
        yield from pieces
        return
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise _unreachable(url, f"answers in the encoding {harmless(encoding, 40)}")
    decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)
    for piece in pieces:
        rest = piece
        while rest and not decoder.eof:
            yield decoder.decompress(rest, _PIECE)
            rest = decoder.unconsumed_tail
    yield decoder.flush(_PIECE)
    if not decoder.eof:
        raise _unreachable(url, "stops in the middle of an answer")


def _check(url: str, first: str) -> None:
    """Refused unless it is an address of the web, as safe as the first one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise _refused(url, "it is no address of the web") from error
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc:
        raise _refused(url, "it is no address of the web")
    if parts.scheme == "http" and urlsplit(first).scheme == "https":
        raise _refused(url, "it leads from https to http")


def _next(here: str, location: str) -> str:
    try:
        there = urldefrag(urljoin(here, location)).url
        there.encode("ascii")
        _ = urlsplit(there).port
    except ValueError as error:
        raise _unreachable(here, "redirects to what is no address") from error
    return there


def _refused(url: str, why: str) -> Refused:
    return Refused(
        f"this address is not asked: {why}",
        where=harmless(url, 300),
        todo="nothing, unless you wrote it into the configuration yourself",
    )


def _unreachable(url: str, what: str) -> RegistryUnreachable:
    return RegistryUnreachable(
        harmless(what, 200), where=harmless(url, 300), todo="nothing: asked again later"
    )
