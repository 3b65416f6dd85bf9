"""A DuckDB for a step: few threads, and it spills only where it is told to.

To open one takes as long as to look through a small unit, of which a night has hundreds. So each
thread keeps the one that it used last, in which every step has an empty database of its own.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
    with _opened(room) as opened, opened.cursor() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        name = f"step_{next(_NUMBERS)}"
        connection.execute(f"ATTACH ':memory:' AS {name}")
        connection.execute(f"USE {name}")
        yield connection
        connection.execute("USE memory")
        connection.execute(f"DETACH {name}")


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
        if database is not None and self._room != room:
            database.close()
            return None
        return database

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


@contextmanager
def _opened(room: Room) -> Iterator[duckdb.DuckDBPyConnection]:
    """After an error it is not used again."""
    database = _kept.take(room) or _open(room)
    try:
        yield database
    except BaseException:
        database.close()
        raise
    _kept.put(room, database)


def _open(room: Room) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": room.threads,
        "temp_directory": "",
    }
    if room.scratch is not None:
        settings["temp_directory"] = str(room.scratch)
        if room.memory_limit:
            settings["memory_limit"] = room.memory_limit
    return duckdb.connect(config=settings)
