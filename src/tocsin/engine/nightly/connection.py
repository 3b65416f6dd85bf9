"""A DuckDB for a step: few threads, and it spills only where it is told to.

To open one takes as long as to look through a small unit, of which a night has hundreds. So each
thread keeps the one that it used last, in which every step has an empty database of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb


@dataclass(frozen=True, slots=True)
class Room:
    """What a step may use: memory, in DuckDB's words, a folder for what exceeds it, and threads.

    Without a folder nothing is written, and memory is not bounded. A step that runs beside
    others like it has one thread.
    """

    memory_limit: str = ""
    scratch: Path | None = None
    threads: int = 1


@contextmanager
def folder_in(room: Room) -> Iterator[Path]:
    """A folder for the time of the block; among the system's own if the room has none."""
    if room.scratch is not None:
        room.scratch.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=room.scratch) as name:
        yield Path(name)


@contextmanager
def connected(room: Room) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an empty database in memory, in UTC."""
    if room.scratch is not None:
        room.scratch.mkdir(parents=True, exist_ok=True)
    database = _kept.take(room) or _open(room)
    name = f"step_{next(_NUMBERS)}"
    try:
        database.execute(f"ATTACH ':memory:' AS {name}")
        with _using(database, name) as connection:
            yield connection
        database.execute(f"DETACH {name}")
    except BaseException:
        # What is left of a step that failed nobody knows.
        database.close()
        raise
    _kept.put(room, database)


@contextmanager
def reading_beside(
    connection: duckdb.DuckDBPyConnection,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A second connection to the database of a step, to read in pieces while the first goes on."""
    ((name,),) = connection.execute("SELECT current_database()").fetchall()
    with _using(connection, name) as second:
        yield second


def _using(database: duckdb.DuckDBPyConnection, name: str) -> duckdb.DuckDBPyConnection:
    connection = database.cursor()
    for said in ("SET TimeZone = 'UTC'", "SET enable_progress_bar = false", f"USE {name}"):
        connection.execute(said)
    return connection


_NUMBERS = count(1)


class _Kept(threading.local):
    """The DuckDB that a thread used last, and the process that opened it: a fork has none of it."""

    def __init__(self) -> None:
        self._room: Room | None = None
        self._process = 0
        self._database: duckdb.DuckDBPyConnection | None = None

    def take(self, room: Room) -> duckdb.DuckDBPyConnection | None:
        """The one that is kept, if it is for such a room. Nobody else has it then."""
        database, self._database = self._database, None
        if database is not None and self._process != os.getpid():
            _FORKED.append(database)
            return None
        if database is not None and not self._is_for(room, database):
            database.close()
            return None
        return database

    def _is_for(self, room: Room, database: duckdb.DuckDBPyConnection) -> bool:
        """Whether it is, or can be made so: units of a night differ in their folder alone."""
        if self._room is None or replace(self._room, scratch=None) != replace(room, scratch=None):
            return False
        try:
            if self._room.scratch != room.scratch:
                database.execute(f"SET temp_directory = {_text(_folder(room))}")
        except duckdb.NotImplementedException:
            return False  # there is something in the other one
        return True

    def put(self, room: Room, database: duckdb.DuckDBPyConnection) -> None:
        """Keep it, unless a step within this one has kept its own."""
        if self._database is None:
            self._room, self._process, self._database = room, os.getpid(), database
        else:
            database.close()


_kept = _Kept()

_FORKED: list[duckdb.DuckDBPyConnection] = []
"""What was open where a process was forked from: closing it would wait for threads that it has
not."""


def _open(room: Room) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": room.threads,
        "temp_directory": _folder(room),
    }
    if room.scratch is not None and room.memory_limit:
        settings["memory_limit"] = room.memory_limit
    return duckdb.connect(config=settings)


def _folder(room: Room) -> str:
    return str(room.scratch) if room.scratch is not None else ""


def _text(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"
