"""What correlations tell when observations are pruned, and come again afterwards."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest
from tests.fakes.small_home import DAY, EVENING, SENSORS, SmallHome, report_names, rows_of
from tests.path import test_correlations as worlds

from tocsin.engine.nightly.package import State
from tocsin.engine.prune import Retention, find_old, remove_old


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    made = SmallHome.make(tmp_path)
    worlds.describe(made)
    return made


def test_what_a_run_that_was_begun_is_to_correlate_is_not_pruned(small: SmallHome) -> None:
    small.collect_events(worlds.scan())
    run = small.night()
    rows = rows_of(small, run, worlds.ALPHA)
    state = run.package.path / "state.json"
    said = json.loads(state.read_text())
    state.write_text(json.dumps({**said, "state": State.PLANNED.value}))
    shutil.rmtree(run.package.path / "correlated")
    _prune(small, DAY + 5 * worlds.ONE_DAY)
    assert rows_of(small, small.night(), worlds.ALPHA) == rows


def test_observations_that_come_again_after_they_were_pruned_are_told_once(
    small: SmallHome,
) -> None:
    small.write_source("sensors", SENSORS + "max_age: 40 days\n")
    bots = [worlds.packet(n, 9, f"192.0.2.{n}", tag="bot") for n in range(1, 4)]
    small.collect_events([*worlds.scan(), *bots])
    assert len(report_names(small.night())) == 3
    days, later = 5 * worlds.ONE_DAY, EVENING + 5 * worlds.ONE_DAY
    _prune(small, DAY + days)
    more = worlds.scan(9_000, "192.0.2.20")
    small.collect_events([*more, *worlds.scan(), *bots], now=later)
    run = small.night(DAY + days)
    name = f"{DAY + days}-{worlds.DARK}-alpha-asn-delayed.csv"
    assert [row["src_ip"] for row in rows_of(small, run, name)] == ["192.0.2.20"]
    cc = f"{DAY + days}-{worlds.CC}-beta-cidr.csv"
    assert [row["count"] for row in rows_of(small, run, cc)] == ["3"]


def test_observations_of_days_whose_records_are_pruned_are_not_taken(small: SmallHome) -> None:
    small.write_source("sensors", SENSORS + "max_age: 60 days\n")
    small.collect_events(worlds.scan())
    small.night()
    _prune(small, DAY + 40 * worlds.ONE_DAY)
    again = [worlds.packet(9_000, 1), *worlds.scan()]
    taken = small.collect_events(again, now=EVENING + 40 * worlds.ONE_DAY)
    (piece,) = taken.records[0].pieces
    assert (piece.accepted, piece.rejected) == (0, {"pruned": 5})


def _prune(small: SmallHome, today: dt.date) -> None:
    old = find_old(small.home, small.store, Retention(), today)
    remove_old(small.home, small.store, old, Retention(), today)
