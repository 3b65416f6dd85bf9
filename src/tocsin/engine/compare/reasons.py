"""Why rows of the other system are not in ours: the first of these reasons that holds.

unknown_list   the night knew no list of that name
other_time     the list has a row about the subject and port, at another time (or one for many)
other_port     the list has a row about the subject, with another port
filtered       it was published, and a network of the list brings it: its preferences, the
               terms of the source, a suppression or delta mode kept it out
other_list     it was published, for other lists
nobody         it was published, for nobody
withheld       it lies in the lake, and was not published: held, withdrawn, sent before, capped
(a word)       rows about that subject were turned away at intake, for that reason
not_seen       none of our sources said it
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.engine.home import Home
from tocsin.engine.lake.layout import RECORDS, Unit, audiences_name, published_name
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.connection import reading_beside
from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.publish import read_audiences
from tocsin.engine.nightly.reasons import reasons_of
from tocsin.engine.nightly.subscribers import ReportList
from tocsin.model.address import parse_network

_AT_ONCE = 20_000
_UNKNOWN_LIST, _OTHER_TIME, _OTHER_PORT, _FILTERED, _OTHER_LIST, _NOBODY, _WITHHELD, _AWAY = range(
    8
)
_ADDRESSES = re.compile(
    rb"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,3})?|[0-9a-fA-F]*:[0-9a-fA-F:.]+(?:/\d{1,3})?"
)
_WHY = pa.schema([("id", pa.int64()), ("rank", pa.uint8()), ("reason", pa.string())])
_TOLD = (
    "timestamp", "_audience", "_subject_hi", "_subject_lo", "_subject_len", "_origins",
    "_countries", "_domains",
)  # fmt: skip
_DAYS_OF_INTAKE = 3
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def explain_rest(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    store: Store,
    catalogue: Catalogue,
    package: Package,
    lists: Mapping[str, ReportList],
) -> None:
    """Fill the table `why` for the rows of `only_` that are the other system's."""
    names = pa.table({"name": pa.array(sorted(lists), pa.string())})
    connection.register("known_lists", names)
    for statement in _BY_OURS:
        connection.execute(statement)
    connection.unregister("known_lists")
    connection.execute(_SOUGHT)
    for (type_id,) in connection.execute("SELECT DISTINCT type FROM sought").fetchall():
        report_type = catalogue.report_types[type_id]
        _by_published(connection, store, package, report_type, lists)
        _by_records(connection, store, package.day, report_type)
    _by_rejects(connection, home, package.day)


_BY_OURS = (
    f"""INSERT INTO why SELECT id, {_UNKNOWN_LIST}, 'unknown_list' FROM only_
        WHERE side = 0 AND list NOT IN (SELECT name FROM known_lists)""",
    f"""INSERT INTO why SELECT id, {_OTHER_TIME}, 'other_time' FROM only_ o
        SEMI JOIN (SELECT * FROM rows WHERE side = 1) r
        ON o.list = r.list AND o.type = r.type AND o.subject = r.subject AND o.port = r.port
        WHERE o.side = 0""",
    f"""INSERT INTO why SELECT id, {_OTHER_PORT}, 'other_port' FROM only_ o
        SEMI JOIN (SELECT * FROM rows WHERE side = 1) r
        ON o.list = r.list AND o.type = r.type AND o.subject = r.subject
        WHERE o.side = 0""",
)
_SOUGHT = """
CREATE TABLE sought AS
SELECT o.id, o.list, o.type, o.subject, r.hi, r.lo, r.len
FROM (SELECT * FROM only_ ANTI JOIN why USING (id) WHERE side = 0) o
JOIN (SELECT DISTINCT subject, hi, lo, len FROM rows WHERE side = 0) r USING (subject)
"""


def _join(columns: str, report_type: ReportType) -> str:
    subject = report_type.subject.column
    return f"""
        SELECT s.id, s.list, {columns} FROM read_parquet(?) p JOIN sought s
        ON s.type = '{report_type.id}' AND s.hi IS NOT NULL AND p._subject_hi = s.hi
           AND p._subject_lo = s.lo AND coalesce(p._subject_len, 128) = s.len
        UNION ALL
        SELECT s.id, s.list, {columns} FROM read_parquet(?) p JOIN sought s
        ON s.type = '{report_type.id}' AND s.hi IS NULL AND lower(p."{subject}") = s.subject
        """


