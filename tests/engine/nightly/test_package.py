"""A run's package: one state at a time, and markers that are believed only if they hold."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tocsin.engine.files import canonical_json
from tocsin.engine.nightly.package import Package, State, latest_published, packages
from tocsin.model.errors import RunError

DAY = dt.date(2026, 11, 22)


def _package(root: Path, revision: int = 1, day: dt.date = DAY) -> Package:
    package = Package(root, day, revision)
    package.path.mkdir(parents=True)
    return package


def _advance(package: Package, state: State, text: str = "x") -> Path:
    path = package.path / f"{state.value}.txt"
    path.write_text(text, encoding="utf-8")
    package.advance(state, [path])
    return path


def test_a_package_without_a_plan_has_no_state(tmp_path: Path) -> None:
    assert _package(tmp_path).state() is None
    assert packages(tmp_path) == []


def test_states_follow_one_another(tmp_path: Path) -> None:
    package = _package(tmp_path)
    for state in State:
        _advance(package, state)
        assert package.state() is package.verified_state() is state


def test_a_step_whose_file_was_cut_counts_as_not_done(tmp_path: Path) -> None:
    package = _package(tmp_path)
    _advance(package, State.PLANNED)
    damaged = _advance(package, State.CORRELATED, "four")
    _advance(package, State.GATHERED)
    damaged.write_text("fou", encoding="utf-8")
    assert package.state() is State.GATHERED
    assert package.verified_state() is State.PLANNED


def test_a_step_whose_file_is_gone_counts_as_not_done(tmp_path: Path) -> None:
    package = _package(tmp_path)
    _advance(package, State.PLANNED).unlink()
    assert package.verified_state() is None


def test_the_latest_published_revision_is_found(tmp_path: Path) -> None:
    for revision in (1, 2, 10):
        package = _package(tmp_path, revision)
        _advance(package, State.PLANNED)
        if revision < 10:
            package.advance(State.PUBLISHED, [])
    latest = latest_published(tmp_path, DAY)
    assert latest is not None
    assert latest.revision == 2
    assert [package.revision for package in packages(tmp_path)] == [1, 2, 10]
    assert latest_published(tmp_path, DAY + dt.timedelta(days=1)) is None


def test_a_package_of_another_format_is_refused(tmp_path: Path) -> None:
    package = _package(tmp_path)
    said = {"format": 99, "state": "planned", "day": "2026-11-22", "revision": 1}
    (package.path / "state.json").write_bytes(canonical_json(said))
    with pytest.raises(RunError, match="format 99"):
        package.state()
