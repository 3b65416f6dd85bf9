"""What lies where: places of every form that is read, and distinct prefixes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin.engine.atlas.delegated import read_delegated
from tocsin.engine.atlas.forms import Form, Given, open_given, other_form
from tocsin.engine.atlas.intervals import Layer
from tocsin.engine.atlas.iptoasn import read_range_places
from tocsin.engine.atlas.layout import PLACES, Int32s
from tocsin.engine.atlas.rows import Geography, Where, make_industry, make_where
from tocsin.engine.atlas.tables import Complaints, Table, open_table, read_asn, read_prefix
from tocsin.model.address import Addresses, Flags, Ints
from tocsin.model.errors import AtlasError

COLUMNS = ("country", "region", "city", "naics", "sector")
INDUSTRY = ("naics", "sector")


def read_geography(
    paths: Sequence[Path], complaints: Complaints, days: Mapping[Path, str] | None = None
) -> Geography:
    """Read places of any form, and industries of ASes; unusable rows go to `complaints`.

    `days`: of when a file is, for those whose content does not tell. Raises AtlasError for a file
    that is broken, or that holds neither places nor industries.
    """
    geography = Geography()
    for path in paths:
        given = open_given(path)
        before = geography.told + complaints.count
        made = _read(given, geography, complaints) or (days or {}).get(path, "")
        geography.close_file(given, made)
        if geography.told + complaints.count == before:
            complaints.add(path, 0, "has no places")
    return geography


def _read(given: Given, geography: Geography, complaints: Complaints) -> str:
    """Read one file; the day that its content tells, or nothing."""
    if given.form is Form.DATABASE:
        # Loaded where there is one.
        from tocsin.engine.atlas.mmdb import read_database_places  # noqa: PLC0415 - see above

        return read_database_places(given, geography, complaints)
    if given.form is Form.DELEGATED:
        return read_delegated(given, geography, complaints)
    if given.form is Form.RANGES:
        read_range_places(given, geography, complaints)
    elif given.form is Form.CSV:
        _read_csv(open_table(given, complaints), geography, complaints)
    elif given.form is Form.TEXT_TABLE:
        raise _no_places(given.path, ("prefix", "asn"))
    else:
        raise other_form(given, "places")
    return ""


def _read_csv(table: Table, geography: Geography, complaints: Complaints) -> None:
    if "prefix" in table.columns and set(COLUMNS) & set(table.columns):
        _read_places(table, geography, complaints)
        used: tuple[str, ...] = ("prefix", *COLUMNS)
    elif "prefix" not in table.columns and set(INDUSTRY) & set(table.columns):
        _read_industries(table, geography, complaints)
        used = ("asn", *INDUSTRY)
    else:
        raise _no_places(table.path, table.columns)
    unknown = [column for column in table.columns if column not in used]
    if unknown:
        geography.notes.append(f"{table.path.name}: not used as geography: {', '.join(unknown)}")


def _no_places(path: Path, columns: Sequence[str]) -> AtlasError:
    return AtlasError(
        f"has no column of places, only {', '.join(columns)}",
        where=str(path),
        todo=f"name at least one of {', '.join(COLUMNS)}, or give the file as routes",
    )


def _read_places(table: Table, geography: Geography, complaints: Complaints) -> None:
    prefix_at = table.columns.index("prefix")
    at = {name: table.columns.index(name) for name in COLUMNS if name in table.columns}
    numbers: dict[tuple[str, ...], int] = {}
    for line, cells in table.rows:
        try:
            network = read_prefix(cells, prefix_at)
            said = tuple(cells[column] for column in at.values())
            place = numbers.get(said)
            if place is None:
                place = geography.number(make_where(**dict(zip(at, said, strict=True))))
                numbers[said] = place
        except ValueError as error:
            complaints.add(table.path, line, str(error))
            continue
        geography.add(network, place)


def _read_industries(table: Table, geography: Geography, complaints: Complaints) -> None:
    """Rows of AS number and industry; of several rows of one AS the last counts."""
    asn_at = table.columns.index("asn")
    at = {name: table.columns.index(name) for name in INDUSTRY if name in table.columns}
    for line, cells in table.rows:
        try:
            asn = read_asn(cells[asn_at])
            naics, sector = (cells[at[name]] if name in at else "" for name in INDUSTRY)
            industry = make_industry(naics, sector)
        except ValueError as error:
            complaints.add(table.path, line, str(error))
            continue
        if any(industry):
            geography.add_industry(asn, industry)
        else:
            geography.left_out["rows without an industry"] += 1


def place_layer(geography: Geography) -> tuple[Layer, pa.Table, int]:
    """Distinct prefixes, each with its row in the table of distinct places, and repeats.

    Of several rows of one prefix the last read counts, so that an operator's own corrections
    can be given as the last file; the third value is how many rows gave way to another place.
    """
    order, last = _last_of_each(geography, np.arange(len(geography)))
    place = np.array(geography.place, np.int64)[order]
    gave_way = int(np.count_nonzero(~last[:-1] & (np.diff(place) != 0)))
    value, table = _places(place[last], list(geography.known))
    return _layer(geography, order[last], value), table, gave_way


def registry_layer(geography: Geography) -> Layer | None:
    """Distinct prefixes that a registry delegated, with its place in `REGISTRIES`; None if no
    registry's list was read. What others say of the place of such a prefix changes nothing."""
    registry = np.array(geography.registry, np.int32)
    if not registry.any():
        return None
    order, last = _last_of_each(geography, np.flatnonzero(registry))
    return _layer(geography, order[last], registry[order[last]] - 1)


def _last_of_each(geography: Geography, rows: Ints) -> tuple[Ints, Flags]:
    """The rows ordered by their prefix, and which of them is the last read of its prefix."""
    hi, lo = np.array(geography.hi, np.uint64)[rows], np.array(geography.lo, np.uint64)[rows]
    length = np.array(geography.length, np.uint8)[rows]
    order = np.lexsort((length, lo, hi))  # stable: rows of one prefix stay as they were read
    hi, lo, length = hi[order], lo[order], length[order]
    same = (np.diff(hi) == 0) & (np.diff(lo) == 0) & (length[1:] == length[:-1])
    return rows[order], np.append(~same, True)[: len(hi)]


def _layer(geography: Geography, rows: Ints, value: Int32s) -> Layer:
    hi, lo = np.array(geography.hi, np.uint64)[rows], np.array(geography.lo, np.uint64)[rows]
    return Layer(Addresses(hi, lo), np.array(geography.length, np.uint8)[rows], value)


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
