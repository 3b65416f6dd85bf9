"""A report as plain text: a paragraph for each row, a line for each cell that says something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.service.delivery.compose.formats.rows import About, in_pieces, rows_of
from tocsin.service.delivery.compose.formats.shown import shown


def text_pieces(csv: Iterable[bytes], about: About) -> Iterator[bytes]:
    """From the pieces of the CSV."""
    return in_pieces(_texts(csv, about))


def _texts(csv: Iterable[bytes], about: About) -> Iterator[str]:
    header, rows = rows_of(csv)
    names = [shown(each) for each in header]
    width = max(map(len, names), default=0) + 2
    file = about.file.removesuffix(".csv")
    yield f"{shown(about.title)}\n{shown(file)}\n" if about.title else f"{shown(file)}\n"
    for row in rows:
        yield "\n"
        for name, cell in zip(names, row, strict=True):
            if cell:
                yield f"{f'{name}:':{width}}{shown(cell)}\n"
