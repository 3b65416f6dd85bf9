"""A DuckDB of its own for one step: few threads, and it spills only where it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": room.threads,
        "temp_directory": "",
    }
    if room.scratch is not None:
        room.scratch.mkdir(parents=True, exist_ok=True)
        settings["temp_directory"] = str(room.scratch)
        if room.memory_limit:
            settings["memory_limit"] = room.memory_limit
    with duckdb.connect(config=settings) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        yield connection
