"""Leaving out of a unit what judgements and limits keep back, before anything is grouped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from tocsin.engine.nightly.lake_rows import ID, PLACE, LakeRows, file_of
from tocsin.engine.nightly.withheld import limits as sql
from tocsin.engine.nightly.withheld.held_rows import HeldFile, HeldRows
from tocsin.engine.nightly.withheld.limits import Limits
from tocsin.engine.nightly.withheld.reasons import Reason
from tocsin.engine.nightly.withheld.verdicts import Judge
from tocsin.model.address import Ints

_JUDGED = pa.schema(
    [
        (PLACE, pa.int64()),
        ("reason", pa.uint8()),
        ("discredited", pa.bool_()),
        ("day", pa.int64()),
        *((name, pa.uint64()) for name in ID),
    ]
)
_DAY_MICROS = 86_400_000_000
_ID = ", ".join(ID)


@dataclass(frozen=True)
class Withholding:
    """What one unit is asked for, and where what it holds back goes.

    judge: None if no judgement has to be asked; limits: None if no rule of the type has any.
    held: where rows on hold are written; None if nobody will want them.
    told_again: numbers of the unit's files that an earlier run has told of (a long window reads
    them once more). Of these only what is in `waiting`, files of rows that were on hold, is still
    to be told.
    """

    judge: Judge | None = None
    limits: Limits | None = None
    held: HeldRows | None = None
    told_again: frozenset[int] = frozenset()
    waiting: Sequence[Path] = field(default_factory=tuple)

    def apply(
        self,
        connection: duckdb.DuckDBPyConnection,
        lake: LakeRows,
        seen: Sequence[Path],
        ids_of: Callable[[Sequence[Path]], pa.RecordBatchReader],
    ) -> list[HeldFile]:
        """Fill `skipped` and write what is on hold. `ids_of`: the ids in files, as ID."""
        held: list[HeldFile] = []
        if self.judge is not None:
            _read_verdicts(connection, "judged", lake, self.judge)
            connection.execute(_JUDGED_NOW)
            held = self._hold(connection, ids_of)
        if self.limits is not None:
            self._limit(connection, lake, LakeRows(lake.report_type, seen), self.limits)
        return held

    # --- holds ----------------------------------------------------------------------------

    def _hold(
        self,
        connection: duckdb.DuckDBPyConnection,
        ids_of: Callable[[Sequence[Path]], pa.RecordBatchReader],
    ) -> list[HeldFile]:
        if self.held is None:
            return []
        waiting: set[tuple[int, int]] = set()
        if self.told_again:
            for batch in ids_of(self.waiting):
                waiting.update(zip(*(column.to_pylist() for column in batch.columns), strict=True))
        found = connection.sql(_ON_HOLD).to_arrow_table()
        places = found.column(PLACE).to_numpy()
        days = found.column("day").to_numpy()
        still = self._still_to_be_told(found, places, waiting)
        return self.held.write(places[still], days[still])

    def _still_to_be_told(
        self, found: pa.Table, places: Ints, waiting: set[tuple[int, int]]
    ) -> Ints:
        again = np.isin(file_of(places), sorted(self.told_again))
        if not again.any():
            return np.arange(len(places))
        ids = zip(*(found.column(name).to_pylist() for name in ID), strict=True)
        known = np.array([each in waiting for each in ids], np.bool_)
        return np.flatnonzero(~again | known)

    # --- limits ---------------------------------------------------------------------------

    def _limit(
        self, connection: duckdb.DuckDBPyConnection, lake: LakeRows, seen: LakeRows, limits: Limits
    ) -> None:
        with _registered(connection, "limited", limits.table()):
            with _events(connection, lake, limits.columns):
                connection.execute(limits.asking)
            if limits.capped:
                connection.execute(sql.NONE_BEFORE)
                if seen.files:
                    connection.execute("DROP TABLE before")
                    with _events(connection, seen, _CAP_COLUMNS):
                        connection.execute(sql.BEFORE)
                connection.execute(sql.OVER_CAP)
        if limits.corroborations:
            self._corroborate(connection, lake, seen, limits)

    def _corroborate(
        self, connection: duckdb.DuckDBPyConnection, lake: LakeRows, seen: LakeRows, limits: Limits
    ) -> None:
        connection.execute(sql.WITNESSES)
        for rows, name in ((lake, "judged"), (seen, "judged_before")):
            if rows.files:
                self._find_discredited(connection, rows, name)
                with _events(connection, rows, limits.witness_columns):
                    connection.execute(limits.witnesses)
        limits.too_few(connection)

    def _find_discredited(
        self, connection: duckdb.DuckDBPyConnection, rows: LakeRows, name: str
    ) -> None:
        """Whom judgements say not to believe is no witness either."""
        found = f"SELECT {PLACE} FROM {name} WHERE discredited"
        if self.judge is None:
            found = f"SELECT 0::BIGINT AS {PLACE} WHERE false"
        elif name != "judged":
            _read_verdicts(connection, name, rows, self.judge)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE discredited AS {found}")


_CAP_COLUMNS = ["_id", "timestamp", "_rule", "_sensor", "_source"]

_JUDGED_NOW = f"""
    INSERT INTO skipped
    SELECT {PLACE}, reason FROM judged ANTI JOIN skipped USING ({PLACE}) WHERE reason > 0
"""

_ON_HOLD = f"""
    SELECT {PLACE}, day, {_ID}
    FROM judged JOIN skipped USING ({PLACE})
    WHERE skipped.reason = {Reason.ON_HOLD.value} ORDER BY {PLACE}
"""


def _read_verdicts(
    connection: duckdb.DuckDBPyConnection, name: str, lake: LakeRows, judge: Judge
) -> None:
    """A table of the events that judgements say anything of."""
    reader = pa.RecordBatchReader.from_batches(_JUDGED, _verdicts(lake, judge))
    with _registered(connection, "told", reader):
        connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM told")


def _verdicts(lake: LakeRows, judge: Judge) -> Iterator[pa.RecordBatch]:
    for batch in lake.batches(list(dict.fromkeys([*judge.columns, "_id"]))):
        verdicts = judge.of(batch)
        rows = np.flatnonzero(verdicts.reasons)
        moments = batch.column("timestamp").cast(pa.int64()).to_numpy(zero_copy_only=False)
        columns = [
            batch.column(PLACE).take(pa.array(rows)),
            pa.array(verdicts.reasons[rows]),
            pa.array(verdicts.discredited[rows]),
            pa.array(moments[rows] // _DAY_MICROS, pa.int64()),
            *(batch.column(half).take(pa.array(rows)) for half in ID),
        ]
        yield pa.record_batch(columns, schema=_JUDGED)


@contextmanager
def _registered(
    connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table | pa.RecordBatchReader
) -> Iterator[None]:
    connection.register(name, rows)
    try:
        yield
    finally:
        connection.unregister(name)


@contextmanager
def _events(
    connection: duckdb.DuckDBPyConnection, lake: LakeRows, columns: Sequence[str]
) -> Iterator[None]:
    with _registered(connection, "events", lake.reader(columns)):
        yield
