"""The format `dmarc`: aggregate reports as XML files, or in the mails that brought them."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from email.message import EmailMessage, Message
from typing import Final

from tocsin.engine.sources.json_lines import blank_lines, fault_line
from tocsin.engine.sources.mail import parsing
from tocsin.engine.sources.mail.dmarc_xml import MOST_XML, report_rows
from tocsin.engine.sources.mail.splitting import MOST_BYTES, Piece, Readable, pieces

DMARC: Final = "dmarc"

_READ = 1 << 16
_MOST_REPORTS = 10
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_BOM = b"\xef\xbb\xbf"
_NONE = "the message brings no report: no attachment is XML, gzip or zip"
_UNPACKING = (EOFError, NotImplementedError, OSError, RuntimeError, ValueError)
_BROKEN = (*_UNPACKING, zipfile.BadZipFile, zlib.error)


def dmarc_lines(content: Readable) -> Iterator[bytes]:
    """The records of all reports of a content; ValueError for what is neither XML nor mail."""
    first = content.read(_READ)
    whole = _Again(first, content)
    if first.removeprefix(_BOM).lstrip()[:1] == b"<":
        yield from report_rows(_chunks(whole))
        return
    for piece in pieces(whole):
        rows = 0
        for rows, row in enumerate(_of_piece(piece), start=1):  # noqa: B007 - counted
            yield row
        yield from blank_lines(piece.lines - rows)


def _of_piece(piece: Piece) -> Iterator[bytes]:
    if piece.data is None:
        yield fault_line(f"the message is longer than {MOST_BYTES} bytes")
        return
    try:
        message = parsing.parsed(piece.data)
    except parsing.UnreadableMessageError as error:
        yield fault_line(str(error))
        return
    if piece.alone and not message.keys():
        raise ValueError("this is no DMARC report: neither XML nor a mail that brings one")
    yield from _of_message(message)


def _of_message(message: Message) -> Iterator[bytes]:
    found = 0
    for part in parsing.leaves(message):
        if found < _MOST_REPORTS and (chunks := _report(part)) is not None:
            found += 1
            yield from report_rows(chunks)
    if not found:
        yield fault_line(_NONE)


def _report(part: EmailMessage) -> Iterator[bytes] | None:
    """The report that a part holds, unpacked as it is read; None if it holds none."""
    data = parsing.payload(part)
    if data.startswith(_GZIP):
        return _gunzipped(data)
    if data.startswith(_ZIP):
        return _unzipped(data)
    if data.removeprefix(_BOM).lstrip()[:5] == b"<?xml" or (
        data.lstrip()[:1] == b"<" and "xml" in parsing.media_type(part)
    ):
        return iter([data])
    return None


def _gunzipped(data: bytes) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        while data and not unpacker.eof:
            yield unpacker.decompress(data, _READ)
            data = unpacker.unconsumed_tail
    except zlib.error as error:
        raise ValueError(f"its gzip is damaged ({error})") from error
    if not unpacker.eof:
        raise ValueError("its gzip is cut")


def _unzipped(data: bytes) -> Iterator[bytes]:
    """The first entry of a zip that is XML by its name."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = [name for name in packed.namelist() if name.lower().endswith(".xml")]
            if not names:
                raise ValueError("its zip holds no XML file")
            with packed.open(names[0]) as entry:
                read = 0
                while read <= MOST_XML and (chunk := entry.read(_READ)):
                    read += len(chunk)
                    yield chunk
    except _BROKEN as error:
        raise ValueError(f"its zip cannot be read ({error})") from error


def _chunks(content: Readable) -> Iterator[bytes]:
    while chunk := content.read(_READ):
        yield chunk


class _Again:
    """A stream of which some was read already."""

    def __init__(self, first: bytes, content: Readable) -> None:
        self._first = first
        self._content = content

    def read(self, size: int = -1, /) -> bytes:
        cut = len(self._first) if size < 0 else size
        data, self._first = self._first[:cut], self._first[cut:]
        if size < 0:
            return data + self._content.read()
        return data + self._content.read(size - len(data)) if len(data) < size else data
