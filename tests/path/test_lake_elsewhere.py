"""The whole path with the lake in an object store: the same reports, and nothing in the home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs
from tests.fakes.judged import DELAYED, HOST, alpha_rows, day, hold, release
from tests.fakes.small_home import DAY, SmallHome, event, report_names, rows_of

from tocsin.engine.lake.s3 import S3Place, s3_store

REPORT = "2026-11-22-event4_sinkhole-alpha-asn.csv"


@pytest.fixture(scope="module")
def place() -> Iterator[S3Place]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    made = S3Place(
        bucket="lake",
        folder="tocsin",
        endpoint=f"{host}:{port}",
        scheme="http",
        access_key="key",
        secret_key="secret",
    )
    client = fs.S3FileSystem(
        access_key="key",
        secret_key="secret",
        endpoint_override=made.endpoint,
        scheme="http",
        allow_bucket_creation=True,
    )
    client.create_dir("lake")
    yield made
    server.stop()


def _fill(small: SmallHome) -> None:
    small.collect_events([event(n, f"192.0.2.{n % 20}") for n in range(100)])


def test_reports_are_the_same_and_the_home_holds_no_lake(place: S3Place, tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    here = SmallHome.make(tmp_path / "here")
    made = SmallHome.make(tmp_path / "there")
    there = SmallHome(made.home, s3_store(place, made.home.cache))
    runs = []
    for small in (here, there):
        _fill(small)
        runs.append(small.night())
    assert report_names(runs[0]) == report_names(runs[1])
    assert rows_of(here, runs[0], REPORT) == rows_of(there, runs[1], REPORT)
    assert not there.home.lake.exists()
    assert there.store.names() == here.store.names()


def test_a_replay_reads_the_store_with_an_empty_cache(place: S3Place, tmp_path: Path) -> None:
    made = SmallHome.make(tmp_path)
    small = SmallHome(made.home, s3_store(place, made.home.root / "cache"))
    _fill(small)
    first = small.night()
    emptied = SmallHome(made.home, s3_store(place, made.home.root / "cache-2"))
    again = emptied.replay(DAY)
    assert rows_of(emptied, again, REPORT) == rows_of(small, first, REPORT)


def test_rows_on_hold_are_kept_in_the_store(place: S3Place, tmp_path: Path) -> None:
    made = SmallHome.make(tmp_path)
    small = SmallHome(made.home, s3_store(place, made.home.root / "cache"))
    _fill(small)
    held = hold(small)
    small.night()
    release(small, held)
    emptied = SmallHome(made.home, s3_store(place, made.home.root / "cache-2"))
    assert alpha_rows(emptied, emptied.night(day(1))) == [(DELAYED, HOST)]
    assert not made.home.lake.exists()
