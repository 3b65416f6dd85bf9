"""What an input is, told by its content; its name says nothing."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from tocsin.engine.atlas.packed import MOST_OF_TEXT, Unpacked, digest_of
from tocsin.model.errors import AtlasError

SHOWN_TEXT = 80
"""How much of a stranger's text a message shows."""

_HEAD = 4096
_DATABASE_MARK = b"\xab\xcd\xefMaxMind.com"
_DATABASE_TAIL = 128 << 10
_MRT_TYPES = frozenset({12, 13, 16, 17})
_ADDRESS = r"[0-9a-fA-F.:]+"
_RANGE_ROW = re.compile(rf"{_ADDRESS}\t{_ADDRESS}\t[0-9]+(\t|$)")
_TEXT_ROW = re.compile(rf"{_ADDRESS}(/[0-9]+)?\t")
_DELEGATED_ROW = re.compile(r"([0-9.]+\|[a-z]+\||(afrinic|apnic|arin|iana|lacnic|ripencc)\|)")
_NAME_ROW = re.compile(r"(?i:AS)?[0-9]+[ \t]+\S")


class Form(Enum):
    """The forms that an input may have, in words."""

    CSV = "CSV"
    TEXT_TABLE = "a text table of prefixes"
    RANGES = "a table of address ranges (iptoasn)"
    DELEGATED = "a registry's list of delegations"
    NAMES_TEXT = "a text of AS numbers and names"
    JSON = "JSON"
    MRT = "a routing table dump (MRT)"
    DATABASE = "a MaxMind database"


@dataclass(frozen=True)
class Given:
    """An input as given. sha256: of the file as it is. text: the content of a text form, else
    empty; bytes that are no UTF-8 are lone surrogates in it."""

    path: Path
    sha256: str
    form: Form
    text: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The file's name as text that can be kept; bytes that are no UTF-8 become `?`."""
        return self.path.name.encode(errors="replace").decode()


def open_given(path: Path) -> Given:
    """Tell the form of a file. Raises AtlasError if it cannot be read, is empty, or of no form
    that is known."""
    sha256 = digest_of(path)
    form = _binary_form(path)
    if form is not None:
        return Given(path, sha256, form)
    with Unpacked(path, most_bytes=MOST_OF_TEXT) as stream:
        # Bytes that are no UTF-8 become lone surrogates, which `tidy` then names by line.
        text = stream.rest().decode("utf-8-sig", errors="surrogateescape")
    return Given(path, sha256, _text_form(path, text), text)


def _binary_form(path: Path) -> Form | None:
    """MRT or a database; None for text. AtlasError for what is neither."""
    with Unpacked(path) as stream:
        head = stream.read(_HEAD)
        if b"\0" not in head:
            return None
        if not stream.packing and _ends_as_database(path):
            return Form.DATABASE
        if _begins_as_mrt(head):
            return Form.MRT
        if stream.packing and _DATABASE_MARK in (head + stream.rest())[-_DATABASE_TAIL:]:
            return Form.DATABASE
    raise unknown_form(path, "is not text, nor any other form that is known")


def _ends_as_database(path: Path) -> bool:
    with path.open("rb") as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - _DATABASE_TAIL))
        return _DATABASE_MARK in stream.read()


def _begins_as_mrt(head: bytes) -> bool:
    """Whether it begins with a record's header (RFC 6396, 2: time, type, subtype, length)."""
    if len(head) < 12:
        return False
    _, kind, subtype, length = struct.unpack_from(">IHHI", head)
    return kind in _MRT_TYPES and subtype < 256 and 0 < length < 1 << 24


def _text_form(path: Path, text: str) -> Form:
    first = next((line for _, line in lines_of(text)), "")
    if not first:
        raise AtlasError("has no rows", where=str(path), todo="name a table that is not empty")
    if first.lstrip().startswith("{"):
        return Form.JSON
    for form, row in (
        (Form.DELEGATED, _DELEGATED_ROW),
        (Form.RANGES, _RANGE_ROW),
        (Form.TEXT_TABLE, _TEXT_ROW),
        (Form.NAMES_TEXT, _NAME_ROW),
    ):
        if row.match(first):
            return form
    return Form.CSV


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """The rows of a text with their line numbers, without line ends, empty lines and comments."""
    for number, line in enumerate(io.StringIO(text), start=1):
        if not is_comment(line):
            yield number, line.rstrip("\r\n")


def is_comment(line: str) -> bool:
    """Whether a line says nothing: blank, or behind a `;` or `#`."""
    return not line or line.isspace() or line.startswith((";", "#"))


def unknown_form(path: Path, what: str) -> AtlasError:
    """The error for a file that cannot be told."""
    return AtlasError(
        what,
        where=str(path),
        todo="name or convert it to one of the forms that docs/operators/atlas.md describes",
    )


def other_form(given: Given, wanted: str) -> AtlasError:
    """The error for a file of a form that holds something else than is wanted."""
    return AtlasError(
        f"is {given.form.value}, which holds no {wanted}",
        where=str(given.path),
        todo="docs/operators/atlas.md says which option takes which file",
    )
