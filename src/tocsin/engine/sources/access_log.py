"""Access logs of web servers as Apache and nginx write them by themselves.

Taken are the forms `common` and `combined`, and both with the host that was asked before them
(`vhost_combined`; its port behind a colon). Facts: the manual of Apache's mod_log_config, and that
of nginx's ngx_http_log_module. In quotes both write `\\xhh` for bytes that are no letters; Apache
also `\\"`, `\\\\` and `\\t`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol

from tocsin.engine.sources.json_lines import fault_line, json_line

ACCESS_LOG: Final = "access-log"

_READ = 1 << 18
_MOST_LINE = 1 << 20
_QUOTED = r'"((?:[^"\\]|\\.)*+)"'
_LINE = re.compile(
    r"(?:(?P<host>[^\s:\[\]\"]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))? )?"
    # An address, so that whatever a client calls the host cannot move another into its place.
    r"(?P<client>[0-9A-Fa-f.:]+) (?P<ident>\S+) (?P<user>\S+) "
    r"\[(?P<time>[^\]]+)\] " + _QUOTED.replace("(", "(?P<request>", 1) + r" "
    r"(?P<status>\d{3}|-) (?P<bytes>\d+|-)"
    r"(?: " + _QUOTED.replace("(", "(?P<referer>", 1) + r" "
    r"" + _QUOTED.replace("(", "(?P<agent>", 1) + r")?(?P<more> .*)?"
)
_TIME = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_REQUEST = re.compile(r"(?P<method>[A-Z][A-Z_-]*) (?P<target>\S+)(?: (?P<version>HTTP/[0-9.]+))?")
_ESCAPED = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "v": "\v", "f": "\f"}


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int = -1, /) -> bytes: ...


def access_log_lines(content: Readable) -> Iterator[bytes]:
    """The lines of a log as JSON objects; ValueError if no line of its beginning is of one.

    Their keys: `host`, `port`, `client`, `user`, `time` (ISO 8601), `request`, `method`, `target`,
    `version`, `status`, `bytes`, `referer`, `agent`, and `more` for what stands behind these.
    What says nothing (`-`) is left out; a request that is none of HTTP's has no `method`.
    """
    is_known = False
    for number, raw in enumerate(_lines(content)):
        line = _line(raw)
        is_known = is_known or line.startswith(b"{")
        if not is_known and number >= _MOST_STRANGE:
            raise ValueError(f"this is no access log: none of its first {number} lines is of one")
        yield line


_MOST_STRANGE = 100
"""So many lines may stand before the first that can be read."""


def _line(raw: bytes) -> bytes:
    text = raw.decode("utf-8", "surrogateescape").removesuffix("\r")
    if not text.strip():
        return b"\n"
    found = _LINE.fullmatch(text)
    if found is None:
        return fault_line("it is no line of the forms common or combined")
    moment = _moment(found["time"])
    if moment is None:
        return fault_line("its time is not written as in [22/Nov/2026:04:12:09 +0000]")
    said = {name: _said(cell) for name, cell in found.groupdict().items()}
    said["time"] = moment
    request = _REQUEST.fullmatch(said["request"] or "")
    if request is not None:
        said |= request.groupdict()
    return json_line({name: cell for name, cell in said.items() if cell})


def _moment(text: str) -> str | None:
    """`22/Nov/2026:04:12:09 +0000` as ISO 8601."""
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        return None
    month = _MONTHS.index(found[2]) + 1
    return f"{found[3]}-{month:02d}-{found[1]}T{found[4]}{found[5]}:{found[6]}"


def _said(cell: str | None) -> str | None:
    """A cell without its escapes; bytes that are no UTF-8 are replaced."""
    text = (cell or "").strip()
    if text in ("", "-"):
        return None
    if "\\" in text:
        text = _ESCAPED.sub(_unescaped, text)
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _unescaped(found: re.Match[str]) -> str:
    word = found[1]
    if word[0] == "x" and len(word) > 1:
        number = int(word[1:], 16)
        return chr(0xDC00 + number) if number > 127 else chr(number)
    return _SHORT.get(word, word)


def _lines(content: Readable) -> Iterator[bytes]:
    """The lines without their ends; ValueError for one that is far too long."""
    rest = b""
    while data := content.read(_READ):
        *whole, rest = (rest + data).split(b"\n")
        yield from whole
        if len(rest) > _MOST_LINE:
            raise ValueError(f"a line is longer than {_MOST_LINE} bytes")
    if rest:
        yield rest
