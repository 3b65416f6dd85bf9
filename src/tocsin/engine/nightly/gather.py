"""Gathering: the events of a unit become rows, each event counted once.

An event that came twice (same `_id`) counts once; one that an earlier run has sent is left out.
Events with equal aggregation keys become one row, which shows the first of them whole and carries
`_first`, `_last` and `_count` of all. Four things part events that would otherwise be one row:

- whose the subject was (origins, countries, domains): a network that changed hands at noon must
  not tell its new owner of the morning;
- a validity boundary of one of its own subscribed networks, for the same reason;
- to whom their terms release them: an event that nobody may have must not silence, by being the
  stricter one, another witness of the same thing;
- the source port, in networks where many customers share an address: there up to N sightings
  stay rows of their own, since only port and time tell the customer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.catalogue.entries import ReportType
from tocsin.engine.files import atomic_path
from tocsin.engine.lake.parquet import ROW_GROUP
from tocsin.engine.lake.schema import MOMENT, OWN, columns_schema, gathered_schema
from tocsin.model.address import Ints, parse_network
from tocsin.model.terms import Terms, strictest

Segments = Callable[[pa.Table], Ints]
"""Numbers spans of time, one a row; the table has the columns of OWN, and `timestamp`."""

_OWNERSHIP = ("_origins", "_countries", "_domains")
_TELLING = (*_OWNERSHIP, "_subject_hi", "_subject_lo", "_subject_len", "timestamp")


@dataclass(frozen=True, slots=True)
class GatherAccount:
    """The fate of a unit's events: `events == repeated + sent_before + merged + rows`."""

    events: int
    repeated: int
    sent_before: int
    merged: int
    rows: int

    @property
    def adds_up(self) -> bool:
        """Whether no event is lost and none counted twice."""
        return self.events == self.repeated + self.sent_before + self.merged + self.rows

    def to_json(self) -> dict[str, object]:
        """As the manifest keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class GatherInput:
    """What one unit is gathered from.

    `seen`: files with rows of the same type that earlier runs sent. `segments`: for a table of
    events the spans of time in which nothing changes hands, which part rows; None where nothing
    does. `shared_networks`: prefixes whose addresses many customers share, with how many
    sightings of a key stay rows of their own.
    """

    report_type: ReportType
    files: Sequence[Path]
    seen: Sequence[Path]
    segments: Segments | None
    shared_networks: Sequence[tuple[str, int]]
    memory_limit: str
    scratch: Path


def gather(given: GatherInput, destination: Path) -> GatherAccount:
    """Gather one unit into a Parquet file, rows by time and id."""
    given.scratch.mkdir(parents=True, exist_ok=True)
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": given.memory_limit,
        "temp_directory": str(given.scratch),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(config=settings) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return _Gathering(connection, given).run(destination)


class _Gathering:
    def __init__(self, connection: duckdb.DuckDBPyConnection, given: GatherInput) -> None:
        self.connection = connection
        self.given = given
        self.type = given.report_type
        self.written = 0

    def run(self, destination: Path) -> GatherAccount:
        self._make_inputs()
        self._make_segments()
        self.connection.execute(self._once_sql())
        self.connection.execute(self._groups_sql())
        self.connection.execute(self._rows_sql())
        self._write(destination)
        return self._account()

    # --- input --------------------------------------------------------------------------

    def _make_inputs(self) -> None:
        self._make_view("events", self.given.files)
        if self.given.seen:
            paths = [str(path) for path in self.given.seen]
            self.connection.read_parquet(paths, union_by_name=True).create_view("seen")
        else:
            self.connection.execute("CREATE VIEW seen AS SELECT NULL::BLOB AS _id WHERE false")
        shared = [(parse_network(text), keep) for text, keep in self.given.shared_networks]
        bounds = pa.table(
            {
                "first": [f"{network.first}" for network, _ in shared],
                "last": [f"{network.last}" for network, _ in shared],
                "keep": [keep for _, keep in shared],
            },
            schema=pa.schema([("first", pa.string()), ("last", pa.string()), ("keep", pa.int64())]),
        )
        self.connection.register("bounds", bounds)
        self.connection.register("releases", self._releases())
        self.connection.execute(
            "CREATE TABLE shared AS "
            "SELECT first::UHUGEINT AS first, last::UHUGEINT AS last, keep FROM bounds"
        )

    def _releases(self) -> pa.Table:
        """To whom each of the terms that occur releases a row, as a text to compare."""
        found = self.connection.execute("SELECT DISTINCT _terms FROM events ORDER BY 1").fetchall()
        texts = [text for (text,) in found if text is not None]
        releases = [repr(Terms.from_text(text).release) for text in texts]
        return pa.table(
            {"terms": pa.array(texts, pa.string()), "release": pa.array(releases, pa.string())}
        )

    def _make_view(self, name: str, files: Sequence[Path]) -> None:
        """The files in today's columns: what an older file lacks is empty, old names are mapped."""
        paths = [str(path) for path in files]
        raw = self.connection.read_parquet(paths, union_by_name=True)
        raw.create_view(f"{name}_raw")
        present = set(raw.columns)
        fields = [*OWN, *columns_schema(self.type)]
        columns = ", ".join(self._column(field, present) for field in fields)
        self.connection.execute(f"CREATE VIEW {name} AS SELECT {columns} FROM {name}_raw")

    def _column(self, field: pa.Field, present: set[str]) -> str:
        old = [
            alias
            for alias, new in sorted(self.type.column_aliases.items())
            if new == field.name and alias in present and not alias.startswith("_")
        ]
        names = [quoted(name) for name in [field.name, *old] if name in present]
        if not names:
            return f"NULL::{sql_type(field.type)} AS {quoted(field.name)}"
        value = names[0] if len(names) == 1 else f"coalesce({', '.join(names)})"
        return f"{value}::{sql_type(field.type)} AS {quoted(field.name)}"

    # --- steps --------------------------------------------------------------------------

    def _once_sql(self) -> str:
        """Narrow: each event once, only the columns that grouping asks for.

        Of several stored rows with the same `_id` the one received last counts: a file that was
        taken in again, with a mended source or atlas, is judged anew.
        """
        keys = ", ".join(
            f"events.{quoted(name)} AS key{number}" for number, name in enumerate(self._keys())
        )
        port = f"events.{quoted(self.type.source_port)}" if self.type.source_port else "NULL"
        return f"""
            CREATE TEMP TABLE once AS
            SELECT events._id, events.timestamp, events._terms, {keys},
                   coalesce(segments.segment, 0) AS segment,
                   (SELECT releases.release FROM releases
                    WHERE releases.terms = events._terms) AS release,
                   {self._keep()} AS keep,
                   CASE WHEN {self._keep()} IS NULL THEN NULL ELSE {port} END AS port,
                   {self._counting("count", "BIGINT")} AS counted,
                   {self._counting("first_seen", "TIMESTAMPTZ")} AS counted_from,
                   {self._counting("last_seen", "TIMESTAMPTZ")} AS counted_to,
                   events._id IN (SELECT seen._id FROM seen) AS sent_before
            FROM events LEFT JOIN segments
              ON segments._id = events._id AND segments._received = events._received
            QUALIFY row_number() OVER (PARTITION BY events._id ORDER BY {_LATEST}) = 1
        """

    def _keys(self) -> list[str]:
        key = list(self.type.aggregation_key)
        if self.type.subject.column in key:
            # The subject as numbers: `192.0.2.1` and its mapped form are one address.
            key.remove(self.type.subject.column)
            key = [*key, "_subject_hi", "_subject_lo", "_subject_len", self.type.subject.column]
        return [*dict.fromkeys([*key, *_OWNERSHIP])]

    def _make_segments(self) -> None:
        """Which span each event lies in, told batch by batch from the columns it hangs on."""
        columns = ", ".join(quoted(name) for name in ("_id", "_received", *_TELLING))
        self.connection.execute(
            "CREATE TABLE segments (_id BLOB, _received TIMESTAMPTZ, segment BIGINT)"
        )
        if self.given.segments is None:
            return
        reader = self.connection.sql(f"SELECT {columns} FROM events").to_arrow_reader(ROW_GROUP)
        pieces = []
        for batch in reader:
            events = pa.Table.from_batches([batch])
            numbers = pa.array(self.given.segments(events), pa.int64())
            told = events.select(["_id", "_received"]).append_column("segment", numbers)
            pieces.append(told.filter(pc.greater(numbers, 0)))
        if pieces:
            self.connection.register("told", pa.concat_tables(pieces))
            self.connection.execute(
                "INSERT INTO segments SELECT _id, _received, max(segment) FROM told GROUP BY ALL"
            )

    def _keep(self) -> str:
        """How many sightings stay rows of their own; NULL outside of shared networks."""
        if not self.given.shared_networks:
            return "NULL::BIGINT"
        subject = (
            "(events._subject_hi::UHUGEINT * 18446744073709551616::UHUGEINT"
            " + events._subject_lo::UHUGEINT)"
        )
        within = f"{subject} BETWEEN shared.first AND shared.last"
        return f"(SELECT max(shared.keep) FROM shared WHERE {within})"

    def _counting(self, what: str, kind: str) -> str:
        column: str = getattr(self.type.counting, what)
        return f"events.{quoted(column)}" if column else f"NULL::{kind}"

    def _groups_sql(self) -> str:
        keys = ", ".join([*(f"key{number}" for number in range(len(self._keys()))), "release"])
        return f"""
            CREATE TEMP TABLE grouped AS
            WITH sightings AS (
                SELECT {keys}, segment, port, max(keep) AS keep, {_AGGREGATES}
                FROM (
                    SELECT *, 1::BIGINT AS events, counted AS units,
                           {{'moment': timestamp, 'id': _id}} AS head,
                           timestamp AS tail, [_terms] AS terms
                    FROM once WHERE NOT sent_before
                )
                GROUP BY {keys}, segment, port
            ),
            placed AS (
                SELECT *, least(
                    coalesce(keep, 1),
                    row_number() OVER (PARTITION BY {keys}, segment, keep ORDER BY head)
                ) AS place
                FROM sightings
            )
            SELECT {keys}, segment, place, {_AGGREGATES}
            FROM placed GROUP BY {keys}, segment, keep, place
        """

    def _rows_sql(self) -> str:
        own = ", ".join(
            "to_json(list_sort(grouped.terms))::VARCHAR AS _terms"
            if field.name == "_terms"
            else f"events.{quoted(field.name)}"
            for field in OWN
        )
        columns = ", ".join(self._shown(field.name) for field in columns_schema(self.type))
        return f"""
            CREATE TEMP VIEW rows AS
            SELECT {own},
                   grouped.head.moment AS _first, grouped.tail AS _last, grouped.events AS _count,
                   {columns}
            FROM grouped JOIN (
                SELECT * FROM events
                WHERE events._id IN (SELECT grouped.head.id FROM grouped)
                QUALIFY row_number() OVER (PARTITION BY events._id ORDER BY {_LATEST}) = 1
            ) AS events ON events._id = grouped.head.id
            ORDER BY events.timestamp, events._id
        """

    def _shown(self, column: str) -> str:
        """A cell of the row: the first event's, or what the group as a whole says."""
        counting, name = self.type.counting, quoted(column)
        if column == counting.count:
            # A single event keeps the cell as its source wrote it, be it empty.
            return (
                f"CASE WHEN grouped.events = 1 THEN events.{name} ELSE grouped.units END AS {name}"
            )
        if column == counting.first_seen:
            return f"coalesce(grouped.counted_from, grouped.head.moment) AS {name}"
        if column == counting.last_seen:
            return f"coalesce(grouped.counted_to, grouped.tail) AS {name}"
        return f"events.{name}"

    # --- output -------------------------------------------------------------------------

    def _write(self, destination: Path) -> None:
        schema = gathered_schema(self.type)
        reader = self.connection.sql("SELECT * FROM rows").to_arrow_reader(ROW_GROUP)
        with (
            atomic_path(destination) as temporary,
            pq.ParquetWriter(temporary, schema, compression="zstd", compression_level=1) as writer,
        ):
            for piece in _row_groups(reader):
                writer.write_table(_with_terms(piece, schema), row_group_size=ROW_GROUP)
                self.written += piece.num_rows

    def _account(self) -> GatherAccount:
        events = self._number("SELECT count(*) FROM events")
        once = self._number("SELECT count(*) FROM once")
        sent_before = self._number("SELECT count(*) FROM once WHERE sent_before")
        groups = self._number("SELECT count(*) FROM grouped")
        return GatherAccount(
            events=events,
            repeated=events - once,
            sent_before=sent_before,
            merged=once - sent_before - groups,
            rows=self.written,
        )

    def _number(self, sql: str) -> int:
        row = self.connection.execute(sql).fetchone()
        return int(row[0]) if row else 0