def _by_published(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    package: Package,
    report_type: ReportType,
    lists: Mapping[str, ReportList],
) -> None:
    there = set(store.names(f"published/{package.day.isoformat()}/r{package.revision}"))
    for delayed in (False, True):
        unit = Unit(report_type.id, delayed)
        name = published_name(package.day, package.revision, unit)
        if name not in there:
            continue
        audiences = read_audiences(store.fetch(audiences_name(package.day, package.revision, unit)))
        path = str(store.fetch(name))
        columns = ", ".join(["epoch_us(p.timestamp)", *(f"p.{each}" for each in _TOLD[1:])])
        with reading_beside(connection) as reading:
            reading.execute(_join(columns, report_type), [path, path])
            while rows := reading.fetchmany(_AT_ONCE):
                found = [_of_published(row, audiences, report_type, lists) for row in rows]
                _write(connection, found)


def _of_published(
    row: tuple[Any, ...],
    audiences: list[tuple[int, ...]],
    report_type: ReportType,
    lists: Mapping[str, ReportList],
) -> tuple[int, int, str]:
    number, name, *values = row
    cells = dict(zip(_TOLD, values, strict=True))
    cells["timestamp"] = _EPOCH + dt.timedelta(microseconds=cells["timestamp"])
    wanted = lists.get(name)
    if wanted is not None and reasons_of(cells, report_type, wanted):
        return number, _FILTERED, "filtered"
    if audiences[cells["_audience"]]:
        return number, _OTHER_LIST, "other_list"
    return number, _NOBODY, "nobody"


def _by_records(
    connection: duckdb.DuckDBPyConnection, store: Store, day: dt.date, report_type: ReportType
) -> None:
    for name in store.names(f"{RECORDS}/{day.isoformat()}/{report_type.id}"):
        path = str(store.fetch(name))
        there = f"SELECT DISTINCT id FROM ({_join('1', report_type)})"
        connection.execute(
            f"INSERT INTO why SELECT id, {_WITHHELD}, 'withheld' FROM ({there})", [path, path]
        )


def _by_rejects(connection: duckdb.DuckDBPyConnection, home: Home, day: dt.date) -> None:
    """Rows that were turned away name the subject somewhere in their raw bytes."""
    connection.execute("CREATE TABLE away (subject VARCHAR, reason VARCHAR)")
    for later in range(_DAYS_OF_INTAKE):
        folder = home.rejects / (day + dt.timedelta(days=later)).isoformat()
        for path in sorted(folder.glob("*.parquet")):
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_AT_ONCE, columns=["reason", "raw"]):
                    _take_away(connection, batch)
    connection.execute(
        f"""INSERT INTO why SELECT s.id, {_AWAY}, min(a.reason) FROM sought s
            JOIN away a USING (subject) GROUP BY s.id"""
    )


def _take_away(connection: duckdb.DuckDBPyConnection, batch: pa.RecordBatch) -> None:
    pairs = {
        (subject, reason)
        for reason, raw in zip(
            *(batch[name].to_pylist() for name in ("reason", "raw")), strict=True
        )
        for subject in _subjects(raw)
    }
    if pairs:
        subjects, reasons = zip(*sorted(pairs), strict=True)
        connection.register("given_away", pa.table({"subject": subjects, "reason": reasons}))
        connection.execute("INSERT INTO away SELECT * FROM given_away")
        connection.unregister("given_away")


def _subjects(raw: bytes) -> Iterator[str]:
    for found in _ADDRESSES.findall(raw):
        try:
            yield str(parse_network(found.decode("ascii")))
        except ValueError:
            continue


def _write(connection: duckdb.DuckDBPyConnection, rows: list[tuple[int, int, str]]) -> None:
    numbers, ranks, reasons = zip(*rows, strict=True)
    given = pa.table([pa.array(numbers), pa.array(ranks, pa.uint8()), pa.array(reasons)], _WHY)
    connection.register("given_why", given)
    connection.execute("INSERT INTO why SELECT DISTINCT * FROM given_why")
    connection.unregister("given_why")
