"""Which format a content has, told by its first lines."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.engine.sources.blocks import BOM
from tocsin.engine.sources.compression import GZIP, ZIP, ZSTD, open_member
from tocsin.engine.sources.csv_header import Header, parse_header
from tocsin.engine.sources.raw import MOST_RECORD_BYTES, Member

CSV = "shadowserver-csv"
NDJSON = "tocsin-ndjson"

_SAMPLE_BYTES = MOST_RECORD_BYTES
_LOOKED_AT = 20
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MAGIC = (
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF"),
    (b"\x7fELF", "a program"),
    (b"\xd4\xc3\xb2\xa1", "a packet capture"),
    (b"\xa1\xb2\xc3\xd4", "a packet capture"),
    (b"\x0a\x0d\x0d\x0a", "a packet capture"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"SQLite format 3", "an SQLite database"),
    (GZIP, "a gzip archive within another"),
    (ZSTD, "a zstd archive within another"),
    *((magic, "a zip archive within another") for magic in ZIP),
)
_MOST_CONTROLS = 0.1
_MOST_ZEROS = 8


@dataclass(frozen=True, slots=True)
class Detected:
    """The name of the format, None if it is none that is known; and what the content looks like.

    is_no_text: it is no lines of text, or they are markup or one JSON array.
    """

    format: str | None
    looks_like: str
    is_no_text: bool = False


def detect(member: Member, *, most_bytes: int) -> Detected:
    """Tell a member's format; InputError if it cannot be opened or unpacked."""
    return detect_sample(read_sample(member, most_bytes=most_bytes))


def read_sample(member: Member, *, most_bytes: int) -> bytes:
    """The content's beginning, byte order mark taken off: its first MiB, if it has that much."""
    with open_member(member, most_bytes=most_bytes) as content:
        return content.read(_SAMPLE_BYTES).removeprefix(BOM)


def detect_sample(sample: bytes) -> Detected:
    """Tell the format of a content that begins so."""
    if not sample.strip():
        return Detected(None, "it is empty" if not sample else "it has nothing but blank lines")
    wrong = _other_encoding(sample)
    return Detected(None, f"it looks like {wrong}", is_no_text=True) if wrong else _of_text(sample)


def _of_text(sample: bytes) -> Detected:
    lines = [line.strip() for line in sample.split(b"\n") if line.strip()][:_LOOKED_AT]
    header = "" if lines[0].startswith(b"{") else parse_header(first_line(sample))
    if isinstance(header, Header):
        return Detected(CSV, f"comma-separated, {len(header.names)} columns")
    if any(line.startswith(b"{") for line in lines):
        return Detected(NDJSON, "one JSON object a line")
    if lines[0].startswith((b"[", b"<")):
        word = "a JSON array" if lines[0].startswith(b"[") else "XML or HTML"
        return Detected(None, f"it looks like {word}", is_no_text=True)
    if _is_binary(sample):
        return Detected(None, "it looks like binary data", is_no_text=True)
    return Detected(None, header)


def first_line(sample: bytes) -> bytes:
    """The first line that is not blank, without its line end; b"" if there is none."""
    for line in sample.split(b"\n"):
        if line.strip():
            return line.removesuffix(b"\r")
    return b""


def _other_encoding(sample: bytes) -> str:
    """What kind of file it is by its first bytes; "" for what may be text in UTF-8."""
    for magic, word in _MAGIC:
        if sample.startswith(magic):
            return word
    even, odd = (sample[start:64:2].count(0) for start in (0, 1))
    # A text of two bytes a character has a zero among its first two; rows of zeros may follow
    # a sound header.
    zeros = 0 in sample[:2] and min(even, odd) == 0 and max(even, odd) > _MOST_ZEROS
    if sample.startswith(_UTF16) or zeros:
        return "UTF-16 text; convert it to UTF-8"
    return ""


def _is_binary(sample: bytes) -> bool:
    begin = sample[:4096]
    controls = sum(1 for byte in begin if byte < 32 and byte not in b"\t\n\r\x1b")
    return controls > len(begin) * _MOST_CONTROLS
