"""An operator's CSV: `network,address` and, if there are, `organisation` and `country`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from tocsin.model.errors import InputError, Problem
from tocsin.service.subscribers.abuse_contacts.reading.lines import (
    Found,
    Read,
    numbered,
    opened,
)
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.values import NetworkKind, any_network, network_value
from tocsin.service.texts import harmless

COLUMNS = ("network", "address", "organisation", "country")
_REQUIRED = {"network", "address"}


def read_csv(path: Path) -> Iterator[Read]:
    """Every line of the file. InputError if its header does not name the columns."""
    with opened(path) as stream:
        lines = numbered(stream)
        number, first = next(lines, (1, ""))
        header = [each.strip().lower() for each in next(csv.reader([first]), [])]
        _check(path, header)
        for number, line in lines:
            if line.strip() and not line.startswith("#"):
                yield _row(path, number, dict(zip(header, _cells(line), strict=False)))


def _check(path: Path, header: list[str]) -> None:
    if not set(header) >= _REQUIRED or not set(header) <= set(COLUMNS):
        raise InputError(
            f"the first line is {harmless(','.join(header), 200)!r}",
            where=str(path),
            line=1,
            todo="let it name the columns: network,address,organisation,country "
            "(the last two may be left out)",
        )


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def _row(path: Path, number: int, row: dict[str, str]) -> Read:
    try:
        network = any_network(row.get("network", ""))
        address = mail_address(row.get("address", ""))
        said = row.get("country", "").strip()
        country = network_value(NetworkKind.COUNTRY, said).value if said else ""
    except ValueError as error:
        todo = "write it as 192.0.2.0/24,abuse@example.org,Example ISP,XX"
        return Problem(str(path), number, 0, harmless(str(error), 300), todo)
    return Found(network, address, harmless(row.get("organisation", ""), 200), country)
