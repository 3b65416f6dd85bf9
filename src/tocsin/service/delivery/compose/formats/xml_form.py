"""A report as XML: an element for each row, in it one for each cell that says something.

<report file="2026-11-22-event4_sinkhole-alpha-asn">
 <row><cell column="timestamp">2026-11-22 00:00:01</cell>...</row>
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from tocsin.service.delivery.compose.formats.rows import About, in_pieces, rows_of
from tocsin.service.delivery.compose.formats.shown import shown


def xml_pieces(csv: Iterable[bytes], about: About) -> Iterator[bytes]:
    """From the pieces of the CSV."""
    return in_pieces(_texts(csv, about))


def _texts(csv: Iterable[bytes], about: About) -> Iterator[str]:
    header, rows = rows_of(csv)
    names = [_said(each) for each in header]
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<report file="{_said(about.file.removesuffix(".csv"))}" title="{_said(about.title)}">\n'
    for row in rows:
        cells = zip(names, row, strict=True)
        told = (f'<cell column="{name}">{_said(cell)}</cell>' for name, cell in cells if cell)
        yield f" <row>{''.join(told)}</row>\n"
    yield "</report>\n"


def _said(text: str) -> str:
    return escape(shown(text))
