"""A publisher of maps on this machine, with dials for everything that goes wrong with publishers.

It speaks just enough HTTP to be asked by any client; standard library servers hide what a
publisher can do wrong.
"""

from __future__ import annotations

import hashlib
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from tocsin.engine.atlas.fake_server import QuietServer, read_head, serving

Lie = Literal["", "cut", "altered", "page", "endless", "nothing new"]
"""cut: the answer ends halfway, less than it promises. altered: it has the right size and a wrong
byte. page: it is a page for people instead of the file. endless: it never ends. nothing new: it
is always said that nothing has changed."""

MODIFIED = "Sun, 22 Nov 2026 06:00:00 GMT"
_PAGE = b"<!DOCTYPE html><html><body>Please log in to this network.</body></html>\n"
_PIECE = 1024
_OK = b"HTTP/1.1 200 Said\r\n"
_DRIPS = {
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "header": (_OK + b"X: ", b"a"),
    "chunk": (_OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
}


@dataclass(slots=True)
class Dials:
    """How the fake behaves; turn them at any time."""

    seconds: float = 0.0
    """How long each kilobyte takes."""
    refuse: int = 0
    """How many of the next requests are answered with 503; what is asked again is then given."""
    status: int = 0
    """Answer everything with this number, such as 404."""
    lie: Lie = ""
    dead: Literal["", "silent", "hangs up"] = ""
    """silent: it takes a request and never answers. hangs up: it closes the connection."""
    drip: Literal["", "continue", "header", "chunk"] = ""
    """Send without an end, a little at a time: `100 Continue`, a header, the size of a chunk."""
    length: str | None = None
    """What it says of how long its files are, if not the truth; empty: nothing."""
    modified: str = MODIFIED
    """What it says of when its files are."""
    redirect: str = ""
    """Send whoever asks to this address."""


@dataclass(frozen=True, slots=True)
class FakePublisher:
    """Files by path, such as `/maps/table.gz`. requests: path and headers of each, in order."""

    address: str
    files: Mapping[str, bytes]
    dials: Dials = field(default_factory=Dials)
    requests: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        """The address of a file."""
        return f"http://{self.address}{path}"


@contextmanager
def fake_publisher(files: Mapping[str, bytes]) -> Iterator[FakePublisher]:
    """A publisher of these files, on a port of the loopback address that is free."""
    with _Server(("127.0.0.1", 0), _Request) as server:
        server.fake = FakePublisher(server.place, files)
        with serving(server, server.fake.ended):
            yield server.fake


class _Server(QuietServer):
    fake: FakePublisher


class _Request(socketserver.StreamRequestHandler):
    """One request, one answer, and the connection is closed."""

    server: _Server

    def handle(self) -> None:
        """Answer as the dials say."""
        fake, dials = self.server.fake, self.server.fake.dials
        _, path, headers = read_head(self.rfile)
        fake.requests.append((path, headers))
        if dials.dead == "silent":
            fake.ended.wait(60)
        if dials.dead:
            return
        if dials.drip:
            self._drip(*_DRIPS[dials.drip])
        elif dials.refuse:
            dials.refuse -= 1
            self._head(503, {"Content-Length": "0"})
        elif dials.redirect:
            self._head(302, {"Location": dials.redirect, "Content-Length": "0"})
        elif dials.status or path not in fake.files:
            self._head(dials.status or 404, {"Content-Length": "0"})
        else:
            self._give(fake.files[path], headers)

    def _give(self, content: bytes, headers: Mapping[str, str]) -> None:
        lie = self.server.fake.dials.lie
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        if lie == "nothing new" or headers.get("if-none-match") == etag:
            self._head(304, {"ETag": etag})
            return
        if lie == "page":
            content = _PAGE
        if lie == "altered":
            middle = len(content) // 2
            content = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        said = {
            "ETag": etag,
            "Last-Modified": self.server.fake.dials.modified,
            "Content-Length": str(len(content)),
        }
        length = self.server.fake.dials.length
        if lie == "endless" or length is not None:
            del said["Content-Length"]
        if length:
            said["Content-Length"] = length
        self._head(200, said)
        self._body(content[: len(content) // 2] if lie == "cut" else content)
        while lie == "endless" and not self.server.fake.ended.is_set():
            self._body(content)

    def _drip(self, begin: bytes, again: bytes) -> None:
        self.wfile.write(begin)
        while not self.server.fake.ended.wait(0.02):
            self.wfile.write(again)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} Said", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def _body(self, content: bytes) -> None:
        fake = self.server.fake
        for begin in range(0, len(content), _PIECE):
            if fake.dials.seconds:
                fake.ended.wait(fake.dials.seconds)
            self.wfile.write(content[begin : begin + _PIECE])
