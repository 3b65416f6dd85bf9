"""Intake of a day's NDJSON, beside DuckDB writing the same files to one Parquet file."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from bench.homes import fresh_home, size_of
from bench.measure import Clock, Config, Value
from bench.world.make import World
from bench.world.many_rules import write_many_rules
from bench.world.ndjson import COLUMNS
from bench.world.scale import COLLECTED_AT, Scale
from bench.world.types import SOURCE
from tocsin.engine.intake.collect import Request, Settings, collect

WORKERS = 2


def ours(world: str, events: int, place: str, rules: int = 0) -> Value:
    """Identify, check, locate and store every row, and account for it.

    rules: go by so many rules instead of the world's.
    """
    made = World(Path(world))
    home = fresh_home(made, Path(place))
    if rules:
        write_many_rules(home.catalogue / "rules", rules)
    files = _files(made, events)
    request = Request(files=files, source=SOURCE, received=COLLECTED_AT)
    clock = Clock()
    collected = collect(home, request, Settings(workers=WORKERS), lambda *_: None)
    seconds = clock.seconds
    pieces = [piece for record in collected.records for piece in record.pieces]
    value: Value = {
        "seconds": seconds,
        "rows": sum(piece.rows for piece in pieces),
        "accepted": sum(piece.accepted for piece in pieces),
        "rejected": sum(sum(piece.rejected.values()) for piece in pieces),
        "dropped": sum(sum(piece.dropped.values()) for piece in pieces),
        "input_bytes": sum(file.stat().st_size for file in files),
        "record_bytes": size_of(home.lake),
        "files": sum(1 for _ in home.lake.rglob("*.parquet")),
    }
    shutil.rmtree(place)
    return value


def floor(world: str, events: int, place: str) -> Value:
    """Only read and write, unsorted, with as many threads as there are workers."""
    names = [str(file) for file in _files(World(Path(world)), events)]
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    target = Path(place).with_suffix(".parquet")
    settings: Config = {"threads": WORKERS, "preserve_insertion_order": False}
    clock = Clock()
    with duckdb.connect(config=settings) as connection:
        connection.execute(
            f"COPY (SELECT * FROM read_json({names!r}, columns = {{{columns}}}, "
            "format = 'newline_delimited', ignore_errors = true)) "
            f"TO '{target}' (FORMAT parquet, COMPRESSION zstd)"
        )
    seconds = clock.seconds
    target.unlink()
    return {"seconds": seconds}


def _files(world: World, events: int) -> list[Path]:
    return sorted((world.day(Scale(events)) / "ndjson").iterdir())
