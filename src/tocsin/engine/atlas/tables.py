"""Reading tables of prefixes: pyasn's text form and CSV with a header, plain or gzip."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.model.address import Network, parse_network
from tocsin.model.errors import AtlasError, Problem

MOST_BYTES = 2 << 30
"""Unpacked size from which a file is refused: ten times the largest table there is."""

_SHOWN = 20
_SHOWN_TEXT = 80
_GZIP = b"\x1f\x8b"
_GREATEST_ASN = (1 << 32) - 1
_TEXT_ROW = re.compile(r"[0-9a-fA-F.:]+(/[0-9]+)?\t")

TEXT_TABLE = ("prefix", "asn")
"""The columns of pyasn's text table, which has no header of its own."""


class Complaints:
    """Mistakes found so far; the first few are kept in words, the rest counted."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.count = 0

    def add(self, path: Path, line: int, what: str) -> None:
        """Note one mistake."""
        self.count += 1
        if len(self.problems) < _SHOWN:
            self.problems.append(Problem(str(path), line, 0, what))

    def raise_any(self) -> None:
        """Raise AtlasError with what was noted, if anything was."""
        if not self.count:
            return
        if self.count == 1:
            only = self.problems[0]
            raise AtlasError(
                only.what, where=only.where, line=only.line, todo="correct or remove the line"
            )
        shown = f"; the first {_SHOWN} are these" if self.count > _SHOWN else ""
        raise AtlasError(
            f"{self.count} lines cannot be used{shown}",
            todo="correct or remove them and build again",
            problems=self.problems,
        )


@dataclass(frozen=True)
class Table:
    """A file's rows. columns: lower-case names. rows: (line number from 1, cells), read once."""

    path: Path
    sha256: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[int, Sequence[str]]] = field(compare=False)


def read_bytes(path: Path) -> tuple[bytes, str]:
    """The content of a file, unpacked if it is gzip, and the SHA-256 of the file as it is."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise AtlasError(
            f"cannot be read: {error.strerror}",
            where=str(path),
            todo="name a file that exists and that you may read",
        ) from error
    return _unpacked(raw, path), hashlib.sha256(raw).hexdigest()


def _unpacked(raw: bytes, path: Path) -> bytes:
    if not raw.startswith(_GZIP):
        return raw
    try:
        with gzip.open(io.BytesIO(raw)) as stream:
            data = stream.read(MOST_BYTES + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise AtlasError(
            f"broken gzip: {error}", where=str(path), todo="fetch or pack the file again"
        ) from error
    if len(data) > MOST_BYTES:
        raise AtlasError(
            f"unpacks to more than {MOST_BYTES >> 30} GiB",
            where=str(path),
            todo="split the table into several files",
        )
    return data


def input_name(path: Path) -> str:
    """The file's name as text that can be kept; bytes that are no UTF-8 become `?`."""
    return path.name.encode(errors="replace").decode()


def open_table(path: Path, complaints: Complaints) -> Table:
    """Tell the form by the content, and give the rows.

    Lines that are no rows at all go to `complaints`. Raises AtlasError for a file without a
    single row, or that is neither form.
    """
    data, sha256 = read_bytes(path)
    if b"\0" in data[:4096]:
        raise _unknown(path, "is not text")
    # Bytes that are no UTF-8 become lone surrogates, which `tidy` then names by line.
    text = data.decode("utf-8-sig", errors="surrogateescape")
    first = _first_row(text)
    if not first:
        raise AtlasError("has no rows", where=str(path), todo="name a table that is not empty")
    if _TEXT_ROW.match(first):
        return Table(path, sha256, TEXT_TABLE, _text_rows(text))
    columns = tuple(cell.strip().lower() for cell in next(csv.reader([first])))
    if "prefix" not in columns:
        raise _unknown(path, f"begins with {first[:_SHOWN_TEXT]!r}")
    _refuse_doubles(path, columns)
    return Table(path, sha256, columns, _csv_rows(path, text, len(columns), complaints))


def _unknown(path: Path, what: str) -> AtlasError:
    return AtlasError(
        f"{what}; it is neither a text table (prefix, tab, AS number) nor CSV with a header "
        "that names the column prefix",
        where=str(path),
        todo="convert it to one of the two (docs/operators/atlas.md shows both)",
    )


def _refuse_doubles(path: Path, columns: Sequence[str]) -> None:
    doubles = sorted({name for name in columns if name and columns.count(name) > 1})
    if doubles:
        raise AtlasError(
            f"the header names {', '.join(doubles)} more than once", where=str(path), line=1
        )


def _is_comment(line: str) -> bool:
    return not line or line.isspace() or line.startswith(";")


def _first_row(text: str) -> str:
    for line in io.StringIO(text):
        if not _is_comment(line):
            return line.rstrip("\r\n")
    return ""


def _text_rows(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    for number, line in enumerate(io.StringIO(text), start=1):
        if not _is_comment(line):
            yield number, line.split()


def _csv_rows(
    path: Path, text: str, width: int, complaints: Complaints
) -> Iterator[tuple[int, Sequence[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header_seen = False
    line = 1
    try:
        for cells in reader:
            if not cells or (len(cells) == 1 and _is_comment(cells[0])):
                pass
            elif not header_seen:
                header_seen = True
            elif len(cells) != width:
                complaints.add(path, line, f"has {len(cells)} cells, the header has {width}")
            else:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        complaints.add(path, line, f"is no CSV from here on: {error}")


def read_prefix(cells: Sequence[str], column: int) -> Network:
    """The prefix of a row; ValueError says what is wrong with it."""
    text = cells[column].strip()
    if len(text) > _SHOWN_TEXT:
        raise ValueError(f"{text[:_SHOWN_TEXT]!r}... is not a prefix")
    return parse_network(text)


def read_number(text: str, what: str, least: int, greatest: int) -> int:
    """A decimal number within bounds; ValueError says what is wrong with it."""
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise ValueError(f"{text[:_SHOWN_TEXT]!r} is no {what}")
    number = int(text)
    if not least <= number <= greatest:
        raise ValueError(f"{number} is no {what}: it lies outside {least} to {greatest}")
    return number


def read_asn(text: str, *, least: int = 1) -> int:
    """An AS number, with or without `AS` in front; ValueError says what is wrong with it."""
    bare = text.strip()
    return read_number(
        bare[2:] if bare[:2].upper() == "AS" else bare, "AS number", least, _GREATEST_ASN
    )


def tidy(text: str) -> str:
    """The text on one line, what cannot be printed made a blank; ValueError if it is no UTF-8.

    Lists of names hold stray control characters; that is no reason to do without the list. A
    file in another encoding would be misread as a whole, and is told.
    """
    if text.isprintable():
        return " ".join(text.split())
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{text[:_SHOWN_TEXT]!r} is no UTF-8")
    shown = (character if character.isprintable() else " " for character in text)
    return " ".join("".join(shown).split())


def is_everything(network: Network) -> bool:
    """Whether it is the /0 of a family: a default route, which says nothing of an owner."""
    return network.length == 0 or (network.is_v4 and network.length == 96)
