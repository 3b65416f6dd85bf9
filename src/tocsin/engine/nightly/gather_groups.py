"""Which events of a unit make one row: found from the columns that this hangs on, by DuckDB.

Nothing here holds whole events. What is found of each group is written in the order of the rows,
to be read piece by piece when the rows themselves are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from tocsin.engine.lake.parquet import ROW_GROUP, read_row_groups, write_pieces
from tocsin.engine.lake.schema import IDENTIFIER
from tocsin.engine.nightly.connection import Room, connected
from tocsin.engine.nightly.distinct import single
from tocsin.engine.nightly.gather_events import GroupingEvents, Segments, UnitFacts
from tocsin.engine.nightly.gather_parts import part_reader, write_parts
from tocsin.engine.nightly.gather_sql import IN_ORDER, GroupsSql
from tocsin.engine.nightly.gather_terms import TermsFound
from tocsin.engine.nightly.gathered import GROUPS
from tocsin.engine.nightly.lake_rows import ID, PLACE, LakeRows, id_numbers
from tocsin.engine.nightly.withheld.held_rows import HeldFile
from tocsin.engine.nightly.withheld.reasons import SKIPPED, WITHHELD, Reason
from tocsin.engine.nightly.withheld.withholding import Withholding
from tocsin.model.address import parse_network

MOST_ROWS = 1 << 20
"""So many events are grouped at once: DuckDB does not group what is far more than its memory."""


@dataclass(frozen=True, slots=True)
class GatherAccount:
    """The fate of a unit's events: each is repeated, was sent before, is withheld for one of the
    reasons, is merged into another row, or is a row."""

    events: int
    repeated: int
    sent_before: int
    merged: int
    rows: int
    on_hold: int = 0
    distrusted: int = 0
    withdrawn: int = 0
    over_cap: int = 0
    uncorroborated: int = 0

    @property
    def withheld(self) -> int:
        """Events that a judgement or a limit keeps back."""
        return sum(int(getattr(self, reason.key)) for reason in WITHHELD)

    @property
    def adds_up(self) -> bool:
        """Whether no event is lost and none counted twice."""
        left_out = self.repeated + self.sent_before + self.withheld
        return self.events == left_out + self.merged + self.rows

    def to_json(self) -> dict[str, object]:
        """As the manifest keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Grouped:
    """What became of a unit's events, and the files of those that are on hold."""

    account: GatherAccount
    held: Sequence[HeldFile]


