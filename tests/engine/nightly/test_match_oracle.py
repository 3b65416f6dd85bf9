"""Matching against a naive reading of the design, on worlds where everything overlaps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.nightly.audience_oracle import Oracle, Row
from tests.engine.nightly.audience_worlds import TYPE_IDS, World, report_type, snapshot_of, table_of

from tocsin.catalogue.entries import ReportType
from tocsin.engine.nightly.match import Matched, Matcher


def _lists_of(matched: Matched) -> list[tuple[int, ...]]:
    return [matched.audiences[number] for number in matched.audience.tolist()]


def _explained(
    matcher: Matcher, table: pa.Table, kind: ReportType, audiences: list[tuple[int, ...]]
) -> bool:
    """Whether every list that got a row can be told why."""
    rows = zip(table.to_pylist(), audiences, strict=True)
    return all(matcher.explain(row, kind, each) for row, lists in rows for each in lists)


@settings(
    max_examples=cases(50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32), name=st.sampled_from(TYPE_IDS))
def test_every_row_of_a_small_world_reaches_whom_the_oracle_names(
    seed: int, name: str, tmp_path: Path
) -> None:
    world = World(seed)
    document = world.document(organisations=6, lists=12)
    rows = world.rows(40, lists=12)
    matcher = Matcher(snapshot_of(document, tmp_path))
    table = table_of(rows)
    matched = matcher.match(table, report_type(name))
    oracle = Oracle(document)
    expected = [oracle.audience(row, name) for row in rows]
    assert _lists_of(matched) == expected
    assert _explained(matcher, table, report_type(name), expected)


def test_ten_thousand_events_reach_the_right_ones_of_five_hundred_lists(tmp_path: Path) -> None:
    name = "type_a"
    world = World(20261122)
    document = world.document(organisations=150, lists=500)
    rows = world.rows(10_000, lists=500)
    matched = Matcher(snapshot_of(document, tmp_path)).match(table_of(rows), report_type(name))
    oracle = Oracle(document)
    expected = [oracle.audience(row, name) for row in rows]
    assert _lists_of(matched) == expected
    assert sum(bool(lists) for lists in expected) > 5_000
    assert sum(not lists for lists in expected) > 400
    assert len(matched.suppressed) > 20


def test_suppressed_rows_are_counted_as_the_reports_lack_them(tmp_path: Path) -> None:
    world = World(7)
    document = world.document(organisations=30, lists=60)
    rows = world.rows(2_000, lists=60)
    matched = Matcher(snapshot_of(document, tmp_path)).match(table_of(rows), report_type())
    without = Oracle({**document, "suppressions": []})
    lost = sum(len(without.audience(row, "type_a")) for row in rows)
    lost -= sum(len(lists) for lists in _lists_of(matched))
    assert sum(matched.suppressed.values()) == lost > 0


def test_the_same_input_gives_the_same_numbers_and_order_of_rows_does_not_matter(
    tmp_path: Path,
) -> None:
    world = World(11)
    snapshot = snapshot_of(world.document(organisations=20, lists=40), tmp_path)
    rows: list[Row] = world.rows(500, lists=40)
    once = Matcher(snapshot).match(table_of(rows), report_type())
    again = Matcher(snapshot).match(table_of(rows[::-1]), report_type())
    assert once.audiences == again.audiences == sorted(set(once.audiences))
    assert once.audiences[0] == ()
    assert np.array_equal(once.audience, again.audience[::-1])
    assert once.audience.dtype == np.int32


def test_a_matcher_keeps_nothing_of_the_tables_it_has_seen(tmp_path: Path) -> None:
    world = World(12)
    snapshot = snapshot_of(world.document(organisations=20, lists=40), tmp_path)
    used = Matcher(snapshot)
    used.match(table_of(world.rows(300, lists=40)), report_type("type_b"))
    table = table_of(world.rows(300, lists=40))
    fresh, second = Matcher(snapshot).match(table, report_type()), used.match(table, report_type())
    assert fresh.audiences == second.audiences
    assert np.array_equal(fresh.audience, second.audience)


def test_a_table_of_several_chunks_matches_like_one_of_a_single_chunk(tmp_path: Path) -> None:
    world = World(13)
    snapshot = snapshot_of(world.document(organisations=20, lists=40), tmp_path)
    table = table_of(world.rows(400, lists=40))
    parts = pa.concat_tables([table.slice(0, 137), table.slice(137, 0), table.slice(137)])
    matcher = Matcher(snapshot)
    whole, split = matcher.match(table, report_type()), matcher.match(parts, report_type())
    assert whole.audiences == split.audiences
    assert np.array_equal(whole.audience, split.audience)
