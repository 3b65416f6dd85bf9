"""A web server on this machine with dials for everything that goes wrong with such servers.

It speaks just enough HTTP to be asked by any client; a server of the standard library would hide
what a server can do wrong.
"""

from __future__ import annotations

import gzip
import json
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from tocsin.engine.atlas.fake_server import QuietServer, read_head, serving

_PAGE = b"<!DOCTYPE html><html><body>Please log in to this network.</body></html>\n"
_LARGE = 10 << 20

Lie = Literal["", "large", "broken", "page", "bomb", "cut", "endless"]


@dataclass(slots=True)
class WebDials:
    """How a fake server behaves; turn them at any time."""

    slow: bool = False
    """It answers a byte at a time, without an end in sight."""
    refuse: int = 0
    """How many of the next requests are answered with 503."""
    busy: int = 0
    """If not 0, every request is answered with 429, and this many seconds to wait."""
    dead: Literal["", "silent", "hangs up"] = ""
    """silent: it takes a request and never answers. hangs up: it closes the connection."""
    lie: Lie = ""
    """large: 10 MB. broken: half an object. page: a web page. bomb: 64 MB as 64 KB of gzip. cut:
    less than announced. endless: zeros for ever."""
    redirect: str = ""
    """Send whoever asks to this address; `self`: to where they are."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in: headers by name in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """What is answered: an object as JSON, or a redirect."""

    status: int
    content: Any = None
    location: str = ""
    kind: str = "application/json"


class Site(Protocol):
    """What a fake server knows how to answer."""

    def answer(self, asked: Asked) -> Said:
        """The answer of an honest server."""
        ...


@dataclass(slots=True)
class FakeWeb:
    """A running server. asked: what came in, in order."""

    address: str
    site: Site
    dials: WebDials = field(default_factory=WebDials)
    asked: list[Asked] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{self.address}"


@contextmanager
def fake_web(site: Site, port: int = 0) -> Iterator[FakeWeb]:
    """A server of that site on the loopback address, on a free port unless one is named."""
    with _Server(("127.0.0.1", port), _Request) as server:
        server.fake = FakeWeb(server.place, site)
        with serving(server, server.fake.ended):
            yield server.fake


class _Server(QuietServer):
    fake: FakeWeb
    daemon_threads = True


class _Request(socketserver.StreamRequestHandler):
    """One request, one answer, and the connection is closed."""

    server: _Server

    def handle(self) -> None:
        """Answer as the dials say."""
        fake, dials = self.server.fake, self.server.fake.dials
        asked = self._asked()
        fake.asked.append(asked)
        if dials.dead == "silent":
            fake.ended.wait(60)
        if dials.dead:
            return
        if dials.busy:
            self._say(429, b"{}", {"Retry-After": str(dials.busy)})
        elif dials.refuse > 0:
            dials.refuse -= 1
            self._say(503, b"{}", {})
        elif dials.redirect:
            there = dials.redirect if dials.redirect != "self" else asked.path
            self._say(302, b"", {"Location": there})
        elif dials.slow:
            self._drip()
        else:
            self._answer(fake.site.answer(asked), dials.lie)

    def _asked(self) -> Asked:
        method, path, headers = read_head(self.rfile)
        content = self.rfile.read(int(headers.get("content-length", "0")))
        return Asked(method, path, headers, content)

    def _answer(self, said: Said, lie: Lie) -> None:
        content = json.dumps(said.content).encode() if said.content is not None else b""
        headers = {"Content-Type": said.kind}
        if said.location:
            headers["Location"] = said.location
        if lie == "large":
            content = b'{"remarks": "' + b"x" * _LARGE + b'"}'
        elif lie == "broken":
            content = content[: len(content) // 2]
        elif lie == "page":
            content, headers["Content-Type"] = _PAGE, "text/html"
        elif lie == "bomb":
            content = gzip.compress(b"x" * (64 << 20))
            headers["Content-Encoding"] = "gzip"
        self._say(said.status, content, headers, lie)

    def _say(self, status: int, content: bytes, headers: Mapping[str, str], lie: Lie = "") -> None:
        lines = [f"HTTP/1.1 {status} Said", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if lie != "endless":
            lines.append(f"Content-Length: {len(content)}")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        self.wfile.write(content[: len(content) // 2] if lie == "cut" else content)
        while lie == "endless" and not self.server.fake.ended.is_set():
            self.wfile.write(bytes(1 << 16))

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 Said\r\nContent-Length: 1000000\r\n\r\n")
        while not self.server.fake.ended.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()
