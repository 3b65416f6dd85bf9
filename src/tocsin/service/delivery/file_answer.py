"""A report over HTTP: its name, validators, parts, compression; never whole in memory if large."""

from __future__ import annotations

import datetime as dt
import re
import zlib
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_http_date_safe
from django.views.decorators.http import condition

from tocsin.service.delivery.byte_range import ByteRange, Unsatisfiable, byte_range
from tocsin.service.delivery.content import Content
from tocsin.service.delivery.models import Report

_SMALL = 1 << 20
"""Up to this size (bytes) a report is compressed at once, so that its length can be said."""

_WORTH_IT = 256
"""Bytes below which compression makes nothing smaller."""

_LEVEL = 6


def file_answer(request: HttpRequest, report: Report, content: Content) -> HttpResponseBase:
    """The answer to GET or HEAD: 200, 206, 304, 412 or 416.

    report: with its night loaded. The compressed form is another file to HTTP: it has an ETag of
    its own, and no parts.
    """
    part = _part(request, report, content)
    compressed = part is None and _wants_gzip(request, content)
    etag, moment = _etag(content, compressed=compressed), _moment(report, content)

    @condition(lambda _: etag, lambda _: moment)
    def answered(_: HttpRequest) -> HttpResponseBase:
        try:
            wanted = byte_range(part, content.size) if part is not None else None
        except Unsatisfiable:
            return _nothing_there(content)
        if compressed:
            return _compressed(request, content)
        return _plain(request, content, wanted)

    answer = answered(request)
    answer.headers["Accept-Ranges"] = "bytes"
    # Whoever finds a link on some page is not to make it findable.
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    patch_vary_headers(answer, ("Accept-Encoding",))
    return answer


def _part(request: HttpRequest, report: Report, content: Content) -> str | None:
    """The header `Range` where it counts: of a GET, and of the file that the client has begun."""
    asked = request.headers.get("Range")
    if asked is None or request.method != "GET":
        return None
    begun = request.headers.get("If-Range", "").strip()
    if not begun or begun == _etag(content, compressed=False):
        return asked
    moment, said = _moment(report, content), parse_http_date_safe(begun)
    return asked if said is not None and moment is not None and _is(moment, said) else None


def _is(moment: dt.datetime, said: int) -> bool:
    return int(moment.timestamp()) == said


def _etag(content: Content, *, compressed: bool) -> str:
    return f'"{content.sha256}-gzip"' if compressed else f'"{content.sha256}"'


def _moment(report: Report, content: Content) -> dt.datetime | None:
    """When it was made; None for a report that was cut, whose rows change with its networks."""
    return report.night.taken_at if content.sha256 == report.sha256 else None


def _wants_gzip(request: HttpRequest, content: Content) -> bool:
    accepted = request.headers.get("Accept-Encoding", "")
    return content.size >= _WORTH_IT and any(map(_is_gzip, accepted.split(",")))


def _is_gzip(coding: str) -> bool:
    name, _, weight = coding.strip().lower().partition(";")
    refused = re.fullmatch(r"q\s*=\s*0(\.0*)?", weight.strip())
    return name.strip() in ("gzip", "x-gzip") and refused is None


def _plain(request: HttpRequest, content: Content, part: ByteRange | None) -> HttpResponseBase:
    first, end = (part.first, part.end) if part is not None else (0, content.size)
    pieces = content.pieces(first, end) if request.method == "GET" else ()
    answer = _file(content, pieces)
    answer.headers["Content-Length"] = str(end - first)
    if part is not None:
        answer.status_code = 206
        answer.headers["Content-Range"] = f"bytes {first}-{end - 1}/{content.size}"
    return answer


def _compressed(request: HttpRequest, content: Content) -> HttpResponseBase:
    if content.size <= _SMALL:
        whole = b"".join(_gzip(content.pieces()))
        answer = _file(content, (whole,) if request.method == "GET" else ())
        answer.headers["Content-Length"] = str(len(whole))
    else:
        answer = _file(content, _gzip(content.pieces()) if request.method == "GET" else ())
    answer.headers["Content-Encoding"] = "gzip"
    return answer


def _gzip(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes for the same report: no time in its header."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()


def _file(content: Content, pieces: Iterable[bytes]) -> StreamingHttpResponse:
    plain = content.file.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
    exact = quote(content.file, safe="")
    return StreamingHttpResponse(
        pieces,
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}"
        },
    )


def _nothing_there(content: Content) -> HttpResponse:
    return HttpResponse(
        "The report has no such bytes.\n",
        status=416,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Range": f"bytes */{content.size}"},
    )
