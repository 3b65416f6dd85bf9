"""The spool watched, and old things pruned, by the commands an operator uses."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fakes.small_home import DAY, SmallHome, event, ndjson

from tocsin.engine.intake.ledger import Ledger
from tocsin.engine.prune import Retention, find_old, remove_old


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def _watch_once(small: SmallHome) -> dict[str, object]:
    command = [sys.executable, "-m", "tocsin", "collect", "--watch", "--once", "--json"]
    arguments = ["--home", str(small.home.root), "--now", "2026-11-22T22:00:00Z"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    said: dict[str, object] = json.loads(done.stdout)
    return said


def _drop(small: SmallHome, source: str, name: str, content: bytes) -> None:
    folder = small.home.spool / source
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def test_what_lies_in_the_spool_is_taken_by_its_folders_source(small: SmallHome) -> None:
    _drop(small, "sensors", "a.ndjson", ndjson([event(1), event(2)]))
    report = b"timestamp,ip,port\n2026-11-22 01:00:00,192.0.2.9,23\n"
    _drop(small, "shadowserver-csv", "2026-11-22-scan_telnet-x-asn.csv", report)
    said = _watch_once(small)
    assert (said["rows"], said["accepted"]) == (3, 2)
    assert said["dropped"] == {"reserved": 1}
    sources = {record.source for record in Ledger(small.home.ledger).records()}
    assert sources == {"sensors", "shadowserver-csv"}
    assert (small.home.spool / "sensors" / ".done" / "2026-11-22" / "a.ndjson").exists()


def test_a_broken_file_goes_aside_with_its_reason_and_the_others_are_taken(
    small: SmallHome,
) -> None:
    _drop(small, "sensors", "good.ndjson", ndjson([event(1)]))
    _drop(small, "sensors", "cut.ndjson.gz", gzip.compress(ndjson([event(2)]))[:-12])
    said = _watch_once(small)
    assert said["accepted"] == 1
    failed = small.home.spool / "sensors" / ".failed" / "2026-11-22"
    assert "cut.ndjson.gz" in (failed / "cut.ndjson.gz.why.txt").read_text()


def _tiers(small: SmallHome, day: dt.date) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for old in find_old(small.home, small.store, Retention(), day):
        found.setdefault(old.tier, []).append(old.place)
    return found


def _after(days: int) -> dt.date:
    return DAY + dt.timedelta(days=days)


def _filled(small: SmallHome) -> None:
    packet = {**event(3), "observation": "packet"}
    del packet["report_type"]
    content = ndjson([event(1), packet]) + b"bad\n"
    small.collect(small.put("a.ndjson", content))
    small.night()


def test_each_tier_goes_when_its_days_are_over(small: SmallHome) -> None:
    _filled(small)
    assert _tiers(small, _after(3)) == {}
    assert set(_tiers(small, _after(4))) == {"observations"}
    assert set(_tiers(small, _after(8))) == {"observations", "rejects"}
    assert set(_tiers(small, _after(36))) == {"observations", "rejects", "records", "ledger"}
    later = _tiers(small, _after(91))
    assert set(later) == {"observations", "rejects", "records", "ledger", "published", "packs"}
    assert "findings" in _tiers(small, _after(401))
    assert not any("statistics" in path for paths in later.values() for path in paths)


def test_pruning_removes_what_was_found_and_nothing_else(small: SmallHome) -> None:
    _filled(small)
    before = {path for path in small.home.root.rglob("*") if path.is_file()}
    old = find_old(small.home, small.store, Retention(), _after(36))
    remove_old(small.home, small.store, old, Retention(), _after(36))
    gone = {path for path in before if not path.exists()}
    roots = [small.home.lake / each.place if each.in_lake else Path(each.place) for each in old]
    assert gone == {
        path for path in before if any(path == root or root in path.parents for root in roots)
    }
    assert find_old(small.home, small.store, Retention(), _after(36)) == []


def test_records_of_a_pinned_package_and_of_one_in_progress_stay(small: SmallHome) -> None:
    _filled(small)
    (small.home.runs / "2026-11-22" / "r1" / "keep").touch()
    tiers = _tiers(small, _after(91))
    assert "records" not in tiers
    assert "packs" not in tiers
    small.replay()


def test_a_replay_of_pruned_records_says_so(small: SmallHome) -> None:
    _filled(small)
    old = find_old(small.home, small.store, Retention(), _after(36))
    remove_old(small.home, small.store, old, Retention(), _after(36))
    with pytest.raises(Exception, match="pruned"):
        small.replay()
