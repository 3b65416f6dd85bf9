"""The figures of a day, each roll-up counted by itself.

Distinct subjects do not add up: a machine that is in two countries' rows, or of two types, is one
machine in the total. So every level below is a grouping set of its own, counted exactly over the
published rows whose terms allow it; nobody has to, or may, sum one level to get another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from tocsin.catalogue.entries import Catalogue, ReportType, SubjectKind
from tocsin.engine.nightly.connection import Room, connected
from tocsin.model.terms import Terms

FORMAT = b"1"
"""Number of the cube's form, in its metadata."""

CUBE = pa.schema(
    [
        ("day", pa.date32()),
        ("level", pa.string()),
        ("area", pa.string()),
        ("report_type", pa.string()),
        ("country", pa.string()),
        ("asn", pa.int64()),
        ("family", pa.string()),
        ("tag", pa.string()),
        ("delayed", pa.bool_()),
        ("addresses", pa.int64()),
        ("rows", pa.int64()),
        ("events", pa.int64()),
    ],
    metadata={b"tocsin.format": FORMAT},
)
"""One figure a row. `level` tells which columns are keys of it: `total` none, `area` the area,
`type` the report type too, `type_country`, `type_asn`, `type_family`, `type_tag` one more; in a
key, null means unknown, elsewhere it means "all". `delayed` is a key of every level. `addresses`
are distinct subjects, be they addresses, prefixes or names."""

MOST_TAGS = 1_000
OTHER = "other"
"""The tag under which all rarer ones of a type are counted, and one that is really called so."""

Published = Sequence[tuple[str, bool, Path]]
_ANY_ROOM = Room()


def statistics_cube(
    published: Published, catalogue: Catalogue, day: dt.date, *, room: Room = _ANY_ROOM
) -> pa.Table:
    """Count a day's published rows: report type, whether delayed, and Parquet file of each unit.

    Returns a table of CUBE, in a fixed order. A row with two tags counts under both, a row
    without tags under none; families are those of the column `family`, or of `infection` in a
    type that has no family.
    """
    with connected(room) as connection:
        connection.execute(_TABLES)
        for name, delayed, path in published:
            _count_unit(connection, catalogue.report_types[name], delayed, path)
        connection.execute(_ACROSS_TYPES)
        counted = connection.sql(_RESULT, params={"day": day}).to_arrow_table()
    cube: pa.Table = counted.cast(CUBE.remove_metadata())
    return cube.replace_schema_metadata(CUBE.metadata)


def _count_unit(
    connection: duckdb.DuckDBPyConnection, report_type: ReportType, delayed: bool, path: Path
) -> None:
    rows = ds.dataset(path, format="parquet")
    connection.register("published", rows)
    connection.register("allowed", _countable(connection))
    connection.execute(_unit_sql(report_type, delayed))
    for level, key in _LEVELS.items():
        connection.execute(_level_sql(level, key))
    connection.execute(_TAGS, {"most": MOST_TAGS, "other": OTHER})
    connection.execute(_SUBJECTS)
    connection.unregister("published")
    connection.unregister("allowed")


