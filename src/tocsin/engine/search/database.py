"""The DuckDB that searches run in: one a process, its memory bounded, nothing written.

Each statement reads one file, with one thread; as many run at a time as there are threads here,
whoever asks. Footers of files are kept, since files never change.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from tocsin.model.errors import TransientError, UsageError

Parameter = str | int | bytes | list[int] | list[str] | list[bytes]

MACROS = (
    # The digits of the groups on one side of `::`, each group four of them.
    """CREATE MACRO _groups(said) AS array_to_string(list_transform(
        list_filter(string_split(said, ':'), lambda part: part <> ''),
        lambda part: lpad(part, 4, '0')), '')""",
    """CREATE MACRO _v6_key(said) AS _groups(split_part(said, '::', 1))
        || repeat('0', greatest(0, 32 - length(_groups(split_part(said, '::', 1)))
            - length(_groups(split_part(said, '::', 2)))))
        || _groups(split_part(said, '::', 2))""",
    "CREATE MACRO _octet(said, n) AS try_cast(split_part(said, '.', n) AS INTEGER)",
    """CREATE MACRO _v4_key(said) AS printf('00000000000000000000ffff%02x%02x%02x%02x',
        _octet(said, 1), _octet(said, 2), _octet(said, 3), _octet(said, 4))""",
    # An address as our reports write it, as 32 hexadecimal digits; NULL for anything else.
    """CREATE MACRO address_key(said) AS CASE
        WHEN regexp_full_match(said, '[0-9]{1,3}([.][0-9]{1,3}){3}') THEN _v4_key(said)
        WHEN regexp_full_match(said, '[0-9a-f:]{2,39}') AND contains(said, ':') THEN _v6_key(said)
        END""",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A question to the database: its text, which is ours alone, and all that was said from
    outside as parameters."""

    text: str
    parameters: tuple[Parameter, ...] = ()


@dataclass(slots=True)
class Budget:
    """How long one search may take; made when it begins. Seconds."""

    seconds: float
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    @property
    def left(self) -> float:
        """Seconds that are left, 0 when it is over."""
        return max(0.0, self._end - time.monotonic())


class Database:
    """Runs statements. memory_limit: in DuckDB's words. threads: statements at a time."""

    def __init__(self, memory_limit: str = "1GB", threads: int = 2) -> None:
        self._connection = duckdb.connect(
            config={"threads": 1, "memory_limit": memory_limit, "temp_directory": ""}
        )
        self._connection.execute("SET GLOBAL parquet_metadata_cache = true")
        for macro in MACROS:
            self._connection.execute(macro)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="search")

    def run(self, statements: Sequence[Statement], budget: Budget) -> list[pa.Table]:
        """The answers, in the order of the statements.

        TransientError when the time is over; UsageError when the memory does not do.
        """
        running = [self._connection.cursor() for _ in statements]
        futures: list[Future[pa.Table]] = [
            self._pool.submit(_answer, cursor, statement)
            for cursor, statement in zip(running, statements, strict=True)
        ]
        try:
            _, late = wait(futures, timeout=budget.left)
            if late:
                raise _too_long(budget)
            return [future.result() for future in futures]
        except duckdb.OutOfMemoryException as error:
            raise UsageError(
                "the search needs more memory than searches may have",
                todo="ask for fewer days, for one report type, or for a column with fewer values",
            ) from error
        finally:
            for future in futures:
                future.cancel()
            for cursor, future in zip(running, futures, strict=True):
                if not future.done():
                    cursor.interrupt()

    def close(self) -> None:
        """Let what runs end, and forget everything."""
        self._pool.shutdown(cancel_futures=True)
        self._connection.close()


def _answer(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> pa.Table:
    with cursor:
        asked = cursor.sql(statement.text, params=list(statement.parameters))
        return asked.to_arrow_table()


def _too_long(budget: Budget) -> TransientError:
    return TransientError(
        f"the search took longer than {budget.seconds:.0f} seconds",
        todo="ask for fewer days, or for one report type",
    )
