"""However a day is cut into ranges and parts, its cube and its ledger are the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.nightly import test_findings_oracle as ledger_oracle
from tests.engine.nightly import test_statistics as cube_oracle
from tests.engine.nightly.published_worlds import (
    DAY,
    MIDNIGHT,
    Row,
    catalogue,
    matched,
    report_type,
    row,
)

from tocsin.catalogue.entries import SubjectKind
from tocsin.engine.files import sha256_of
from tocsin.engine.lake.parquet import read_parquet, write_parquet
from tocsin.engine.nightly import day_ranges, findings, ledger_file, spread, statistics
from tocsin.engine.nightly.connection import Room
from tocsin.engine.nightly.day_ranges import deal_out, step_ranges
from tocsin.engine.nightly.findings import with_tokens
from tocsin.engine.nightly.findings_step import Rules
from tocsin.engine.nightly.statistics import cube_of, units_of

SCAN = report_type("scan_telnet", ["timestamp", "ip", "port", "geo", "tag"], subject="ip")
BLOCKLIST = report_type(
    "blocklist", ["timestamp", "ip", "infection"], subject="ip", kind=SubjectKind.PREFIX
)
ACCOUNT = report_type(
    "compromised_account",
    ["timestamp", "email", "infection", "tag"],
    subject="email",
    kind=SubjectKind.DOMAIN,
    window_days=7,
)
TYPES = (SCAN, BLOCKLIST, ACCOUNT)
CATALOGUE = catalogue(*TYPES)
SUBJECTS = [f"192.0.2.{n}" for n in range(12)] + [f"2001:db8::{n}" for n in range(6)]
PREFIXES = ["192.0.2.0/28", "192.0.2.0/24", "192.0.2.1", "2001:db8::/64", "2001:db8::"]
NAMES = [None, "A@example.org", "a@EXAMPLE.org", "b@example.org", "É@example.net", "c@example.com"]
WORDS = [None, "", "bot", "worm"]
TAGS = [None, "", "a;b", "b,c", "d", "other;e"]

Published = list[tuple[str, bool, Path]]


@contextmanager
def _ranges_of(rows: int) -> Iterator[None]:
    """Everything is cut into ranges and parts of so few rows."""
    cut = partial(deal_out, range_rows=rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "deal_out", cut)
        patch.setattr(findings, "deal_out", cut)
        patch.setattr(spread.spread_tasks, "__defaults__", (rows,))
        yield


# --- against the oracles of the whole -----------------------------------------------------


@given(cube_oracle.UNITS, st.sampled_from([1, 2, 1_000]), st.integers(1, 20))
@settings(
    max_examples=cases(6),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_figures_and_the_ranking_of_tags_are_right_over_any_ranges(
    tmp_path: Path, units: list[cube_oracle.Unit], most_tags: int, rows: int
) -> None:
    with _ranges_of(rows), pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "MOST_TAGS", most_tags)
        cube = cube_oracle._cube(units, tmp_path)
    assert cube_oracle._figures(cube) == cube_oracle._expected(units, most_tags)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_ledger_is_what_the_rules_say_over_any_ranges(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    days = ledger_oracle._days(random)
    with _ranges_of(7):
        ledger = ledger_oracle._ledger(days, tmp_path, random)
    expected = {
        key: ledger_oracle._told(each) for key, each in ledger_oracle._expected(days).items()
    }
    assert ledger_oracle._found(ledger) == expected


# --- the same bytes -----------------------------------------------------------------------


def _world(random: Random, folder: Path, day: int) -> Published:
    published = []
    for kind, delayed in ((kind, delayed) for kind in TYPES for delayed in (False, True)):
        rows = [_row(random, kind.id, day, n) for n in range(random.randint(0, 60))]
        if random.random() < 0.5:
            rows.sort(key=lambda each: (str(each.get("_subject_hi")), str(each.get("_subject_lo"))))
        path = folder / f"{day}-{kind.id}-{delayed}.parquet"
        pq.write_table(matched(kind, rows), path, row_group_size=random.choice((3, 10, 1_000)))
        published.append((kind.id, delayed, path))
    return published


def _row(random: Random, kind: str, day: int, number: int) -> Row:
    subjects = {SCAN.id: SUBJECTS, BLOCKLIST.id: PREFIXES}.get(kind)
    said = row(
        number,
        at=MIDNIGHT + dt.timedelta(days=day, hours=random.randint(-30, 23)),
        subject=random.choice(subjects) if subjects else None,
        source=random.choice(("one", "two", "three")),
        count=random.randint(1, 9),
    )
    cells = {"port": random.choice((22, 23, 65_535, None)), "email": random.choice(NAMES)}
    return said | cells | {"infection": random.choice(WORDS), "tag": random.choice(TAGS)}


def _products(
    worlds: list[Published], folder: Path, *, range_rows: int, workers: int = 1
) -> list[str]:
    """The digests of cube and ledger of each day, by the way of the product."""
    digests, before = [], None
    for number, published in enumerate(worlds):
        day = DAY + dt.timedelta(days=number)
        scratch = folder / f"work-{range_rows}-{workers}-{number}"
        dealt = deal_out(
            units_of(published, CATALOGUE), before, scratch, workers=workers, range_rows=range_rows
        )
        rules = Rules(day, 2, 400, with_tokens({("one", SCAN.id), ("two", ACCOUNT.id)}))
        cube, ledger = scratch / "cube.parquet", scratch / "ledger.parquet"
        counts = step_ranges(dealt, rules, ledger)
        write_parquet(cube_of(dealt, counts, day, Room()), cube)
        digests += [sha256_of(cube), sha256_of(ledger)]
        before = ledger
    return digests


@pytest.mark.parametrize("seed", range(3))
def test_any_ranges_make_the_same_bytes(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_file, "ROW_GROUP", 16)
    random = Random(seed)
    worlds = [_world(random, tmp_path, day) for day in range(3)]
    whole = _products(worlds, tmp_path, range_rows=1 << 20)
    for rows in (1, 5, 40):
        assert _products(worlds, tmp_path, range_rows=rows) == whole


def test_any_number_of_workers_makes_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = [_world(Random(7), tmp_path, day) for day in range(2)]
    alone = _products(worlds, tmp_path, range_rows=30)
    for name in ("_WORTH_SPREADING", "_WORTH_WORKING"):
        monkeypatch.setattr(day_ranges, name, 0)
    assert _products(worlds, tmp_path, range_rows=30, workers=2) == alone


def test_what_a_killed_night_left_in_the_folder_changes_nothing(tmp_path: Path) -> None:
    worlds = [_world(Random(8), tmp_path, day) for day in range(2)]
    first = _products(worlds, tmp_path, range_rows=30)
    for path in tmp_path.rglob("*.arrow"):
        path.write_bytes(path.read_bytes()[:100])
    assert _products(worlds, tmp_path, range_rows=30) == first


def test_row_groups_of_the_ledger_are_whole_whatever_the_ranges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_file, "ROW_GROUP", 16)
    _products([_world(Random(3), tmp_path, 0)], tmp_path, range_rows=5)
    (path,) = tmp_path.rglob("ledger.parquet")
    footer = pq.read_metadata(path)
    sizes = [footer.row_group(n).num_rows for n in range(footer.num_row_groups)]
    assert len(sizes) > 2
    assert set(sizes[:-1]) == {16}


def test_names_stand_behind_addresses_in_their_order_over_any_ranges(tmp_path: Path) -> None:
    rows = [row(n) | {"email": f"{n % 10}@EXAMPLE.org"} for n in range(40)]
    path = tmp_path / "names.parquet"
    write_parquet(matched(ACCOUNT, rows), path)
    other = tmp_path / "addresses.parquet"
    write_parquet(matched(SCAN, [row(1, subject="192.0.2.7")]), other)
    published = [(ACCOUNT.id, False, path), (SCAN.id, False, other)]
    _products([published], tmp_path, range_rows=5)
    (ledger,) = tmp_path.rglob("ledger.parquet")
    told = read_parquet(ledger, ["subject"]).column("subject").to_pylist()
    assert told == ["192.0.2.7", *(f"{n}@example.org" for n in range(10))]
