"""What lies where: rows of (prefix, country, region, city, industry)."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from tocsin.engine.atlas.intervals import Layer
from tocsin.engine.atlas.layout import PLACES
from tocsin.engine.atlas.tables import (
    Complaints,
    Table,
    input_name,
    is_everything,
    open_table,
    read_number,
    read_prefix,
    tidy,
)
from tocsin.model.address import MASK_64, Addresses
from tocsin.model.errors import AtlasError

COLUMNS = ("country", "region", "city", "naics", "sector")
_GREATEST_NAICS = 999_999


class Where(NamedTuple):
    """One distinct place; empty text and 0 stand for unknown."""

    country: str
    region: str
    city: str
    naics: int
    sector: str


@dataclass
class Geography:
    """Rows as read, columns side by side; `place` is a row of `known`. Prefixes may repeat."""

    hi: array[int] = field(default_factory=lambda: array("Q"))
    lo: array[int] = field(default_factory=lambda: array("Q"))
    length: array[int] = field(default_factory=lambda: array("B"))
    place: array[int] = field(default_factory=lambda: array("I"))
    known: dict[Where, int] = field(default_factory=dict)
    inputs: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.hi)


def read_geography(paths: Sequence[Path], complaints: Complaints) -> Geography:
    """Read tables of places; lines that cannot be used go to `complaints`.

    Raises AtlasError for a file that cannot be read as CSV with a column of places.
    """
    geography = Geography()
    for path in paths:
        table = open_table(path, complaints)
        if not set(COLUMNS) & set(table.columns):
            raise AtlasError(
                f"has no column of places, only {', '.join(table.columns)}",
                where=str(path),
                todo=f"name at least one of {', '.join(COLUMNS)}, or give the file as routes",
            )
        _read(table, geography, complaints)
        geography.inputs.append((input_name(path), table.sha256))
    return geography


def _read(table: Table, geography: Geography, complaints: Complaints) -> None:
    prefix_at = table.columns.index("prefix")
    at = {name: table.columns.index(name) for name in COLUMNS if name in table.columns}
    before, everything = len(geography) + complaints.count, 0
    numbers: dict[tuple[str, ...], int] = {}
    for line, cells in table.rows:
        try:
            network = read_prefix(cells, prefix_at)
            said = tuple(cells[column] for column in at.values())
            place = numbers.get(said)
            if place is None:
                where = _where(dict(zip(at, said, strict=True)))
                place = geography.known.setdefault(where, len(geography.known))
                numbers[said] = place
        except ValueError as error:
            complaints.add(table.path, line, str(error))
            continue
        if is_everything(network):
            everything += 1
            continue
        geography.hi.append(network.first >> 64)
        geography.lo.append(network.first & MASK_64)
        geography.length.append(network.length)
        geography.place.append(place)
    _note(table, geography, everything)
    if len(geography) + complaints.count == before:
        complaints.add(table.path, 0, "has no places")


def _where(said: dict[str, str]) -> Where:
    cells = {name: tidy(text) for name, text in said.items()}
    country = cells.get("country", "").upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise ValueError(f"{country[:80]!r} is no country: two letters belong here")
    naics = cells.get("naics", "")
    return Where(
        country=country,
        region=cells.get("region", "").upper(),
        city=cells.get("city", "").upper(),
        naics=read_number(naics, "industry code (NAICS)", 0, _GREATEST_NAICS) if naics else 0,
        sector=cells.get("sector", ""),
    )


def _note(table: Table, geography: Geography, everything: int) -> None:
    name = table.path.name
    if everything:
        geography.notes.append(f"{name}: {everything} rows for the whole Internet (/0) left out")
    unknown = [column for column in table.columns if column not in ("prefix", *COLUMNS)]
    if unknown:
        geography.notes.append(f"{name}: not used as geography: {', '.join(unknown)}")


def place_layer(geography: Geography) -> tuple[Layer, pa.Table, int]:
    """Distinct prefixes, each with its row in the table of distinct places, and repeats.

    Of several rows of one prefix the last read counts, so that an operator's own corrections
    can be given as the last file; the third value is how many rows gave way to another place.
    """
    hi, lo = np.array(geography.hi, np.uint64), np.array(geography.lo, np.uint64)
    length = np.array(geography.length, np.uint8)
    place = np.array(geography.place, np.int64)
    order = np.lexsort((length, lo, hi))  # stable: rows of one prefix stay as they were read
    hi, lo, length, place = hi[order], lo[order], length[order], place[order]
    same = (np.diff(hi) == 0) & (np.diff(lo) == 0) & (length[1:] == length[:-1])
    last = np.append(~same, True)[: len(hi)]
    gave_way = int(np.count_nonzero(same & (np.diff(place) != 0)))
    value, table = _places(place[last], list(geography.known))
    return Layer(Addresses(hi[last], lo[last]), length[last], value), table, gave_way


def _places(
    place: np.ndarray[tuple[int, ...], np.dtype[np.int64]], known: Sequence[Where]
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int32]], pa.Table]:
    """The places that are used, in their own order, whatever order they were read in."""
    used = sorted(np.unique(place).tolist(), key=known.__getitem__)
    renumbered = np.zeros(len(known), dtype=np.int32)
    renumbered[used] = np.arange(len(used), dtype=np.int32)
    rows = [
        {name: value or None for name, value in known[number]._asdict().items()} for number in used
    ]
    return renumbered[place], pa.Table.from_pylist(rows, schema=PLACES)
