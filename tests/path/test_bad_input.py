"""Bad input: one clear message, an exit code that is not zero, and nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fakes.small_home import SmallHome, default_lists, event, ndjson

NOW = ["--now", "2026-11-22T22:00:00Z"]


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def _tocsin(small: SmallHome, *arguments: str, code: int) -> str:
    """Run the command, expect its exit code and no traceback; what it says on standard error."""
    command = [sys.executable, "-m", "tocsin", *arguments, "--home", str(small.home.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def _collect(small: SmallHome, path: Path, *more: str, code: int, source: str = "sensors") -> str:
    arguments = ["collect", str(path), "--source", source, *NOW, *more]
    return _tocsin(small, *arguments, code=code)


def _lake_files(small: SmallHome) -> list[Path]:
    return [path for path in small.home.lake.rglob("*") if path.is_file()]


def test_no_atlas_at_all(small: SmallHome) -> None:
    shutil.rmtree(small.home.atlases)
    said = _collect(small, small.put("a.ndjson", ndjson([event(1)])), code=3)
    assert "there is no atlas yet" in said
    assert "tocsin atlas build" in said
    assert _lake_files(small) == []


def test_a_broken_atlas(small: SmallHome) -> None:
    (atlas,) = small.home.atlases.glob("2026*")
    victim = max(atlas.glob("*.npy"), key=lambda path: path.stat().st_size)
    victim.write_bytes(victim.read_bytes()[:-9])
    said = _collect(small, small.put("a.ndjson", ndjson([event(1)])), code=3)
    assert victim.name in said
    assert _lake_files(small) == []


def test_an_unknown_source_names_those_that_are_like_it(small: SmallHome) -> None:
    said = _collect(small, small.put("a.ndjson", b""), code=3, source="sensor")
    assert "there is no source 'sensor'" in said
    assert "'sensors' was meant?" in said


def test_mistakes_in_own_catalogue_files_are_told_all_at_once(small: SmallHome) -> None:
    small.write_source("one", "extends: sensors\ntitle: One\nwindow: sometimes\n")
    small.write_source("two", "extends: nobody\ntitle: Two\ndescription: Two.\n")
    said = _collect(small, small.put("a.ndjson", b""), code=3)
    assert "one.yaml:3" in said
    assert "two.yaml:1" in said


def test_mistakes_in_the_configuration_are_told_all_at_once(small: SmallHome) -> None:
    small.home.configuration.write_text("worker = 2\nabsent_days = 0\n", encoding="utf-8")
    said = _collect(small, small.put("a.ndjson", b""), code=3)
    assert "tocsin.toml:1" in said
    assert "'workers' was meant" in said
    assert "tocsin.toml:2" in said


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_no_permission_to_write(small: SmallHome) -> None:
    small.home.root.chmod(0o500)
    try:
        said = _collect(small, small.put("a.ndjson", ndjson([event(1)])), code=3)
    finally:
        small.home.root.chmod(0o700)
    assert "not permitted" in said or "cannot be used" in said


def test_no_permission_to_write_is_told_to_an_ordinary_user(small: SmallHome) -> None:
    """The same as somebody who is not root, where the tests are run by root."""
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("becoming an ordinary user takes root and setpriv")
    path = small.put("a.ndjson", ndjson([event(1)]))
    for folder in (small.home.root, *small.home.root.parents):
        if folder.stat().st_uid == 0 and str(folder).startswith("/tmp"):
            folder.chmod(0o755)
    command = ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, "-m", "tocsin"]
    arguments = ["collect", str(path), "--source", "sensors", "--home", str(small.home.root), *NOW]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    if "No module named" in done.stderr or "Permission denied: '/root" in done.stderr:
        pytest.skip("an ordinary user cannot reach this interpreter")
    assert done.returncode in (3, 2), done.stderr
    assert "Traceback" not in done.stderr


def test_an_unfinished_day(small: SmallHome) -> None:
    small.collect_events([event(1)])
    said = _tocsin(small, "nightly", "--date", "2026-11-22", *NOW, code=3)
    assert "2026-11-22 is not over yet" in said
    assert "--partial" in said
    assert not small.home.runs.exists()


def test_a_snapshot_with_an_unknown_form_of_network(small: SmallHome) -> None:
    lists = default_lists()
    lists["organisations"][1]["networks"] = [{"range": "198.51.100.1-9"}]  # type: ignore[index]
    small.write_lists(lists)
    small.collect_events([event(1)])
    arguments = ["nightly", "--date", "2026-11-22", "--now", "2026-11-23T00:30:00Z"]
    said = _tocsin(small, *arguments, code=3)
    assert "lists.json" in said
    assert "range" in said
    assert not list(small.home.runs.glob("*/*/state.json"))


def test_no_lists(small: SmallHome) -> None:
    small.home.lists.unlink()
    said = _tocsin(small, "nightly", "--now", "2026-11-23T00:30:00Z", code=3)
    assert "nobody to report to" in said


def test_a_home_that_is_something_else(tmp_path: Path, small: SmallHome) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "beach.jpg").write_bytes(b"x")
    command = [sys.executable, "-m", "tocsin", "collect", "x", "--source", "sensors"]
    arguments = ["--home", str(tmp_path / "photos")]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "no Tocsin home" in done.stderr
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["beach.jpg"]


def test_a_file_that_is_turned_away_hinders_no_other(small: SmallHome) -> None:
    good = small.put("good.ndjson", ndjson([event(1)]))
    cut = small.put("cut.ndjson.gz", b"\x1f\x8b\x08\x00" + b"\0" * 20)
    said = _collect(small, good, str(cut), code=1)
    assert "cut.ndjson.gz" in said
    assert len(_lake_files(small)) == 1


def test_a_damaged_lake_file_stops_the_night(small: SmallHome) -> None:
    small.collect_events([event(1)])
    (path,) = _lake_files(small)
    path.write_bytes(path.read_bytes() + b"x")
    arguments = ["nightly", "--date", "2026-11-22", "--now", "2026-11-23T00:30:00Z"]
    said = _tocsin(small, *arguments, code=4)
    assert path.name in said
    assert not list(small.home.runs.glob("*/*/packs/*"))


def test_errors_are_json_where_json_was_asked_for(small: SmallHome) -> None:
    command = [sys.executable, "-m", "tocsin", "nightly", "--json", "--date", "2026-11-22", *NOW]
    arguments = [*command, "--home", str(small.home.root)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["error"]["kind"] == "RunError"


def test_a_plan_or_an_intake_that_was_edited_by_hand_is_told_by_its_name(small: SmallHome) -> None:
    small.collect_events([event(1)])
    run = small.night()
    (run.package.path / "plan.json").write_text("{}", encoding="utf-8")
    said = _tocsin(small, "nightly", "--now", "2026-11-24T00:30:00Z", code=3)
    assert "plan.json: the file is damaged" in said
    open_ = small.home.ledger / "open.json"
    open_.write_text('{"format": 1, "batches": [{"id": "x"}]}', encoding="utf-8")
    said = _collect(small, small.put("b.ndjson", ndjson([event(2)])), code=3)
    assert "open.json: the file is damaged" in said


def test_published_rows_that_were_damaged_are_told_when_a_row_is_explained(
    small: SmallHome,
) -> None:
    small.collect_events([event(1)])
    small.night()
    (path,) = small.home.lake.glob("published/*/*/*.parquet")
    path.write_bytes(path.read_bytes()[:500])
    said = _tocsin(small, "explain", "2026-11-22-event4_sinkhole-alpha-asn.csv", "1", code=3)
    assert "tocsin replay --date 2026-11-22" in said
