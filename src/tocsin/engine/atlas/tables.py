"""Reading tables of prefixes: pyasn's text form and CSV with a header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.engine.atlas.forms import SHOWN_TEXT, Form, Given, is_comment, lines_of, unknown_form
from tocsin.model.address import Network, parse_network
from tocsin.model.errors import AtlasError, Problem

_SHOWN = 20
_GREATEST_ASN = (1 << 32) - 1

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
                only.what,
                where=only.where,
                line=only.line,
                todo="correct or remove the line" if only.line else "look whether it is whole",
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
    columns: tuple[str, ...]
    rows: Iterator[tuple[int, Sequence[str]]] = field(compare=False)


def open_table(given: Given, complaints: Complaints) -> Table:
    """The rows of a text table or of CSV.

    Lines that are no rows at all go to `complaints`. Raises AtlasError for CSV that names
    neither the column prefix nor the column asn.
    """
    if given.form is Form.TEXT_TABLE:
        return Table(given.path, TEXT_TABLE, _text_rows(given.text))
    first = next((line for _, line in lines_of(given.text)), "")
    columns = tuple(cell.strip().lower() for cell in next(csv.reader([first])))
    if "prefix" not in columns and "asn" not in columns:
        raise unknown_form(
            given.path,
            f"begins with {first[:SHOWN_TEXT]!r}; it is neither a text table (prefix, tab, AS "
            "number), nor CSV with a header that names the column prefix, nor another known form",
        )
    refuse_doubles(given.path, columns)
    rows = _csv_rows(given.path, given.text, len(columns), complaints)
    return Table(given.path, columns, rows)


def refuse_doubles(path: Path, columns: Sequence[str]) -> None:
    """AtlasError if a header names a column more than once."""
    doubles = sorted({name for name in columns if name and columns.count(name) > 1})
    if doubles:
        raise AtlasError(
            f"the header names {', '.join(doubles)} more than once", where=str(path), line=1
        )


def _text_rows(text: str) -> Iterator[tuple[int, Sequence[str]]]:
    for number, line in lines_of(text):
        yield number, line.split()


def _csv_rows(
    path: Path, text: str, width: int, complaints: Complaints
) -> Iterator[tuple[int, Sequence[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header_seen = False
    line = 1
    try:
        for cells in reader:
            if not cells or _says_nothing(cells):
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


def _says_nothing(cells: Sequence[str]) -> bool:
    return (len(cells) == 1 and is_comment(cells[0])) or cells[0].startswith((";", "#"))


def read_prefix(cells: Sequence[str], column: int) -> Network:
    """The prefix of a row; ValueError says what is wrong with it."""
    return parse_network(not_too_long(cells[column].strip(), "prefix"))


def not_too_long(text: str, what: str) -> str:
    """The text, unless it is too long to be one; ValueError shows its beginning."""
    if len(text) > SHOWN_TEXT:
        raise ValueError(f"{text[:SHOWN_TEXT]!r}... is not a {what}")
    return text


def read_number(text: str, what: str, least: int, greatest: int) -> int:
    """A decimal number within bounds; ValueError says what is wrong with it."""
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise ValueError(f"{text[:SHOWN_TEXT]!r} is no {what}")
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
        raise ValueError(f"{text[:SHOWN_TEXT]!r} is no UTF-8")
    shown = (character if character.isprintable() else " " for character in text)
    return " ".join("".join(shown).split())


def is_everything(network: Network) -> bool:
    """Whether it is the /0 of a family: a default route, which says nothing of an owner."""
    return network.length == 0 or (network.is_v4 and network.length == 96)
