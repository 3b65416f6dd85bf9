"""A report as JSON: an array with an object for each row, every column in it, cells as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from tocsin.model.columns import ColumnKind
from tocsin.service.delivery.compose.formats.rows import About, in_pieces, rows_of

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
"""Those that every reader of JSON has exactly; others stay text."""


def json_pieces(csv: Iterable[bytes], about: About) -> Iterator[bytes]:
    """From the pieces of the CSV. Integers are numbers, cells that say nothing null, others text.

    ASCII only: neither a terminal nor a reader of lines can be misled.
    """
    return in_pieces(_texts(csv, about))


def _texts(csv: Iterable[bytes], about: About) -> Iterator[str]:
    header, rows = rows_of(csv)
    whole = [about.kinds.get(name) is ColumnKind.INTEGER for name in header]
    before = "[\n"
    for row in rows:
        cells = zip(header, row, whole, strict=True)
        said = {name: _value(cell, number=number) for name, cell, number in cells}
        yield before + json.dumps(said, separators=(",", ":"))
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"


def _value(cell: str, *, number: bool) -> str | int | None:
    if not cell:
        return None
    return int(cell) if number and _INTEGER.fullmatch(cell) else cell
