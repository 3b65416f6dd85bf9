"""The figures of a day, each roll-up counted by itself.

Distinct subjects do not add up: a machine that is in two countries' rows, or of two types, is one
machine in the total. So every level below is a grouping set of its own, counted exactly over the
published rows whose terms allow it; nobody has to, or may, sum one level to get another. What does
add up are the figures of ranges of subjects, since no subject is in two of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.nightly.connection import Room, connected, folder_in
from tocsin.engine.nightly.day_ranges import Dealt, count_ranges, count_rare, deal_out
from tocsin.engine.nightly.spread import UnitRows
from tocsin.engine.nightly.statistics_counts import COUNTS, OTHER

FORMAT = b"1"
"""Number of the cube's form, in its metadata."""

CUBE = pa.schema([pa.field("day", pa.date32()), *COUNTS], metadata={b"tocsin.format": FORMAT})
"""One figure a row. `level` tells which columns are keys of it: `total` none, `area` the area,
`type` the report type too, `type_country`, `type_asn`, `type_family`, `type_tag` one more; in a
key, null means unknown, elsewhere it means "all". `delayed` is a key of every level. `addresses`
are distinct subjects, be they addresses, prefixes or names."""

MOST_TAGS = 1_000
"""So many tags of a type have a figure of their own, those with the most subjects."""

Published = Sequence[tuple[str, bool, Path]]
"""Report type, whether delayed, and the Parquet file of published rows."""

_ANY_ROOM = Room()


def statistics_cube(
    published: Published, catalogue: Catalogue, day: dt.date, *, room: Room = _ANY_ROOM
) -> pa.Table:
    """Count a day's published rows: report type, whether delayed, and Parquet file of each unit.

    Returns a table of CUBE, in a fixed order. A row with two tags counts under both, a row
    without tags under none; families are those of the column `family`, or of `infection` in a
    type that has no family.
    """
    with folder_in(room) as folder:
        dealt = deal_out(units_of(published, catalogue), None, folder)
        return cube_of(dealt, count_ranges(dealt), day, room)


def units_of(published: Published, catalogue: Catalogue) -> list[UnitRows]:
    """The units' rows, and what their columns mean."""
    return [
        UnitRows.of(catalogue.report_types[name], path, delayed=delayed)
        for name, delayed, path in published
    ]


def cube_of(dealt: Dealt, counts: Sequence[Path], day: dt.date, room: Room) -> pa.Table:
    """The cube out of the figures of all ranges, each a file with a table of COUNTS."""
    with connected(room) as connection:
        connection.execute(_CUBE)
        _add_up(connection, counts)
        connection.execute(_RANKED, {"other": OTHER})
        crowded = connection.execute(_CROWDED, {"most": MOST_TAGS}).fetchall()
        if crowded:
            kept = {(name, delayed): frozenset(tags) for name, delayed, tags in crowded}
            connection.execute(_FORGET_RARE, {"most": MOST_TAGS})
            _add_up(connection, count_rare(dealt, kept))
        counted = connection.sql(_RESULT, params={"day": day}).to_arrow_table()
    cube: pa.Table = counted.cast(CUBE.remove_metadata())
    return cube.replace_schema_metadata(CUBE.metadata)


def _add_up(connection: duckdb.DuckDBPyConnection, counts: Sequence[Path]) -> None:
    connection.register("counts", ds.dataset(list(counts), schema=COUNTS, format="ipc"))
    connection.execute(_ADD_UP)
    connection.unregister("counts")


_KEYS = ", ".join(name for name in COUNTS.names if name not in ("addresses", "rows", "events"))

_CUBE = """
    CREATE TEMP TABLE cube (
        level VARCHAR, area VARCHAR, report_type VARCHAR, country VARCHAR, asn BIGINT,
        family VARCHAR, tag VARCHAR, delayed BOOLEAN, addresses BIGINT, rows BIGINT, events BIGINT
    )
"""

_ADD_UP = f"""
    INSERT INTO cube BY NAME
    SELECT {_KEYS}, sum(addresses) AS addresses, sum(rows) AS rows, sum(events) AS events
    FROM counts GROUP BY {_KEYS}
"""

_RANKED = """
    CREATE TEMP TABLE ranked AS
    SELECT report_type, delayed, tag, count(*) OVER unit AS many, row_number() OVER (
        unit ORDER BY addresses DESC, rows DESC, tag
    ) AS place
    FROM cube WHERE level = 'type_tag' AND tag <> $other
    WINDOW unit AS (PARTITION BY report_type, delayed)
"""

_CROWDED = """
    SELECT report_type, delayed, list(tag) FILTER (place <= $most) FROM ranked
    WHERE many > $most GROUP BY report_type, delayed
"""

# The rare ones, and one that is called as they are together.
_FORGET_RARE = """
    DELETE FROM cube WHERE level = 'type_tag'
    AND (report_type, delayed) IN (SELECT (report_type, delayed) FROM ranked WHERE many > $most)
    AND (report_type, delayed, tag) NOT IN (
        SELECT (report_type, delayed, tag) FROM ranked WHERE place <= $most
    )
"""

_RESULT = """
    SELECT $day::DATE AS day, * FROM cube
    ORDER BY level, area NULLS FIRST, report_type NULLS FIRST, delayed,
             country NULLS LAST, asn NULLS LAST, family NULLS LAST, tag NULLS LAST
"""
