"""Going on: after a kill, a change of rules, a file that changed, a second look at old files."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from tests.fakes.small_home import (
    DAY,
    EVENING,
    NIGHT,
    SENSORS,
    SmallHome,
    event,
    ndjson,
    report_names,
    rows_of,
)

from tocsin.engine.files import canonical_json
from tocsin.engine.intake.ledger import Ledger
from tocsin.engine.lake.parquet import read_parquet
from tocsin.engine.nightly.package import Package, State
from tocsin.engine.prune import Retention, find_old, remove_old
from tocsin.model.errors import RunError

ALPHA = "2026-11-22-event4_sinkhole-alpha-asn.csv"
ONE_DAY = dt.timedelta(days=1)
FEED = """\
extends: shadowserver-csv
title: F
description: F.
filters: {reserved_allowed: [documentation]}
"""


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def _cut_back(package: Package, state: State) -> None:
    """As a kill after that step would have left the run."""
    said = {"format": 1, "day": str(package.day), "revision": package.revision, "state": state}
    (package.path / "state.json").write_bytes(canonical_json(said))
    for name in ("packs", "manifest.json", "markers/published.json"):
        path = package.path / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


# --- the night ----------------------------------------------------------------------------


def test_a_night_that_was_killed_is_finished_before_a_later_day(small: SmallHome) -> None:
    small.collect_events([event(1)])
    killed = small.night().package
    whole = {path.name: path.read_bytes() for path in (killed.path / "packs").iterdir()}
    _cut_back(killed, State.GATHERED)
    small.collect_events([event(86_400 + 1, "192.0.2.88")], now=EVENING + ONE_DAY)
    later = small.night(DAY + ONE_DAY)
    assert killed.state() is State.PUBLISHED
    assert {path.name: path.read_bytes() for path in (killed.path / "packs").iterdir()} == whole
    (findings,) = (small.home.findings / "2026-11-23").iterdir()
    told = read_parquet(findings).column("subject").to_pylist()
    assert sorted(told) == ["192.0.2.10", "192.0.2.88"]
    assert later.package.state() is State.PUBLISHED


def test_begun_nights_are_finished_without_naming_their_day(small: SmallHome) -> None:
    small.collect_events([event(1)])
    killed = small.night().package
    _cut_back(killed, State.CORRELATED)
    (finished,) = small.night_engine().finish_begun()
    assert (finished.package, killed.state()) == (killed, State.PUBLISHED)
    assert small.night_engine().missed_days(DAY) == []


def test_a_night_is_finished_by_the_report_types_it_was_planned_with(small: SmallHome) -> None:
    small.write_source("feed", FEED)
    first = b"timestamp,ip,alpha_col\n2026-11-22 01:00:00,192.0.2.9,A\n"
    small.collect(small.put("2026-11-22-scan_new-x-asn.csv", first), source="feed")
    killed = small.night().package
    _cut_back(killed, State.GATHERED)
    wider = b"timestamp,ip,beta_col\n2026-11-23 01:00:00,192.0.2.9,B\n"
    path = small.put("2026-11-23-scan_new-x-asn.csv", wider)
    small.collect(path, source="feed", now=EVENING + ONE_DAY)
    assert small.night().package.state() is State.PUBLISHED
    later = small.night(DAY + ONE_DAY)
    (row,) = rows_of(small, later, "2026-11-23-scan_new-alpha-asn.csv")
    assert (row["alpha_col"], row["beta_col"]) == ("", "B")


def test_a_partial_run_that_was_killed_does_not_stand_in_the_way(small: SmallHome) -> None:
    small.collect_events([event(1)])
    partial = small.night(now=EVENING, partial=True).package
    _cut_back(partial, State.PLANNED)
    whole = small.night()
    assert (whole.manifest["partial"], whole.package.state()) == (False, State.PUBLISHED)


def test_a_day_that_has_not_begun_is_refused_even_as_partial(small: SmallHome) -> None:
    with pytest.raises(RunError, match="has not begun"):
        small.night(DAY + ONE_DAY, now=EVENING, partial=True)


def test_what_is_missing_of_a_finished_run_is_made_again(small: SmallHome) -> None:
    small.collect_events([event(1)])
    run = small.night()
    pack = run.package.path / "packs" / "event4_sinkhole.pack"
    content = pack.read_bytes()
    pack.unlink()
    small.night()
    assert pack.read_bytes() == content


def test_a_replay_with_other_lists_does_not_go_on_with_the_old_ones(small: SmallHome) -> None:
    small.collect_events([event(1)])
    small.night()
    begun = small.replay().package
    _cut_back(begun, State.GATHERED)
    lists = json.loads(small.home.lists.read_text())
    lists["lists"][0]["name"] = "renamed"
    other = small.home.root.parent / "other.json"
    other.write_text(json.dumps(lists), encoding="utf-8")
    names = report_names(small.replay(lists=other))
    assert "2026-11-22-event4_sinkhole-renamed-asn.csv" in names


def test_a_late_row_of_a_long_window_is_not_sent_twice(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path, source=SENSORS + "max_age: 30 days\n")
    seen = {"report_type": "botnet_cc", "timestamp": "2026-11-22T01:00:00Z", "ip": "192.0.2.50"}
    small.collect_events([seen])
    small.night()
    for days in range(1, 9):
        small.night(DAY + days * ONE_DAY)
    new = {**seen, "ip": "192.0.2.51"}
    small.collect_events([seen, new], now=NIGHT + 9 * ONE_DAY)
    run = small.night(DAY + 9 * ONE_DAY)
    rows = rows_of(small, run, "2026-12-01-botnet_cc-alpha-asn-delayed.csv")
    assert [row["ip"] for row in rows] == ["192.0.2.51"]


def test_rows_that_no_run_has_taken_outlive_their_tier(small: SmallHome) -> None:
    small.collect_events([event(1)])
    later = DAY + 50 * ONE_DAY
    old = find_old(small.home, small.store, Retention(), later)
    remove_old(small.home, small.store, old, Retention(), later)
    assert len(rows_of(small, small.night(), ALPHA)) == 1


# --- the intake ---------------------------------------------------------------------------


def test_two_contents_that_begin_alike_and_are_as_long_are_both_known(small: SmallHome) -> None:
    head = [event(1), event(2)]
    one = small.put("a.ndjson", ndjson([*head, event(3, "192.0.2.11")]))
    two = small.put("b.ndjson", ndjson([*head, event(3, "192.0.2.12")]))
    small.collect(one)
    small.collect(two)
    assert small.collect(one).known == [one]
    unit = small.night().manifest["units"]["event4_sinkhole"]  # type: ignore[index]
    assert (unit["events"], unit["repeated"], unit["rows"]) == (6, 2, 3)


def test_equal_bytes_under_two_types_are_two_contents(small: SmallHome) -> None:
    small.write_source("feed", FEED)
    content = b"timestamp,ip,port\n2026-11-22 01:00:00,192.0.2.9,23\n"
    names = ("2026-11-22-scan_telnet-x-asn.csv", "2026-11-22-scan_other-x-asn.csv")
    small.collect(*(small.put(name, content) for name in names), source="feed")
    told = report_names(small.night())
    assert "2026-11-22-scan_telnet-alpha-asn.csv" in told
    assert "2026-11-22-scan_other-alpha-asn.csv" in told


def test_a_type_only_ever_gains_columns_in_one_long_session(small: SmallHome) -> None:
    small.write_source("feed", FEED)
    for name, column in (("x", "alpha_col"), ("y", "beta_col")):
        text = f"timestamp,ip,{column}\n2026-11-22 01:00:00,192.0.2.9,{column}\n"
        path = small.put(f"2026-11-22-scan_new-{name}-asn.csv", text.encode())
        small.collect(path, source="feed")
    rows = rows_of(small, small.night(), "2026-11-22-scan_new-alpha-asn.csv")
    assert {row["alpha_col"] for row in rows} == {"alpha_col", ""}
    assert {row["beta_col"] for row in rows} == {"beta_col", ""}


def test_a_file_of_which_nothing_was_accepted_may_come_again(small: SmallHome) -> None:
    path = small.put("a.ndjson", ndjson([event(1, "10.0.0.1")]))
    small.collect(path)
    collected = small.collect(path, switched_off=("reserved",), now=NIGHT)
    assert collected.records[0].pieces[0].accepted == 1


def test_a_file_taken_again_is_judged_anew_and_counts_once(small: SmallHome) -> None:
    atlas = next(small.home.atlases.glob("2026*"))
    aside = small.home.root.parent / "aside"
    shutil.move(atlas, aside)
    path = small.put("a.ndjson", ndjson([event(1)]))
    small.collect(path, without_atlas=True)
    shutil.move(aside, atlas)
    assert small.collect(path, now=NIGHT).known == [path]
    small.collect(path, now=NIGHT, again=True)
    run = small.night()
    assert len(rows_of(small, run, ALPHA)) == 1
    unit = run.manifest["units"]["event4_sinkhole"]  # type: ignore[index]
    assert (unit["events"], unit["repeated"], unit["rows"]) == (2, 1, 1)


def _interrupt(small: SmallHome, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """As a kill before the first batch was committed leaves an intake."""
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "end", lambda *_: None)
        small.collect(path)
    shutil.rmtree(small.home.ledger / "batches")


def test_an_intake_goes_on_by_the_rules_it_was_begun_with(
    small: SmallHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small.put("a.ndjson", ndjson([event(1)]))
    _interrupt(small, monkeypatch, path)
    small.write_source("sensors", SENSORS + "terms: {owners: false, national_certs: false}\n")
    collected = small.collect(path)
    assert len(collected.resumed) == 1
    assert len(rows_of(small, small.night(), ALPHA)) == 1


def test_an_intake_whose_file_changed_or_went_gives_it_up_and_goes_on(
    small: SmallHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small.put("a.ndjson", ndjson([event(1), event(2)]))
    _interrupt(small, monkeypatch, path)
    path.unlink()
    other = small.put("b.ndjson", ndjson([event(3)]))
    collected = small.collect(other)
    assert [refused.path for refused in collected.refused] == [path]
    assert collected.records[0].pieces[0].accepted == 1
    assert small.collect(other, now=NIGHT).refused == []


def test_files_are_found_again_from_another_directory(
    small: SmallHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small.put("a.ndjson", ndjson([event(1)]))
    monkeypatch.chdir(path.parent)
    _interrupt(small, monkeypatch, Path("a.ndjson"))
    monkeypatch.chdir(small.home.root)
    assert small.collect(path).refused == []
    assert len(rows_of(small, small.night(), ALPHA)) == 1


def test_a_refused_zip_leaves_no_type_behind(small: SmallHome) -> None:
    small.write_source("feed", FEED)
    packed = small.put("a.zip", b"")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "2026-11-22-scan_new-x-asn.csv", "timestamp,ip\n2026-11-22 01:00:00,192.0.2.9\n"
        )
        archive.writestr("README.txt", "words")
    collected = small.collect(packed, source="feed")
    assert (len(collected.refused), collected.provisional) == (1, [])
    assert not (small.home.catalogue / "provisional").exists()