def _countable(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The terms, among those of the rows, that allow counting."""
    found = connection.execute("SELECT DISTINCT _terms FROM published").fetchall()
    allowed = sorted(text for (text,) in found if Terms.from_text(text).allows_counting)
    return pa.table({"_terms": pa.array(allowed, pa.string())})


def _unit_sql(report_type: ReportType, delayed: bool) -> str:
    """The rows to count, in words that are the same for every type."""
    prefix = report_type.subject.column.removesuffix("ip")
    family = next((name for name in ("family", "infection") if report_type.column(name)), "")
    return f"""
        CREATE OR REPLACE TEMP TABLE unit AS
        SELECT _id AS id, {_subject_sql(report_type)} AS subject, _count AS events,
               '{report_type.area}' AS area, '{report_type.id}' AS report_type,
               {delayed} AS delayed,
               {_column_sql(report_type, f"{prefix}geo", "VARCHAR")} AS country,
               {_column_sql(report_type, f"{prefix}asn", "BIGINT")} AS asn,
               {_column_sql(report_type, family, "VARCHAR")} AS family,
               {_column_sql(report_type, "tag", "VARCHAR")} AS tags
        FROM published WHERE _terms IN (SELECT _terms FROM allowed)
    """


def _subject_sql(report_type: ReportType) -> str:
    """One value a subject, null for none; the length tells a prefix from its first address."""
    name = "NULL"
    if report_type.subject.kind is SubjectKind.DOMAIN:
        name = f"lower({_column_sql(report_type, report_type.subject.column, 'VARCHAR')})"
    return f"""
        CASE WHEN _subject_hi IS NOT NULL
             THEN {{'hi': _subject_hi, 'lo': _subject_lo, 'length': _subject_len, 'name': ''}}
             WHEN {name} IS NOT NULL
             THEN {{'hi': 0::UBIGINT, 'lo': 0::UBIGINT, 'length': NULL::UTINYINT, 'name': {name}}}
        END
    """


def _column_sql(report_type: ReportType, name: str, kind: str) -> str:
    return f'"{name}"' if name and report_type.column(name) else f"NULL::{kind}"


_LEVELS = {"type": "", "type_country": "country", "type_asn": "asn", "type_family": "family"}
"""Level -> the key that it has beside the report type."""


def _level_sql(level: str, key: str) -> str:
    """Two steps, since distinct counting of many groups at once holds them all in memory."""
    keys = ", ".join(filter(None, ["area", "report_type", "delayed", key]))
    return f"""
        INSERT INTO cube BY NAME
        SELECT '{level}' AS level, {keys}, count(subject) AS addresses,
               sum(number) AS rows, sum(events) AS events
        FROM (
            SELECT {keys}, subject, count(*) AS number, sum(events) AS events
            FROM unit GROUP BY {keys}, subject
        )
        GROUP BY {keys}
    """


_TABLES = """
    CREATE TEMP TABLE cube (
        level VARCHAR, area VARCHAR, report_type VARCHAR, country VARCHAR, asn BIGINT,
        family VARCHAR, tag VARCHAR, delayed BOOLEAN, addresses BIGINT, rows BIGINT, events BIGINT
    );
    CREATE TEMP TABLE subjects (
        area VARCHAR, delayed BOOLEAN,
        subject STRUCT(hi UBIGINT, lo UBIGINT, length UTINYINT, name VARCHAR),
        rows BIGINT, events BIGINT
    );
"""

_SUBJECTS = """
    INSERT INTO subjects
    SELECT area, delayed, subject, count(*), sum(events) FROM unit
    GROUP BY area, delayed, subject
"""

_TAGS = """
    INSERT INTO cube BY NAME
    WITH tagged AS (
        SELECT id, area, report_type, delayed, subject, events,
               unnest(list_distinct(list_transform(
                   string_split_regex(tags, '[;,]'), lambda tag: trim(tag)
               ))) AS tag
        FROM unit WHERE tags IS NOT NULL
    ),
    ranked AS (
        SELECT tag FROM tagged WHERE tag NOT IN ('', $other)
        GROUP BY tag
        ORDER BY count(DISTINCT subject) DESC, count(*) DESC, tag
        LIMIT $most
    ),
    placed AS (
        SELECT DISTINCT id, area, report_type, delayed, subject, events,
               CASE WHEN tag IN (SELECT tag FROM ranked) THEN tag ELSE $other END AS tag
        FROM tagged WHERE tag <> ''
    )
    SELECT 'type_tag' AS level, area, report_type, delayed, tag,
           count(DISTINCT subject) AS addresses, count(*) AS rows, sum(events) AS events
    FROM placed GROUP BY area, report_type, delayed, tag
"""

_ACROSS_TYPES = """
    INSERT INTO cube BY NAME
    SELECT 'area' AS level, area, delayed, count(DISTINCT subject) AS addresses,
           sum(rows) AS rows, sum(events) AS events
    FROM subjects GROUP BY area, delayed;
    INSERT INTO cube BY NAME
    SELECT 'total' AS level, delayed, count(DISTINCT subject) AS addresses,
           sum(rows) AS rows, sum(events) AS events
    FROM subjects GROUP BY delayed;
"""

_RESULT = """
    SELECT $day::DATE AS day, * FROM cube
    ORDER BY level, area NULLS FIRST, report_type NULLS FIRST, delayed,
             country NULLS LAST, asn NULLS LAST, family NULLS LAST, tag NULLS LAST
"""
