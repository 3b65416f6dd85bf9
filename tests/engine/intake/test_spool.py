"""The spool: what is ready, what is due, and where files go afterwards."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from tocsin.engine.intake.spool import due, move_done, move_failed, waiting

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
PATIENCE = dt.timedelta(minutes=15)


def _drop(spool: Path, name: str, *, minutes_ago: float = 0, size: int = 10) -> Path:
    path = spool / "sensors" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    moment = NOW.timestamp() - 60 * minutes_ago
    os.utime(path, (moment, moment))
    return path


def test_files_that_are_still_being_written_are_left_alone(tmp_path: Path) -> None:
    ready = _drop(tmp_path, "a.ndjson")
    for name in (".b.ndjson", "c.ndjson.part", "d.tmp", "e.partial"):
        _drop(tmp_path, name)
    (tmp_path / "sensors" / "link").symlink_to(ready)
    assert waiting(tmp_path, "sensors") == [ready]
    assert waiting(tmp_path, "others") == []


def test_the_oldest_comes_first(tmp_path: Path) -> None:
    young = _drop(tmp_path, "a", minutes_ago=1)
    old = _drop(tmp_path, "b", minutes_ago=9)
    assert waiting(tmp_path, "sensors") == [old, young]


def test_files_are_due_when_one_has_waited_or_they_are_many(tmp_path: Path) -> None:
    files = [_drop(tmp_path, "a", minutes_ago=3), _drop(tmp_path, "b", minutes_ago=1)]
    assert not due(files, NOW, patience=PATIENCE, enough=1000)
    assert due(files, NOW, patience=PATIENCE, enough=20)
    assert due(files, NOW + dt.timedelta(minutes=12), patience=PATIENCE, enough=1000)
    assert not due([], NOW, patience=PATIENCE, enough=0)


def test_taken_files_are_moved_and_never_overwrite_one_another(tmp_path: Path) -> None:
    for content in (1, 2):
        move_done(_drop(tmp_path, "a.ndjson", size=content), NOW.date())
    folder = tmp_path / "sensors" / ".done" / "2026-11-22"
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    assert sizes == {"a.ndjson": 1, "a.ndjson.2": 2}
    assert waiting(tmp_path, "sensors") == []


def test_a_file_that_was_turned_away_has_its_reason_beside_it(tmp_path: Path) -> None:
    move_failed(_drop(tmp_path, "a.ndjson"), NOW.date(), "cut off")
    why = tmp_path / "sensors" / ".failed" / "2026-11-22" / "a.ndjson.why.txt"
    assert why.read_text() == "cut off\n"
