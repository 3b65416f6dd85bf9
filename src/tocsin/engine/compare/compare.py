"""A day's reports beside those of another system: in both, only there, only here, and why."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

import duckdb
import pyarrow as pa

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.compare.match import Side, Sighting, matched
from tocsin.engine.compare.old_files import OldFile, Row, old_files, opened, rows_of
from tocsin.engine.compare.reasons import explain_rest
from tocsin.engine.compare.reasons_ours import explain_ours
from tocsin.engine.home import Home
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.connection import Room, connected, reading_beside
from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.slices import slice_chunks
from tocsin.engine.nightly.snapshot import read_snapshot
from tocsin.engine.reports import FinishedReport, reports_of
from tocsin.model.errors import Problem

_AT_ONCE = 20_000


class Group(NamedTuple):
    """Rows are told by organisation, list (with its filter) and report type."""

    organisation: str
    list: str
    report_type: str


class Difference(NamedTuple):
    """A row that only one side has. port: None without one. reason: why the other has it not."""

    organisation: str
    list: str
    report_type: str
    side: str
    subject: str
    port: int | None
    at: dt.datetime
    reason: str


@dataclass(slots=True)
class Comparison:
    """counts: rows by group and side. reasons, reasons_ours: of rows only in the old reports, and
    only in ours, by group.

    unreadable: rows that cannot be compared. problems: files that cannot be.
    """

    counts: dict[Group, Counter[Side]] = field(default_factory=dict)
    reasons: dict[Group, Counter[str]] = field(default_factory=dict)
    reasons_ours: dict[Group, Counter[str]] = field(default_factory=dict)
    unreadable: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def total(self) -> Counter[Side]:
        """Of all groups together."""
        return sum(self.counts.values(), Counter())


def compare(
    home: Home,
    store: Store,
    catalogue: Catalogue,
    package: Package,
    old: Path,
    *,
    tolerance: int,
    renamed: Mapping[str, str],
    room: Room,
    out: IO[str] | None = None,
) -> Comparison:
    """Compare the reports of a run with the files below `old`.

    tolerance: seconds. renamed: lists of the old system (with filter) to ours. out: where the
    differences are written as CSV, one a line. Memory is bounded by `room`: rows are sorted there.
    """
    found = Comparison()
    snapshot = read_snapshot(package.path / "snapshot.json", None)
    lists = {f"{each.name}-{each.filter.value}": each for each in snapshot.lists.values()}
    with connected(room) as connection:
        connection.execute(_TABLES)
        for each in old_files(old, package.day):
            _take_old(connection, each, catalogue, renamed, found)
        for report in reports_of(package):
            _take(connection, _our_rows(report, catalogue))
        _match(connection, found, tolerance, {name: lists[name].organisation for name in lists})
        explain_rest(connection, home, store, catalogue, package, lists)
        explain_ours(connection, package.day, lists, tolerance)
        for said in _differences(connection):
            group = Group(said.organisation, said.list, said.report_type)
            reasons = found.reasons if said.side == "old" else found.reasons_ours
            reasons.setdefault(group, Counter())[said.reason] += 1
            if out is not None:
                out.write(_line(said))
    return found


HEADER = "organisation,list,report_type,side,subject,port,time,reason\n"

_TABLES = """
CREATE TABLE rows (side UTINYINT, list VARCHAR, type VARCHAR, subject VARCHAR,
                   hi UBIGINT, lo UBIGINT, len UTINYINT, port INTEGER, seconds BIGINT,
                   asn VARCHAR, geo VARCHAR);
CREATE TABLE only_ (id BIGINT, side UTINYINT, organisation VARCHAR, list VARCHAR, type VARCHAR,
                    subject VARCHAR, port INTEGER, seconds BIGINT);
CREATE TABLE old_reports (list VARCHAR, type VARCHAR, readable BOOLEAN);
CREATE TABLE why (id BIGINT, rank UTINYINT, reason VARCHAR);
"""
_ROWS = pa.schema(
    [
        ("side", pa.uint8()),
        ("list", pa.string()),
        ("type", pa.string()),
        ("subject", pa.string()),
        ("hi", pa.uint64()),
        ("lo", pa.uint64()),
        ("len", pa.uint8()),
        ("port", pa.int32()),
        ("seconds", pa.int64()),
        ("asn", pa.string()),
        ("geo", pa.string()),
    ]
)
_ONLY = pa.schema(
    [
        ("id", pa.int64()),
        ("side", pa.uint8()),
        ("organisation", pa.string()),
        ("list", pa.string()),
        ("type", pa.string()),
        ("subject", pa.string()),
        ("port", pa.int32()),
        ("seconds", pa.int64()),
    ]
)


def _take_old(
    connection: duckdb.DuckDBPyConnection,
    each: OldFile,
    catalogue: Catalogue,
    renamed: Mapping[str, str],
    found: Comparison,
) -> None:
    bad = (len(found.problems), found.unreadable)
    _take(connection, _old_rows(each, catalogue, renamed, found))
    report_type = catalogue.report_type(each.report_type)
    if report_type is not None:
        said = [renamed.get(each.list, each.list), report_type.id]
        readable = bad == (len(found.problems), found.unreadable)
        connection.execute("INSERT INTO old_reports VALUES (?, ?, ?)", [*said, readable])


def _old_rows(
    each: OldFile, catalogue: Catalogue, renamed: Mapping[str, str], found: Comparison
) -> Iterator[tuple[object, ...]]:
    report_type = catalogue.report_type(each.report_type)
    name = renamed.get(each.list, each.list)
    if report_type is None:
        found.problems.append(
            Problem(
                what=f"there is no report type {each.report_type!r}",
                where=str(each.path),
                line=0,
                column=0,
                todo="add the type to the catalogue, or leave the file out",
            )
        )
        return
    try:
        with opened(each.path) as stream:
            for row in rows_of(stream, report_type, catalogue):
                if row is None:
                    found.unreadable += 1
                else:
                    yield (Side.OLD.value, name, report_type.id, *row)
    except (OSError, ValueError, NotImplementedError, EOFError) as error:
        found.problems.append(
            Problem(
                what=str(error),
                where=str(each.path),
                line=0,
                column=0,
                todo="compare it by hand, or leave it out",
            )
        )


def _our_rows(report: FinishedReport, catalogue: Catalogue) -> Iterator[tuple[object, ...]]:
    report_type = catalogue.report_types.get(report.report_type)
    if report_type is None:
        return
    name = f"{report.slice.list_name}-{report.slice.filter}"
    stream = io.TextIOWrapper(
        io.BufferedReader(_Pieces(slice_chunks(report.pack, report.slice))),
        encoding="utf-8",
        newline="",
    )
    for row in rows_of(stream, report_type, catalogue):
        if row is not None:
            yield (Side.OURS.value, name, report_type.id, *row)


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a stream."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # of any buffer
        """Fill the buffer from the next piece."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def _take(connection: duckdb.DuckDBPyConnection, rows: Iterable[tuple[object, ...]]) -> None:
    _insert(connection, "rows", _ROWS, rows)


