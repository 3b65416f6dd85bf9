"""The figures of a night, out of the published tier: how much of which part went to whom.

DuckDB counts, one report type after the other, in bounded memory: what exceeds it is spilled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.engine.lake.layout import Unit, audiences_name, published_name, published_prefix
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.connection import Room, connected
from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.publish import read_audiences
from tocsin.service.delivery.brake.part import Part, PartKind, subject_name


@dataclass(frozen=True, slots=True)
class Count:
    """rows: published rows that went to somebody, each once, however many lists got it; of a
    list, its own. reports: how many reports have such a row."""

    rows: int
    reports: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a night. reports: how many there are of all kinds. seen: all published rows, by type."""

    counts: Mapping[Part, Count]
    reports: int
    seen: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PublishedUnit:
    """The published rows of a unit, and the lists of each of its audiences."""

    unit: Unit
    rows: Path
    audiences: Sequence[tuple[int, ...]]


def published_units(package: Package, store: Store) -> Iterator[PublishedUnit]:
    """The units of a run that have rows, one after the other. Errors as of Store."""
    day, revision = package.day, package.revision
    for name in store.names(published_prefix(day, revision)):
        if name.endswith(".parquet"):
            unit = Unit.from_stem(Path(name).stem)
            audiences = read_audiences(store.fetch(audiences_name(day, revision, unit)))
            yield PublishedUnit(unit, store.fetch(published_name(day, revision, unit)), audiences)


def figures_of(units: Iterable[PublishedUnit], least: int, room: Room) -> Figures:
    """Count. Of addresses only those that are in at least `least` reports are kept."""
    rows: Counter[Part] = Counter()
    reports: Counter[Part] = Counter()
    seen: Counter[str] = Counter()
    whole = 0
    with connected(room) as connection:
        connection.execute(_ABOUT)
        for each in units:
            _take_in(connection, each)
            for part, count in _counts(connection, each.unit):
                rows[part] += count.rows
                reports[part] += count.reports
            whole += _number(connection, _REPORTS)
            seen[each.unit.report_type] += pq.read_metadata(each.rows).num_rows
        found = connection.execute(_FREQUENT, [max(least, 1)]).fetchall()
    for hi, lo, length, of_rows, of_reports in found:
        part = Part(PartKind.ADDRESS, subject_name(hi, lo, length))
        rows[part], reports[part] = int(of_rows), int(of_reports)
    counts = {part: Count(rows[part], reports[part]) for part in sorted(rows) if reports[part]}
    return Figures(counts, whole, +seen)


def _take_in(connection: duckdb.DuckDBPyConnection, each: PublishedUnit) -> None:
    """Make the tables of a unit anew, and add its addresses to those of the others."""
    pairs = [(number, a_list) for number, lists in enumerate(each.audiences) for a_list in lists]
    lists = pa.table(
        {
            "audience": pa.array([number for number, _ in pairs], pa.int32()),
            "list": pa.array([a_list for _, a_list in pairs], pa.int64()),
        }
    )
    connection.register("given_lists", lists)
    for statement in _OF_UNIT:
        connection.execute(statement)
    for statement in _OF_ROWS:
        connection.execute(statement, [str(each.rows)])
    for statement in _TO_ABOUT:
        connection.execute(statement)
    connection.unregister("given_lists")


def _counts(connection: duckdb.DuckDBPyConnection, unit: Unit) -> Iterator[tuple[Part, Count]]:
    for kind, statement in _BY_KIND.items():
        for name, rows, reports in connection.execute(statement).fetchall():
            said = unit.report_type if kind is PartKind.TYPE else str(name or "")
            yield Part(kind, said), Count(int(rows or 0), int(reports))


def _number(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    ((number,),) = connection.execute(statement).fetchall()
    return int(number)


_ABOUT = "CREATE TABLE about (hi UBIGINT, lo UBIGINT, len UTINYINT, rows_ HUGEINT, reports HUGEINT)"
_OF_UNIT = (
    "CREATE OR REPLACE TABLE lists AS SELECT DISTINCT audience, list FROM given_lists",
    "CREATE OR REPLACE TABLE sizes AS SELECT audience, count(*) AS size FROM lists GROUP BY 1",
)
# Rows without a list are in no report. Few distinct values are left of millions of rows.
_OF_ROWS = (
    """CREATE OR REPLACE TABLE kept AS
       SELECT split_part(coalesce(_rule, ''), '@', 1) AS rule, coalesce(_source, '') AS source,
              _audience AS audience, count(*) AS n
       FROM read_parquet(?) SEMI JOIN sizes ON _audience = audience GROUP BY 1, 2, 3""",
    """CREATE OR REPLACE TABLE subjects AS
       SELECT _subject_hi AS hi, _subject_lo AS lo, coalesce(_subject_len, 128)::UTINYINT AS len,
              _audience AS audience, count(*) AS n
       FROM read_parquet(?) SEMI JOIN sizes ON _audience = audience
       WHERE _subject_hi IS NOT NULL GROUP BY 1, 2, 3, 4""",
)
_TO_ABOUT = (
    """CREATE OR REPLACE TABLE singles AS
       SELECT hi, lo, len, min(audience) AS audience, sum(n) AS n, count(*) AS audiences
       FROM subjects GROUP BY 1, 2, 3""",
    """INSERT INTO about SELECT hi, lo, len, n, size
       FROM singles JOIN sizes USING (audience) WHERE audiences = 1""",
    """INSERT INTO about
       SELECT s.hi, s.lo, s.len, any_value(s.n), count(DISTINCT l.list)
       FROM singles s JOIN subjects USING (hi, lo, len)
       JOIN lists l ON l.audience = subjects.audience
       WHERE s.audiences > 1 GROUP BY 1, 2, 3""",
)
_FREQUENT = """SELECT hi, lo, len, sum(rows_), sum(reports) FROM about
               GROUP BY 1, 2, 3 HAVING sum(reports) >= ?"""
_REPORTS = "SELECT count(DISTINCT list) FROM kept JOIN lists USING (audience)"


def _by(column: str) -> str:
    return f"""
        SELECT name, n, reports FROM
          (SELECT {column} AS name, sum(n) AS n FROM kept GROUP BY 1)
          JOIN (SELECT {column} AS name, count(DISTINCT list) AS reports
                FROM kept JOIN lists USING (audience) GROUP BY 1) USING (name)
        """


_BY_KIND: Mapping[PartKind, str] = {
    PartKind.TYPE: _by("''"),
    PartKind.RULE: _by("rule"),
    PartKind.SOURCE: _by("source"),
    PartKind.LIST: "SELECT list, sum(n), 1 FROM kept JOIN lists USING (audience) GROUP BY 1",
}
