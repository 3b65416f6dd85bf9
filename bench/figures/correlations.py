"""All shipped correlations over a day of observations, beside one DuckDB GROUP BY over the rows."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from bench.measure import Clock, Value
from bench.world.observations import make_observations
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.classify.correlation_find import find_episodes
from tocsin.engine.classify.correlation_sql import CorrelationSql
from tocsin.engine.nightly.connection import Room, connected
from tocsin.engine.nightly.correlate import MOST_ROWS
from tocsin.engine.nightly.observed import Observed

THREADS = 2
DAY = dt.date(2026, 11, 22)


def make(_world: str, rows: int, place: str) -> Value:
    """The files; the clock is not asked."""
    folder = Path(place)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = make_observations(load_catalogue(), folder, rows)
    return {"seconds": 0.0, "files": sum(len(each) for each in files.values())}


def ours(_world: str, place: str) -> Value:
    """Every correlation, to its episodes."""
    folder = Path(place)
    room = Room("2GiB", folder / "scratch", THREADS)
    correlations = load_catalogue().correlations
    clock = Clock()
    episodes, by_title = 0, {}
    for correlation in correlations:
        lap = Clock()
        files = [f for kind in correlation.kinds for f in sorted(folder.glob(f"{kind}-*.parquet"))]
        observed = Observed(correlation, files, CorrelationSql(correlation, DAY).reach)
        parts = 1 + len(files) * 250_000 // MOST_ROWS
        with connected(room) as connection:
            for _ in observed.parts(connection, parts, folder / "parts"):
                episodes += len(find_episodes(connection, correlation, DAY))
        by_title[correlation.title] = lap.seconds
    return {"seconds": clock.seconds, "episodes": episodes, "by": by_title}


def floor(_world: str, place: str) -> Value:
    """Both sides, protocol and port as one group each, with how many and from when to when."""
    clock = Clock()
    with connected(Room("2GiB", Path(place) / "scratch", THREADS)) as connection:
        connection.execute(f"""
            CREATE TABLE found AS
            SELECT src_ip, dst_ip, protocol, dst_port, count(*), min(timestamp), max(timestamp)
            FROM read_parquet('{place}/*.parquet', union_by_name = true) GROUP BY ALL
        """)
        ((groups,),) = connection.execute("SELECT count(*) FROM found").fetchall()
    return {"seconds": clock.seconds, "groups": int(groups)}