def _insert(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    schema: pa.Schema,
    rows: Iterable[tuple[object, ...]],
) -> None:
    held: list[tuple[object, ...]] = []
    for row in rows:
        held.append(row)
        if len(held) >= _AT_ONCE:
            _write(connection, table, schema, held)
            held = []
    if held:
        _write(connection, table, schema, held)


def _write(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    schema: pa.Schema,
    rows: list[tuple[object, ...]],
) -> None:
    columns = list(zip(*rows, strict=True))
    given = pa.table(
        [pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)],
        schema=schema,
    )
    connection.register("given_rows", given)
    connection.execute(f"INSERT INTO {table} SELECT * FROM given_rows")
    connection.unregister("given_rows")


def _match(
    connection: duckdb.DuckDBPyConnection,
    found: Comparison,
    tolerance: int,
    organisations: Mapping[str, str],
) -> None:
    # The results are written while the rows are read.
    with reading_beside(connection) as reading:
        reading.execute("SELECT list, type, subject, port, seconds, side FROM rows ORDER BY ALL")
        _insert(connection, "only_", _ONLY, _alone(reading, found, tolerance, organisations))


def _alone(
    reading: duckdb.DuckDBPyConnection,
    found: Comparison,
    tolerance: int,
    organisations: Mapping[str, str],
) -> Iterator[tuple[object, ...]]:
    for number, each in enumerate(matched(_sightings(reading), tolerance)):
        name, report_type, subject, port = each.key
        group = Group(organisations.get(name, ""), name, report_type)
        found.counts.setdefault(group, Counter())[each.side] += 1
        if each.side is not Side.BOTH:
            yield (
                number, each.side.value, group.organisation, name, report_type, subject, port,
                each.at,
            )  # fmt: skip


_Key = tuple[str, str, str, int]


def _sightings(reading: duckdb.DuckDBPyConnection) -> Iterator[Sighting[_Key]]:
    while rows := reading.fetchmany(_AT_ONCE):
        for name, report_type, subject, port, at, side in rows:
            yield Sighting((name, report_type, subject, port), at, Side(side))


def _differences(connection: duckdb.DuckDBPyConnection) -> Iterator[Difference]:
    with reading_beside(connection) as reading:
        reading.execute(
            """SELECT o.organisation, o.list, o.type, o.side, o.subject, o.port, o.seconds,
                      coalesce(min_by(w.reason, w.rank),
                               if(o.side = 0, 'not_seen', 'unknown'))
               FROM only_ o LEFT JOIN why w USING (id)
               GROUP BY o.id, o.organisation, o.list, o.type, o.side, o.subject, o.port, o.seconds
               ORDER BY o.organisation, o.list, o.type, o.side, o.seconds, o.subject, o.port,
                        o.id"""
        )
        while rows := reading.fetchmany(_AT_ONCE):
            for organisation, name, report_type, side, subject, port, at, reason in rows:
                old = side == Side.OLD.value
                yield Difference(
                    organisation,
                    name,
                    report_type,
                    "old" if old else "ours",
                    subject,
                    None if port < 0 else port,
                    dt.datetime.fromtimestamp(at, dt.UTC),
                    reason,
                )


def _line(said: Difference) -> str:
    port = "" if said.port is None else str(said.port)
    texts = (
        said.organisation, said.list, said.report_type, said.side, said.subject, port,
        f"{said.at:%Y-%m-%d %H:%M:%S}", said.reason,
    )  # fmt: skip
    return ",".join(_cell(each) for each in texts) + "\n"


def _cell(text: str) -> str:
    clean = "".join(each if each.isprintable() else " " for each in text)
    return '"' + clean.replace('"', '""') + '"'


__all__ = ["HEADER", "Comparison", "Difference", "Group", "Row", "compare"]
