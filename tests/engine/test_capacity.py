"""What is estimated from measured rates, in figures that can be worked out by hand."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tocsin.cli.main import application
from tocsin.cli.plan import SHIPPED
from tocsin.engine.capacity import Rates, estimate, read_rates
from tocsin.engine.prune import Retention
from tocsin.model.errors import TerminalError, UsageError

RATES = Rates(
    measured="2026-11-24",
    machine="a machine",
    workers=2,
    intake_events=1_000,
    intake_seconds=3.6,
    intake_peak=700,
    record_bytes=5_000,
    night_events=1_000,
    night_seconds=7.2,
    night_peak=900,
    lists=10,
    reports=40,
    published_bytes=2_000,
    pack_bytes=3_000,
)


def test_time_and_disk_grow_with_the_events() -> None:
    found = estimate(RATES, events=100_000, lists=10, days=2, retention=Retention())
    assert found.intake_hours == pytest.approx(0.1)
    assert found.night_hours == pytest.approx(0.2)
    assert found.disk == {"records": 1_000_000, "published": 400_000, "packs": 600_000}
    assert found.reports == 40


def test_a_tier_is_kept_no_longer_than_it_is_kept() -> None:
    found = estimate(RATES, events=1_000, lists=10, days=1_000, retention=Retention(records=35))
    assert found.disk == {"records": 35 * 5_000, "published": 180_000, "packs": 270_000}


def test_more_lists_are_told_more_and_fewer_save_no_time() -> None:
    more = estimate(RATES, events=1_000, lists=20, days=1, retention=Retention())
    fewer = estimate(RATES, events=1_000, lists=5, days=1, retention=Retention())
    assert (more.disk["packs"], fewer.disk["packs"]) == (6_000, 1_500)
    assert more.night_hours == pytest.approx(2 * fewer.night_hours)


def test_memory_hangs_on_neither() -> None:
    found = estimate(RATES, events=10**9, lists=10**5, days=1, retention=Retention())
    assert found.memory == 900
    assert not found.fits


def test_a_day_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 1"):
        estimate(RATES, events=0, lists=1, days=1, retention=Retention())


def test_a_file_that_holds_no_rates_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rates.json"
    path.write_text(json.dumps({**asdict(RATES), "format": 2}), encoding="ascii")
    with pytest.raises(TerminalError, match=r"rates\.json"):
        read_rates(path)


def test_the_command_prints_disk_memory_and_hours(tmp_path: Path) -> None:
    arguments = ["plan", "--events", "4000000000", "--lists", "12000", "--days", "90"]
    done = CliRunner().invoke(application(), [*arguments, "--home", str(tmp_path)])
    assert done.exit_code == 0, done.output
    for word in ("disk: records", "disk: packs", "memory at peak", "hours of intake a day"):
        assert word in done.output
    assert read_rates(SHIPPED).measured in done.output
