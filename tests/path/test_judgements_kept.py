"""Rows on hold over windows, replays and pruning: nothing is lost, nothing goes out twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.fakes.judged import (
    DELAYED,
    HOST,
    ONE_DAY,
    account,
    adds_up,
    alpha_rows,
    day,
    hold,
    judge,
    release,
)
from tests.fakes.small_home import DAY, SmallHome, event, report_names

from tocsin.engine.files import canonical_json
from tocsin.engine.judgements.values import Kind, What
from tocsin.engine.nightly.package import Package, State
from tocsin.engine.nightly.run import Finished
from tocsin.engine.prune import Retention, find_old, remove_old
from tocsin.model.errors import RunError


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


# --- long windows -------------------------------------------------------------------------


def _cc(second: int, host: str = HOST) -> Mapping[str, object]:
    return event(second, host, report_type="botnet_cc", ip=host, port=443)


def test_in_a_long_window_what_was_on_hold_is_told_with_the_window(small: SmallHome) -> None:
    small.collect_events([_cc(1)])
    held = hold(small)
    assert account(small.night(), "botnet_cc")["on_hold"] == 1
    assert account(small.night(day(1)), "botnet_cc")["on_hold"] == 1
    release(small, held)
    for number in range(2, 7):
        run = small.night(day(number))
        assert report_names(run) != []
        assert not any("delayed" in name for name in report_names(run))
    for number in (7, 8):
        assert report_names(small.night(day(number))) == []


def test_what_is_on_hold_longer_than_its_window_goes_out_as_delayed_once(
    small: SmallHome,
) -> None:
    small.collect_events([_cc(1)])
    held = hold(small)
    for number in range(9):
        run = small.night(day(number))
        assert (report_names(run), adds_up(run)) == ([], True)
    release(small, held)
    names = report_names(small.night(day(9)))
    assert names != []
    assert all("delayed" in name for name in names)
    assert report_names(small.night(day(10))) == []


def test_what_a_window_has_told_of_is_not_told_again_after_a_hold(small: SmallHome) -> None:
    small.collect_events([_cc(1)])
    assert report_names(small.night()) != []
    held = hold(small)
    for number in range(1, 9):
        assert report_names(small.night(day(number))) == []
    release(small, held)
    assert report_names(small.night(day(9))) == []


# --- replays ------------------------------------------------------------------------------


def _packs(run: Finished) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (run.package.path / "packs").iterdir()}


def test_a_replay_asks_the_judgements_of_its_night(small: SmallHome) -> None:
    small.collect_events([event(1), event(2, "192.0.2.11")])
    held = hold(small)
    run = small.night()
    release(small, held)
    judge(small, Kind.WITHDRAWAL, What.ADDRESS, "192.0.2.0/24")
    assert _packs(small.replay()) == _packs(run)


def test_a_replay_by_todays_judgements_holds_and_releases_what_its_night_did(
    small: SmallHome,
) -> None:
    small.collect_events([event(1), event(2, "192.0.2.11"), event(3, "192.0.2.12")])
    held = hold(small)
    first = small.night()
    release(small, held)
    hold(small, "192.0.2.12")
    judge(small, Kind.WITHDRAWAL, What.ADDRESS, "192.0.2.11")
    again = small.replay_today()
    assert [host for _, host in alpha_rows(small, again)] == ["192.0.2.12"]
    assert (account(again)["on_hold"], account(again)["withdrawn"]) == (1, 1)
    assert first.manifest["judgements"] != again.manifest["judgements"]
    assert alpha_rows(small, small.night(day(1))) == [(DELAYED, HOST)]


@pytest.mark.parametrize("before", [True, False])
def test_no_replay_releases_a_second_time(small: SmallHome, before: bool) -> None:
    small.collect_events([event(1)])
    held = hold(small)
    small.night()
    if before:
        small.replay()
    release(small, held)
    second = small.night(day(1))
    assert alpha_rows(small, second) == [(DELAYED, HOST)]
    assert report_names(small.replay()) == []
    assert _packs(small.replay(day(1))) == _packs(second)
    assert report_names(small.night(day(2))) == []


# --- what may happen to files -------------------------------------------------------------


def test_a_night_cut_short_goes_on_with_the_judgements_it_was_planned_with(
    small: SmallHome,
) -> None:
    small.collect_events([event(1), event(2, "192.0.2.11")])
    held = hold(small)
    run = small.night()
    whole = _packs(run)
    _cut_back(run.package, State.PLANNED)
    release(small, held)
    assert _packs(small.night()) == whole
    assert alpha_rows(small, small.night(day(1))) == [(DELAYED, HOST)]


def _cut_back(package: Package, state: State) -> None:
    said = {"format": 1, "day": str(package.day), "revision": package.revision, "state": state}
    (package.path / "state.json").write_bytes(canonical_json(said))
    for name in ("gathered", "matched", "packs"):
        shutil.rmtree(package.path / name)
    for name in ("gathered", "matched", "published"):
        (package.path / "markers" / f"{name}.json").unlink()
    (package.path / "manifest.json").unlink()


def test_judgements_that_were_changed_in_a_package_stop_the_run(small: SmallHome) -> None:
    small.collect_events([event(1)])
    hold(small)
    run = small.night()
    _cut_back(run.package, State.PLANNED)
    path = run.package.path / "judgements.json"
    path.write_text(path.read_text().replace("kim", "ann"), encoding="utf-8")
    with pytest.raises(RunError, match="not those that it was planned with"):
        small.night()


def test_pruning_leaves_what_is_on_hold_and_no_more(small: SmallHome) -> None:
    small.collect_events([event(1)])
    held = hold(small)
    small.night()
    small.night(day(1))
    later = DAY + 120 * ONE_DAY
    old = find_old(small.home, small.store, Retention(), later)
    remove_old(small.home, small.store, old, Retention(), later)
    left = list(small.store.names("withheld"))
    assert left == ["withheld/2026-11-23/r1/event4_sinkhole-delayed/2026-11-22.parquet"]
    release(small, held)
    run = small.night(day(119))
    assert [host for _, host in alpha_rows(small, run)] == [HOST]
    later = DAY + 120 * ONE_DAY
    assert "withheld" in {old.tier for old in find_old(small.home, small.store, Retention(), later)}


def test_rows_on_hold_keep_every_cell_and_their_id(small: SmallHome) -> None:
    small.collect_events([event(1, tag="x", extra_word="kept"), event(2, "192.0.2.11")])
    hold(small)
    small.night()
    (stored,) = (small.home.lake / "records").rglob("*.parquet")
    (withheld,) = (small.home.lake / "withheld").rglob("*.parquet")
    rows = [row for row in pq.read_table(stored).to_pylist() if row["src_ip"] == HOST]
    table = pq.ParquetFile(withheld).read()
    assert table.to_pylist() == rows
    assert table.schema.equals(pq.ParquetFile(stored).read().schema)


def test_a_home_without_judgements_pins_none(small: SmallHome) -> None:
    small.collect_events([event(1)])
    run = small.night()
    assert run.manifest["judgements"] == ""
    assert not (run.package.path / "judgements.json").exists()
    assert json.loads((run.package.path / "plan.json").read_text())["held"] == []
