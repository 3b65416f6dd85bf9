"""A publisher that speaks HTTP."""

from __future__ import annotations

import http
import http.client
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPRedirectHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from tocsin import __version__
from tocsin.engine.atlas.maps import shown
from tocsin.engine.atlas.paced_http import Pace, PacedHttp, PacedHttps
from tocsin.engine.atlas.packed import packing_of
from tocsin.engine.atlas.publisher import Version, too_large, unreachable
from tocsin.model.errors import AtlasError, PublisherUnreachable

_PIECE = 64 << 10
_OK = 200
_NOT_MODIFIED = 304
_REASONS = {each.value: f" {each.phrase}" for each in http.HTTPStatus}
_LATER = frozenset({408, 425, 429})
"""Answers that ask to come again; so do all from 500 on."""


@dataclass(frozen=True, slots=True)
class HttpPublisher:
    """A Publisher. silence: seconds without a byte after which it counts as dead. longest:
    seconds that one file may take. most_bytes: size from which a file is refused. proxies:
    address by scheme. clock: seconds that only go forward."""

    silence: float = 60.0
    longest: float = 1800.0
    most_bytes: int = 2 << 30
    proxies: Mapping[str, str] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic

    def fetch(
        self, url: str, target: Path, known: Version, most_bytes: int | None = None
    ) -> Version | None:
        """See Publisher."""
        until = self.clock() + self.longest
        pace = Pace(url, self.silence, self.longest, until, self.clock)
        opener = self._opener(pace)
        most = min(self.most_bytes, most_bytes or self.most_bytes)
        with _opened(opener, _request(url, known), min(self.silence, self.longest)) as answer:
            if answer is None:
                return None
            if answer.status != _OK:
                raise unreachable(url, f"the publisher answers {answer.status}, which is no file")
            promised = _promised(url, answer)
            written = _copy(url, answer, target, pace, most)
            if promised is not None and written != promised:
                raise unreachable(url, f"ends after {written} of {promised} bytes")
            if promised is None and not answer.chunked and _ends_within_a_line(target):
                raise unreachable(url, "ends within a line, and its length was not told")
            headers = answer.headers
            return Version(headers.get("ETag", ""), headers.get("Last-Modified", ""))

    def _opener(self, pace: Pace) -> OpenerDirector:
        """Only HTTP: an address must not reach files of this machine, also by a redirect."""
        opener = OpenerDirector()
        for handler in (
            ProxyHandler(dict(self.proxies)),
            UnknownHandler(),
            PacedHttp(pace),
            PacedHttps(pace),
            HTTPDefaultErrorHandler(),
            _Redirects(),
            HTTPErrorProcessor(),
        ):
            opener.add_handler(handler)
        return opener


def _promised(url: str, answer: http.client.HTTPResponse) -> int | None:
    """How many bytes the answer says that it has; None if it does not say."""
    said = set(answer.headers.get_all("Content-Length", []))
    if not said:
        return None
    text = said.pop()
    if said or not re.fullmatch(r"[0-9]{1,18}", text):
        raise unreachable(url, f"has a length that is none: {text[:40]!r}")
    return int(text)


def _copy(
    url: str, answer: http.client.HTTPResponse, target: Path, pace: Pace, most_bytes: int
) -> int:
    """Write the body to a file; how many bytes it had."""
    written = 0
    with target.open("wb") as stream:
        while True:
            with _in_our_words(url):
                piece = answer.read1(_PIECE)
            if not piece:
                return written
            written += len(piece)
            if written > most_bytes:
                raise too_large(shown(url), most_bytes)
            pace.left()
            stream.write(piece)


def _ends_within_a_line(path: Path) -> bool:
    """Whether it is a text whose last line has no end; JSON ends with its bracket."""
    if packing_of(path):
        return False
    with path.open("rb") as stream:
        head = stream.read(_PIECE)
        stream.seek(max(0, path.stat().st_size - 64))
        end = stream.read()
    json = head.lstrip().startswith(b"{") and end.rstrip().endswith(b"}")
    return b"\0" not in head and not json and not end.endswith((b"\n", b"\r"))


class _Redirects(HTTPRedirectHandler):
    """Redirects, but none that leads from https to http."""

    def http_error_302(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
    ) -> object:
        """See the parent, which leaves the answer open if it cannot follow."""
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except (URLError, ValueError):
            fp.close()
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> Request | None:
        """See the parent; http.client's errors and URLError are put into our words above."""
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            raise URLError("it redirects from https to another scheme")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _request(url: str, known: Version) -> Request:
    headers = {"User-Agent": f"tocsin/{__version__}"}
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.modified:
        headers["If-Modified-Since"] = known.modified
    return Request(url, headers=headers)  # noqa: S310 - the opener knows no scheme but HTTP's


@contextmanager
def _opened(
    opener: OpenerDirector, request: Request, silence: float
) -> Iterator[http.client.HTTPResponse | None]:
    """The answer; None if the publisher says that nothing has changed."""
    url = request.full_url
    answer: http.client.HTTPResponse | None
    with _in_our_words(url):
        try:
            answer = opener.open(request, timeout=silence)
        except HTTPError as error:
            error.close()
            if error.code != _NOT_MODIFIED:
                raise _refusal(url, error) from error
            answer = None
    if answer is None:
        yield None
        return
    with answer:
        yield answer


def _refusal(url: str, error: HTTPError) -> AtlasError | PublisherUnreachable:
    # The words that came with it are the library's, with the address that a redirect leads to,
    # or the publisher's.
    what = f"the publisher answers {error.code}{_REASONS.get(error.code, '')}"
    if 300 <= error.code < 400:
        what += ", a redirect that cannot be followed"
    if error.code >= 500 or error.code in _LATER:
        return unreachable(url, what)
    return AtlasError(what, where=shown(url), todo="correct the address in tocsin.toml")


@contextmanager
def _in_our_words(url: str) -> Iterator[None]:
    """What goes wrong between us and the publisher may go well another time."""
    try:
        yield
    except URLError as error:
        reason = str(error.reason)[:80]
        raise unreachable(url, f"the publisher cannot be reached: {reason}") from error
    except TimeoutError as error:
        raise unreachable(url, "the publisher falls silent") from error
    except http.client.IncompleteRead as error:
        raise unreachable(url, "ends too early") from error
    except http.client.InvalidURL as error:  # it repeats the address
        raise AtlasError("is no address", where=shown(url), todo="correct it") from error
    except (http.client.HTTPException, OSError) as error:
        raise unreachable(url, f"the publisher breaks off: {error!r:.80}") from error
    except ValueError as error:
        raise AtlasError("is no address", where=shown(url), todo="correct it") from error
