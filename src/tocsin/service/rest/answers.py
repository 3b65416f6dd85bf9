"""How rows are answered: as JSON, NDJSON, CSV or Parquet, as the client accepts."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain, islice
from typing import IO, cast

import pyarrow as pa
import pyarrow.parquet as pq
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response

from tocsin.service.api.rows import json_array
from tocsin.service.rest.refusal import Refusal

Row = Mapping[str, object]

Columns = Mapping[str, type]
"""Names in their order, each with `int`, or `str` for all that is no number."""

_BATCH = 10_000
_PIECE = 64 << 10
_IN_MEMORY = 8 << 20
_FEW = 1_000
"""Up to so many rows a page is made at once, so that its length can be said."""


class Form(StrEnum):
    """The forms of rows, by media type; the first that is offered is the default."""

    JSON = "application/json"
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"
    PARQUET = "application/vnd.apache.parquet"


def wanted_form(request: HttpRequest, *offered: Form) -> Form:
    """What the client accepts best of what is offered; Refusal (406) if it accepts none.

    A client that says nothing takes the first.
    """
    if not request.headers.get("Accept", "").strip():
        return offered[0]
    found = request.get_preferred_type([each.value for each in offered])
    if found is None:
        raise Refusal(
            406,
            "this is not to be had in a form that the request accepts",
            where="Accept",
            todo=f"accept one of {', '.join(offered)}",
        )
    return Form(found)


def page(
    request: HttpRequest, form: Form, rows: Sequence[Row], columns: Columns, after: str
) -> HttpResponseBase:
    """A page of rows. after: the cursor of the next page; "" on the last one.

    Of many rows the text is made while it is sent.
    """
    following = next_address(request, after) if after else None
    pieces = as_pieces(form, rows, columns)
    if form is Form.JSON:
        end = f', "next": {json.dumps(following)}}}\n'.encode()
        pieces = chain([b'{"items": '], pieces, [end])
    answer: HttpResponse | StreamingHttpResponse = (
        HttpResponse(b"".join(pieces)) if len(rows) <= _FEW else StreamingHttpResponse(pieces)
    )
    answer.headers["Content-Type"] = content_type(form)
    if following is not None:
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return tagged(request, answer, _digest(form, rows, following))


def told(request: HttpRequest, value: object) -> HttpResponseBase:
    """One thing, as JSON."""
    wanted_form(request, Form.JSON)
    content = json.dumps(value).encode()
    answer = HttpResponse(content, content_type=Form.JSON.value)
    return tagged(request, answer, hashlib.sha256(content).hexdigest())


def tagged(
    request: HttpRequest, answer: HttpResponse | StreamingHttpResponse, tag: str
) -> HttpResponseBase:
    """The answer with its ETag, or 304 where the client has it, 412 where it means another."""
    etag = f'"{tag}"'
    answer.headers["ETag"] = etag
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Accept, Authorization"
    # Django's own types know it for answers that are not streamed; it takes both.
    said = get_conditional_response(request, etag=etag, response=cast(HttpResponse, answer))
    return cast(HttpResponseBase, said)


def content_type(form: Form) -> str:
    """The header of a form."""
    return f"{form}; charset=utf-8" if form is Form.CSV else form.value


def as_pieces(form: Form, rows: Iterable[Row], columns: Columns) -> Iterator[bytes]:
    """Rows in a form, in pieces; a table as a whole, in a file without a name."""
    if form is Form.PARQUET:
        return _parquet(rows, columns)
    if form is Form.JSON:
        return json_array(rows)
    lines = _csv(rows, columns) if form is Form.CSV else (f"{json.dumps(row)}\n" for row in rows)
    return _in_pieces(lines)


def next_address(request: HttpRequest, after: str) -> str:
    """The same question, from a cursor on."""
    said = request.GET.copy()
    said["cursor"] = after
    return request.build_absolute_uri(f"{request.path}?{said.urlencode()}")


def _digest(form: Form, rows: Iterable[Row], following: str | None) -> str:
    """What tells a page from another, of the rows themselves: their text is not made for it."""
    digest = hashlib.sha256(f"{form} {following}\n".encode("utf-8", "surrogatepass"))
    for row in rows:
        digest.update(f"{row!r}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def _csv(rows: Iterable[Row], columns: Columns) -> Iterator[str]:
    """Text quoted, numbers bare, nothing for what there is not."""
    held = io.StringIO()
    writer = csv.writer(held, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
        yield held.getvalue()
        held.seek(0)
        held.truncate()
    yield held.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    return value


def _in_pieces(lines: Iterable[str]) -> Iterator[bytes]:
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= _PIECE:
            yield "".join(held).encode("utf-8", "surrogatepass")
            held, size = [], 0
    if held:
        yield "".join(held).encode("utf-8", "surrogatepass")


def _parquet(rows: Iterable[Row], columns: Columns) -> Iterator[bytes]:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as stream:
        _write_parquet(cast("IO[bytes]", stream), rows, columns)
        stream.seek(0)
        while piece := stream.read(_PIECE):
            yield piece


def _write_parquet(stream: IO[bytes], rows: Iterable[Row], columns: Columns) -> None:
    kinds = [(name, pa.int64() if kind is int else pa.string()) for name, kind in columns.items()]
    schema = pa.schema(kinds)
    everything = iter(rows)
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        while some := list(islice(everything, _BATCH)):
            arrays = [_column(some, name, kind) for name, kind in columns.items()]
            writer.write_table(pa.table(arrays, schema=schema))


def _column(rows: Sequence[Row], name: str, kind: type) -> pa.Array:
    values = [_cell(each.get(name)) for each in rows]
    if kind is int:
        return pa.array([each if isinstance(each, int) else None for each in values], pa.int64())
    return pa.array([None if each == "" else str(each) for each in values], pa.string())
