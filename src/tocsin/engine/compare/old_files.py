"""The files of another system: what their names say, and what of their rows is compared."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.model.address import parse_network

_NAME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)-(?P<type>[a-z0-9_]+)-(?P<list>[A-Za-z0-9_.-]+?)(-delayed)?"
    r"\.csv(\.zip)?"
)
_LONGEST_LIST = 200


class Row(NamedTuple):
    """What rows are compared by. `hi` is None where the subject is a name.

    subject: as written, in one form. port: -1 without one. at: seconds since 1970.
    asn, geo: what the report says of the subject, empty if nothing.
    """

    subject: str
    hi: int | None
    lo: int | None
    length: int | None
    port: int
    at: int
    asn: str
    geo: str


@dataclass(frozen=True, slots=True)
class OldFile:
    """A report of the other system. list: with its filter, such as `example-isp-asn`."""

    path: Path
    report_type: str
    list: str


def old_files(directory: Path, day: dt.date) -> Iterator[OldFile]:
    """The reports of a day below a directory, in order; whatever else lies there is passed over."""
    for path in sorted(directory.rglob("*.csv*")):
        found = _NAME.fullmatch(path.name)
        if found and found["day"] == day.isoformat() and path.is_file():
            yield OldFile(path, found["type"], found["list"].lower()[:_LONGEST_LIST])


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """The text of a file, or of the only one in a zip. ValueError for a zip with more."""
    if path.suffix != ".zip":
        with path.open(encoding="utf-8", errors="replace", newline="") as stream:
            yield stream
        return
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if len(names) != 1:
            raise ValueError(f"holds {len(names)} files instead of one")
        with archive.open(names[0]) as inner:
            yield io.TextIOWrapper(inner, encoding="utf-8", errors="replace", newline="")


def rows_of(stream: IO[str], report_type: ReportType, catalogue: Catalogue) -> Iterator[Row | None]:
    """The rows of a report in CSV; None for one that cannot be read.

    ValueError if the header has no column for the subject or the time.
    """
    lines = csv.reader(line.replace("\0", " ") for line in stream)
    aliases = {**catalogue.column_aliases, **report_type.column_aliases}
    header = [each.strip().strip("\ufeff").lower() for each in next(lines, [])]
    places = {aliases.get(name, name): place for place, name in enumerate(header)}
    # A name that the type has itself counts more than one that is an alias of it.
    places |= {name: place for place, name in enumerate(header) if name in _named(report_type)}
    subject, moment = report_type.subject.column, "timestamp"
    if subject not in places or moment not in places:
        raise ValueError(f"its header lacks {subject} or {moment}")
    for cells in lines:
        if cells:
            yield _row(cells, places, report_type)


def _named(report_type: ReportType) -> frozenset[str]:
    return frozenset(report_type.column_names)


def _row(cells: list[str], places: Mapping[str, int], report_type: ReportType) -> Row | None:
    try:
        subject = cells[places[report_type.subject.column]].strip()
        at = _seconds(cells[places["timestamp"]])
        port = cells[places[report_type.subject_port]] if report_type.subject_port in places else ""
        number = int(port) if port.strip() else -1
        asn, geo = (_beside(cells, places, report_type, name) for name in ("asn", "geo"))
    except (IndexError, ValueError):
        return None
    if not subject or not -1 <= number <= 65_535:
        return None
    try:
        network = parse_network(subject)
    except ValueError:
        return Row(subject.lower()[:500], None, None, None, number, at, asn, geo)
    high, low = network.first >> 64, network.first & (1 << 64) - 1
    return Row(str(network), high, low, network.length, number, at, asn, geo)


def _beside(cells: list[str], places: Mapping[str, int], report_type: ReportType, name: str) -> str:
    """What stands in the subject's column of that name: `src_asn` beside `src_ip`."""
    place = places.get(f"{report_type.subject.column.removesuffix('ip')}{name}")
    return "" if place is None else cells[place].strip().upper()[:20]


def _seconds(text: str) -> int:
    moment = dt.datetime.fromisoformat(text.strip().removesuffix(" UTC"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return int(moment.timestamp())