_LATEST = "events._received DESC, events._file, events._line, events._atlas DESC"
"""The order in which stored rows of one `_id` are preferred."""

_AGGREGATES = """
    min(head) AS head, max(tail) AS tail, sum(events)::BIGINT AS events,
    sum(coalesce(units, 1))::BIGINT AS units,
    min(counted_from) AS counted_from, max(counted_to) AS counted_to,
    list_distinct(flatten(list(terms))) AS terms
"""


def _row_groups(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Pieces of a fixed number of rows, so that the file's bytes do not hang on the engine's."""
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in reader:
        waiting.append(batch)
        rows += batch.num_rows
        while rows >= ROW_GROUP:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, ROW_GROUP)
            waiting = table.slice(ROW_GROUP).to_batches()
            rows -= ROW_GROUP
    if rows:
        yield pa.Table.from_batches(waiting)


def _with_terms(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Cast to the schema, and put the strictest of each group's terms in place of their list."""
    encoded = table.column("_terms").combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    strict = [_strictest_text(text) for text in encoded.dictionary.to_pylist()]
    terms = pa.array(strict, pa.string()).take(encoded.indices)
    columns = [
        terms if field.name == "_terms" else table.column(field.name).cast(field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _strictest_text(texts: str) -> str:
    return strictest(Terms.from_text(text) for text in json.loads(texts)).to_text()


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


_SQL_TYPES = {
    pa.int64(): "BIGINT",
    pa.string(): "VARCHAR",
    pa.uint8(): "UTINYINT",
    pa.uint64(): "UBIGINT",
    pa.list_(pa.uint32()): "UINTEGER[]",
    pa.list_(pa.string()): "VARCHAR[]",
    pa.binary(16): "BLOB",
    MOMENT: "TIMESTAMPTZ",
}


def sql_type(kind: pa.DataType) -> str:
    """DuckDB's name for a type of the lake."""
    return _SQL_TYPES[kind]
