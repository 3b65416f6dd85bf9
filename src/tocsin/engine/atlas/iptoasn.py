"""iptoasn's tables: first address, last address, AS number, country, description, by tabs.

As iptoasn.com describes them: AS 0 stands for a range that nobody announces, and `None` or
`Unknown` for a country that is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.engine.atlas.forms import Given, lines_of
from tocsin.engine.atlas.ranges import prefixes_of, read_range
from tocsin.engine.atlas.rows import Geography, Routes, make_where
from tocsin.engine.atlas.tables import Complaints, not_too_long, read_asn, tidy

_COLUMNS = 5
_NO_COUNTRY = frozenset({"", "NONE", "UNKNOWN", "ZZ"})
_NOT_ROUTED = "ranges that are not routed (AS 0)"


def read_range_routes(given: Given, routes: Routes, complaints: Complaints) -> None:
    """The ranges as routes of their ASes; the descriptions as names of these."""
    for line, cells in _rows(given, complaints):
        try:
            first, last = _ends(cells)
            asn = read_asn(cells[2], least=0)
            name = tidy(cells[4])
        except ValueError as error:
            complaints.add(given.path, line, str(error))
            continue
        if not asn:
            routes.left_out[_NOT_ROUTED] += 1
            continue
        if name:
            routes.names[asn] = name
        for network in prefixes_of(first, last):
            routes.add(network, asn)


def read_range_places(given: Given, geography: Geography, complaints: Complaints) -> None:
    """The ranges as places: the country that each one's AS is registered in."""
    numbers: dict[str, int] = {}
    for line, cells in _rows(given, complaints):
        try:
            first, last = _ends(cells)
            country = cells[3].strip().upper()
            if country in _NO_COUNTRY:
                geography.left_out["ranges without a country"] += 1
                continue
            if country not in numbers:
                numbers[country] = geography.number(make_where(country=country))
        except ValueError as error:
            complaints.add(given.path, line, str(error))
            continue
        for network in prefixes_of(first, last):
            geography.add(network, numbers[country])


def _rows(given: Given, complaints: Complaints) -> Iterator[tuple[int, list[str]]]:
    for line, text in lines_of(given.text):
        cells = text.split("\t", _COLUMNS - 1)
        if len(cells) != _COLUMNS:
            complaints.add(given.path, line, f"has {len(cells)} cells where {_COLUMNS} belong")
        else:
            yield line, cells


def _ends(cells: list[str]) -> tuple[int, int]:
    return read_range(not_too_long(cells[0], "address"), not_too_long(cells[1], "address"))
