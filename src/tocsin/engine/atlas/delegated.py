"""The registries' lists of what they delegated, in the extended form and the one before it.

Source of the form: "RIR statistics exchange format", which every registry publishes beside its
lists. A version line; a summary line for each kind; then rows

    registry|country|ipv4, ipv6 or asn|first|value|date|status|holder...

where `value` counts addresses for IPv4, which need not be a power of two, and is the length of
the prefix for IPv6.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from tocsin.engine.atlas.forms import SHOWN_TEXT, Given, lines_of
from tocsin.engine.atlas.layout import REGISTRIES
from tocsin.engine.atlas.ranges import prefixes_of
from tocsin.engine.atlas.rows import Geography, make_where
from tocsin.engine.atlas.tables import Complaints, not_too_long, read_number
from tocsin.model.address import Network, parse_address, parse_network
from tocsin.model.errors import AtlasError

_LEAST_CELLS = 7
_VERSION = re.compile(r"[0-9.]+")
_DELEGATED = frozenset({"allocated", "assigned"})
_FREE = frozenset({"available", "reserved"})
_NO_COUNTRY = frozenset({"", "ZZ"})
_REGISTRY = {name: number for number, name in enumerate(REGISTRIES, start=1)}
_MOST_MISSING = 0.01
"""The share of rows that may be missing of what the version line promises: registries miscount
by a few, a list that was cut lacks more."""


def read_delegated(given: Given, geography: Geography, complaints: Complaints) -> str:
    """Country and registry of what is allocated or assigned. Returns the list's date, if any.

    AtlasError if rows are missing of those that the version line promises.
    """
    promised, made, found = 0, "", 0
    for line, text in lines_of(given.text):
        cells = [cell.strip() for cell in text.split("|")]
        if _VERSION.fullmatch(cells[0]):
            promised, made = _version(cells)
        elif cells[-1] != "summary":
            found += 1
            try:
                _take(cells, geography)
            except ValueError as error:
                complaints.add(given.path, line, str(error))
    if found < promised * (1 - _MOST_MISSING):
        raise AtlasError(
            f"is cut short: it promises {promised} rows and has {found}",
            where=str(given.path),
            todo="fetch the file again",
        )
    if promised and found != promised:
        geography.notes.append(f"{given.path.name}: promises {promised} rows and has {found}")
    return made


def _version(cells: list[str]) -> tuple[int, str]:
    """How many rows the version line promises (0: none), and the day that the list ends with."""
    promised = int(cells[3]) if len(cells) > 3 and re.fullmatch(r"[0-9]{1,9}", cells[3]) else 0
    day = cells[5] if len(cells) > 5 else ""
    try:
        return promised, dt.datetime.strptime(day, "%Y%m%d").date().isoformat()  # noqa: DTZ007 - a day
    except ValueError:
        return promised, ""


def _take(cells: list[str], geography: Geography) -> None:
    """Add the prefixes of one row, or count why there are none."""
    if len(cells) < _LEAST_CELLS:
        raise ValueError(f"has {len(cells)} cells where {_LEAST_CELLS} belong")
    registry, country, kind, first, value, _, status = cells[:_LEAST_CELLS]
    status = status.lower()
    if kind == "asn":
        geography.left_out["rows of AS numbers"] += 1
        return
    networks = list(_networks(kind, not_too_long(first, "address"), value))
    if status in _FREE:
        geography.left_out[f"{status} rows"] += 1
    elif status not in _DELEGATED:
        raise ValueError(f"{status[:SHOWN_TEXT]!r} is no status of a delegation")
    elif country.upper() in _NO_COUNTRY:
        geography.left_out["rows without a country"] += 1
    else:
        place = geography.number(make_where(country=country))
        for network in networks:
            geography.add(network, place, _REGISTRY.get(registry.lower(), 0))


def _networks(kind: str, first: str, value: str) -> Iterator[Network]:
    if kind == "ipv6":
        if ":" not in first:
            raise ValueError(f"{first!r} is no IPv6 address")
        length = read_number(value, "prefix length", 1, 128)
        yield parse_network(f"{first}/{length}")
    elif kind == "ipv4":
        if ":" in first:
            raise ValueError(f"{first!r} is no IPv4 address")
        begin = parse_address(first)
        count = read_number(value, "count of addresses", 1, 1 << 32)
        if (begin + count - 1) >> 32 != 0xFFFF:
            raise ValueError(f"{count} addresses from {first} on end behind the last one")
        yield from prefixes_of(begin, begin + count - 1)
    else:
        raise ValueError(f"{kind[:80]!r} is neither ipv4, ipv6 nor asn")
