"""The rows of a report, read from the bytes of its CSV; never more than a piece is in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tocsin.engine.interop.row import taken_apart
from tocsin.model.columns import ColumnKind

_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class About:
    """What a form says of a report beside its rows.

    file: the name of the CSV. kinds: of columns; one that is not known is text.
    """

    file: str
    title: str = ""
    kinds: Mapping[str, ColumnKind] = field(default_factory=dict)


def rows_of(pieces: Iterable[bytes]) -> tuple[list[str], Iterator[list[str]]]:
    """The header, and the cells of each row; ValueError, perhaps later, if it is no report."""
    lines = lines_of(pieces)
    header = taken_apart(next(lines, ""))
    return header, (_cells(header, line) for line in lines)


def in_pieces(texts: Iterable[str]) -> Iterator[bytes]:
    """Texts as UTF-8, many at a time."""
    held: list[str] = []
    size = 0
    for each in texts:
        held.append(each)
        size += len(each)
        if size > _PIECE:
            yield "".join(held).encode()
            held, size = [], 0
    yield "".join(held).encode()


def _cells(header: list[str], line: str) -> list[str]:
    cells = taken_apart(line)
    if len(cells) != len(header):
        raise ValueError(f"a row has {len(cells)} cells, the header {len(header)}")
    return cells


def lines_of(pieces: Iterable[bytes]) -> Iterator[str]:
    """Lines without their ends; the header is the first."""
    left = b""
    for piece in pieces:
        *lines, left = (left + piece).split(b"\n")
        yield from (line.decode() for line in lines)
    if left:
        yield left.decode()