@dataclass(frozen=True)
class Grouping:
    """One unit's grouping; the fields are those of GatherInput."""

    lake: LakeRows
    seen: Sequence[Path]
    segments: Segments | None
    shared_networks: Sequence[tuple[str, int]]
    memory_limit: str
    scratch: Path
    most_rows: int
    withholding: Withholding
    carried: Sequence[Path]

    def run(self, destination: Path) -> Grouped:
        """Find the groups and write them, a file of GROUPS."""
        with connected(Room(self.memory_limit, self.scratch)) as connection:
            connection.execute("SET preserve_insertion_order = false")
            unit = UnitFacts.of(self.lake)
            self._find_skipped(connection, unit)
            held = self.withholding.apply(connection, self.lake, self.seen, _ids)
            self._make_shared(connection)
            self._group(connection, unit)
            found = connection.sql(IN_ORDER).to_arrow_reader(ROW_GROUP)
            rows = write_pieces(_with_terms(found, unit.terms), GROUPS, destination)
            counts = dict(connection.execute(_SKIPPED_BY_REASON).fetchall())
            grouped = _number(connection, "SELECT coalesce(sum(events), 0)::BIGINT FROM grouped")
        skipped = {reason.key: int(counts.get(reason.value, 0)) for reason in Reason}
        account = GatherAccount(events=unit.events, merged=grouped - rows, rows=rows, **skipped)
        return Grouped(account, held)

    # --- what is left out ---------------------------------------------------------------

    def _find_skipped(self, connection: duckdb.DuckDBPyConnection, unit: UnitFacts) -> None:
        """Places of events that count nowhere: told again, or sent by an earlier run.

        Of several stored rows with the same `_id` the one received last counts: a file that was
        taken in again, with a mended source or atlas, is judged anew. What an earlier run held
        back has not been sent, though the file that it came in belongs to that run.
        """
        connection.execute(SKIPPED)
        if len(unit.repeated):
            halves = pa.table({ID[0]: unit.repeated})
            with self._events(connection, ["_id"]), _registered(connection, "halves", halves):
                connection.execute(_SHARING)
            connection.execute(_TWICE)
            with self._events(connection, ["_id", "_received", "_file", "_line", "_atlas"]):
                connection.execute(_REPEATED)
        with _registered(connection, "ids", _ids(self.carried)):
            connection.execute(_CARRIED)
        if self.seen:
            with (
                self._events(connection, ["_id"]),
                _registered(connection, "seen", _ids(self.seen)),
            ):
                connection.execute(_SENT_AND_NOT_CARRIED if self.carried else _SENT)

    # --- what parts groups --------------------------------------------------------------

    def _make_shared(self, connection: duckdb.DuckDBPyConnection) -> None:
        shared = [(parse_network(text), keep) for text, keep in self.shared_networks]
        connection.execute("CREATE TABLE shared (first UHUGEINT, last UHUGEINT, keep BIGINT)")
        for network, keep in shared:
            bounds = [str(network.first), str(network.last), keep]
            connection.execute("INSERT INTO shared VALUES (?::UHUGEINT, ?::UHUGEINT, ?)", bounds)

    # --- groups -------------------------------------------------------------------------

    def _group(self, connection: duckdb.DuckDBPyConnection, unit: UnitFacts) -> None:
        """All groups as table `grouped`: at once, or part by part where there are many events."""
        whole_ids = len(unit.repeated) > 0 and _number(connection, _TWINS) > 0
        sql = GroupsSql(self.lake.report_type, unit.terms.masks, whole_ids)
        columns = sql.columns(shared=bool(self.shared_networks))
        events = GroupingEvents(self.lake, columns, sql.keys, unit.terms, self.segments)
        parts = -(-unit.events // self.most_rows)
        into = "CREATE TEMP TABLE grouped AS"
        with _registered(connection, "events", events.reader()):
            if parts <= 1:
                self._group_events(connection, sql, into)
                return
            parted = connection.sql(sql.parted(parts)).to_arrow_reader(ROW_GROUP)
            paths = write_parts(parted, parts, self.scratch)
        for path in paths:
            with part_reader(path) as part, _registered(connection, "events", part):
                self._group_events(connection, sql, into)
            path.unlink()
            into = "INSERT INTO grouped"

    def _group_events(
        self, connection: duckdb.DuckDBPyConnection, sql: GroupsSql, into: str
    ) -> None:
        """Put the groups of what is called `events` now into `grouped`."""
        found = sql.groups
        if self.shared_networks:
            connection.execute(sql.sightings)
            found = sql.groups_of_sightings
        connection.execute(f"{into} {found}")

    @contextmanager
    def _events(
        self, connection: duckdb.DuckDBPyConnection, columns: Sequence[str]
    ) -> Iterator[None]:
        """Let the next statement, and only it, read `events`: those columns and PLACE."""
        with _registered(connection, "events", self.lake.reader(columns)):
            yield


@contextmanager
def _registered(
    connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table | pa.RecordBatchReader
) -> Iterator[None]:
    connection.register(name, rows)
    try:
        yield
    finally:
        connection.unregister(name)


def _ids(files: Sequence[Path]) -> pa.RecordBatchReader:
    schema = pa.schema([(name, pa.uint64()) for name in ID])
    pieces = (piece for path in files for piece in read_row_groups(path, ["_id"]))
    numbers = (id_numbers(single(piece.column("_id").cast(IDENTIFIER))) for piece in pieces)
    batches = (pa.record_batch(list(each.T.copy()), schema=schema) for each in numbers)
    return pa.RecordBatchReader.from_batches(schema, batches)


_ID = ", ".join(ID)


_SHARING = f"""
    CREATE TEMP TABLE sharing AS
    SELECT {_ID}, count(*) AS events FROM events SEMI JOIN halves USING ({ID[0]}) GROUP BY ALL
"""
"""The ids whose first half several events have."""

_TWICE = f"CREATE TEMP TABLE twice AS SELECT {_ID} FROM sharing WHERE events > 1"

_TWINS = f"SELECT count(*) - count(DISTINCT {ID[0]}) FROM sharing"
"""How many ids share their first half with another id: hardly ever any."""

_REPEATED = f"""
    INSERT INTO skipped
    SELECT {PLACE}, {Reason.REPEATED.value} FROM events SEMI JOIN twice USING ({_ID})
    QUALIFY row_number() OVER (
        PARTITION BY {_ID} ORDER BY _received DESC, _file, _line, _atlas DESC, {PLACE}
    ) > 1
"""
"""Of several stored rows of one `_id` all but the one received last."""

_CARRIED = f"CREATE TEMP TABLE carried AS SELECT DISTINCT {_ID} FROM ids"

_SENT = f"""
    INSERT INTO skipped
    SELECT {PLACE}, {Reason.SENT_BEFORE.value} FROM events ANTI JOIN skipped USING ({PLACE})
    SEMI JOIN seen USING ({_ID})
"""

_SENT_AND_NOT_CARRIED = f"{_SENT} ANTI JOIN carried USING ({_ID})"

_SKIPPED_BY_REASON = "SELECT reason, count(*) FROM skipped GROUP BY reason"


def _with_terms(found: pa.RecordBatchReader, terms: TermsFound) -> Iterator[pa.Table]:
    """What is said of groups in tables of ROW_GROUP, terms as texts."""
    for piece in pieces_of(found, ROW_GROUP):
        strictest = terms.strictest([piece.column(name) for name in terms.masks])
        whole = piece.append_column("_terms", strictest)
        yield whole.select(GROUPS.names).combine_chunks().cast(GROUPS)


def pieces_of(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Tables of so many rows each, but the last, out of batches of any size."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        while count >= rows:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, rows)
            waiting = table.slice(rows).to_batches()
            count -= rows
    if count:
        yield pa.Table.from_batches(waiting)


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    ((number,),) = connection.execute(sql).fetchall()
    return int(number)
