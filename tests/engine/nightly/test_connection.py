"""Each step has an empty database of its own, whatever was done in the one before."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from threading import Thread

import duckdb
import pytest

from tocsin.engine.nightly.connection import Room, connected, reading_beside


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for (name,) in connection.execute("SHOW TABLES").fetchall()]


def fill(room: Room) -> None:
    with connected(room) as connection:
        assert tables(connection) == []
        connection.execute("CREATE TABLE held AS SELECT 1 AS one")
        assert tables(connection) == ["held"]


def test_what_a_step_made_is_gone_for_the_next() -> None:
    for _ in range(3):
        fill(Room())


def test_a_step_within_a_step_has_its_own(tmp_path: Path) -> None:
    for inner in (Room(), Room("64MB", tmp_path)):
        with connected(Room()) as outer:
            outer.execute("CREATE TABLE outside AS SELECT 1 AS one")
            fill(inner)
            assert tables(outer) == ["outside"]


def test_a_second_connection_reads_what_the_first_has_written() -> None:
    with connected(Room()) as first:
        first.execute("CREATE TABLE held AS SELECT 1 AS one")
        with reading_beside(first) as second:
            second.execute("SELECT one FROM held")
            first.execute("INSERT INTO held VALUES (2)")
            assert second.fetchall() == [(1,)]
    fill(Room())


def test_a_folder_of_its_own_is_told_to_the_same_database(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with connected(Room("64MB", tmp_path / name)) as connection:
            connection.execute("CREATE TABLE much AS SELECT hash(range) AS n FROM range(20000000)")
            assert sum(each.stat().st_size for each in (tmp_path / name).iterdir()) > 50_000_000


def test_after_an_error_the_next_begins_anew() -> None:
    def fail(statement: str) -> None:
        with connected(Room()) as connection:
            connection.execute("CREATE TABLE held AS SELECT 1 AS one")
            connection.execute(statement)

    for statement in ("SELECT nothing", "BEGIN; SELECT error('no')"):
        with pytest.raises(duckdb.Error):
            fail(statement)
        fill(Room())


def test_times_are_in_utc_and_settings_are_those_of_the_room(tmp_path: Path) -> None:
    for threads, memory in ((1, "64MB"), (2, "128MB"), (1, "64MB")):
        with connected(Room(memory, tmp_path, threads)) as connection:
            said = "current_setting('TimeZone'), current_setting('threads')"
            folder = "current_setting('temp_directory'), current_setting('memory_limit')"
            found = connection.execute(f"SELECT {said}, {folder}").fetchone()
        limit = {"64MB": "61.0 MiB", "128MB": "122.0 MiB"}[memory]
        assert found == ("UTC", threads, str(tmp_path), limit)


def test_what_exceeds_the_memory_is_put_aside_and_gone_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with connected(Room("64MB", tmp_path)) as connection:
            connection.execute("CREATE TABLE much AS SELECT hash(range) AS n FROM range(20000000)")
            assert sum(each.stat().st_size for each in tmp_path.iterdir()) > 50_000_000
        assert sum(each.stat().st_size for each in tmp_path.iterdir()) < 1_000_000


def test_threads_and_forks_open_their_own() -> None:
    fill(Room())
    thread = Thread(target=fill, args=(Room(),))
    thread.start()
    thread.join()
    fork = multiprocessing.get_context("fork").Process(target=fill, args=(Room(threads=2),))
    fill(Room(threads=2))
    fork.start()
    fork.join(60)
    assert fork.exitcode == 0
