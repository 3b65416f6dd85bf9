"""Delta mode against a naive reading of it, and the identity of rows."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.nightly.audience_oracle import Doc, Row
from tests.engine.nightly.audience_worlds import (
    DAY,
    World,
    report_type,
    snapshot_of,
    table_of,
)

from tocsin.engine.nightly.delta import DeltaBase, identity_hashes
from tocsin.engine.nightly.match import Matched, Matcher
from tocsin.model.columns import Column, ColumnKind


def _lists_of(matched: Matched) -> list[tuple[int, ...]]:
    return [matched.audiences[number] for number in matched.audience.tolist()]


def _base(matched: Matched, table: pa.Table) -> DeltaBase:
    """As the run keeps it: columns of a stored table."""
    stored = pa.table(
        {
            "_identity": identity_hashes(table, report_type()),
            "_audience": pa.array(matched.audience, pa.int32()),
        }
    )
    halves = pa.concat_tables([stored.slice(0, 100), stored.slice(100)])
    return DeltaBase(halves.column("_identity"), halves.column("_audience"), matched.audiences)


def _identity(row: Row) -> tuple[Any, ...]:
    return (row["subject"], row["port"], row["tag"])


def _world(seed: int) -> tuple[Doc, list[Row], list[Row]]:
    """A document with lists of both modes, rows of Sunday and of Monday."""
    world, draw = World(seed), random.Random(seed)
    document = world.document(organisations=15, lists=40)
    for each in document["lists"]:
        each["delta"] = draw.random() < 0.5
    rows = world.rows(600, lists=40)
    for row in rows:
        row["tag"] = draw.choice(["a", "b", None])
    sunday, fresh = rows[:300], rows[300:]
    monday = [*draw.sample(sunday, 150), *fresh]
    return document, sunday, monday


@pytest.mark.parametrize("seed", range(8))
def test_on_other_days_a_delta_list_gets_what_it_did_not_get_on_sunday(
    seed: int, tmp_path: Path
) -> None:
    document, sunday, monday = _world(seed)
    matcher = Matcher(snapshot_of(document, tmp_path))
    full_sunday = matcher.match(table_of(sunday), report_type())
    base = _base(full_sunday, table_of(sunday))
    changing = {each["id"] for each in document["lists"] if each["delta"]}
    told = {
        (list_id, _identity(row))
        for row, lists in zip(sunday, _lists_of(full_sunday), strict=True)
        for list_id in lists
    }
    full = _lists_of(matcher.match(table_of(monday), report_type()))
    expected = [
        tuple(n for n in lists if n not in changing or (n, _identity(row)) not in told)
        for row, lists in zip(monday, full, strict=True)
    ]
    matched = matcher.match(table_of(monday), report_type(), base=base)
    assert _lists_of(matched) == expected
    assert matched.unchanged == sum(map(len, full)) - sum(map(len, expected)) > 0
    assert matched.audiences == sorted({(), *expected})


def test_without_a_sunday_every_report_is_full(tmp_path: Path) -> None:
    document, _, monday = _world(1)
    matcher, table = Matcher(snapshot_of(document, tmp_path)), table_of(monday)
    nothing = DeltaBase(pa.array([], pa.binary(16)), [], [()])
    full = matcher.match(table, report_type())
    assert _lists_of(matcher.match(table, report_type(), base=nothing)) == _lists_of(full)


def test_types_without_delta_are_always_full(tmp_path: Path) -> None:
    document, sunday, _ = _world(2)
    matcher, table = Matcher(snapshot_of(document, tmp_path)), table_of(sunday)
    full = matcher.match(table, report_type())
    kind = report_type(delta=False)
    again = matcher.match(table, kind, base=_base(full, table))
    assert _lists_of(again) == _lists_of(full)


def test_a_list_that_got_a_row_only_from_one_of_two_networks_is_told_it_once(
    tmp_path: Path,
) -> None:
    """Sunday's rows of one identity with different audiences: what either list got counts."""
    document, sunday, _ = _world(3)
    for each in document["lists"]:
        each["delta"] = True
    for row in sunday:
        row |= {"subject": "192.0.2.0", "port": 23, "tag": "a"}
    matcher, table = Matcher(snapshot_of(document, tmp_path)), table_of(sunday)
    full = matcher.match(table, report_type())
    again = matcher.match(table, report_type(), base=_base(full, table))
    assert len(full.audiences) > 3
    assert again.audiences == [()]
    assert again.unchanged == sum(map(len, _lists_of(full)))


def test_an_empty_day_has_nothing_to_hold_back(tmp_path: Path) -> None:
    document, sunday, _ = _world(4)
    matcher, table = Matcher(snapshot_of(document, tmp_path)), table_of(sunday)
    base = _base(matcher.match(table, report_type()), table)
    matched = matcher.match(table.slice(0, 0), report_type(), base=base)
    assert (matched.audience.tolist(), matched.audiences) == ([], [()])


# --- identity -----------------------------------------------------------------------------

CELLS = st.one_of(st.none(), st.text(max_size=6), st.sampled_from(["", "a=1:b", "tag=1:a", "1:"]))
PAIR = report_type(identity=("tag", "note"))


def _texts(rows: list[tuple[str | None, str | None]]) -> pa.Table:
    tags = pa.array([tag for tag, _ in rows], pa.string())
    return pa.table({"tag": tags, "note": pa.array([note for _, note in rows], pa.string())})


@settings(max_examples=cases(50), deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), max_size=12))
def test_identities_are_equal_where_all_cells_are_and_nowhere_else(
    rows: list[tuple[str | None, str | None]],
) -> None:
    hashes = identity_hashes(_texts(rows), PAIR).to_pylist()
    for row, value in zip(rows, hashes, strict=True):
        assert [other == value for other in hashes] == [other == row for other in rows]


def test_an_identity_is_the_documented_hash_and_stays_it() -> None:
    content = b"note=3:x=y" + b"tag=3:\xe2\x82\xac"
    expected = hashlib.blake2b(content, digest_size=16, person=b"tocsin-identity1").digest()
    value = identity_hashes(_texts([("\u20ac", "x=y")]), PAIR).to_pylist()[0]
    assert value == expected
    assert value.hex() == "c0dafe4f96214c92b522c6ca928d3a17"


def test_a_column_that_the_type_gains_leaves_rows_that_lack_it_as_they_were() -> None:
    table = _texts([("a", None), (None, None)])
    before = identity_hashes(table, report_type(identity=("tag",)))
    assert identity_hashes(table, PAIR).equals(before)


def test_numbers_and_times_have_identities_too() -> None:
    kind = report_type(
        columns=(Column("seen", ColumnKind.TIME, ""), Column("port", ColumnKind.INTEGER, "")),
        identity=("seen", "port"),
    )
    times = [DAY, DAY, DAY + dt.timedelta(microseconds=1), None]
    table = pa.table(
        {
            "seen": pa.array(times, pa.timestamp("us", tz="UTC")),
            "port": pa.array([23, 23, 23, None], pa.int64()),
        }
    )
    first, same, later, none = identity_hashes(table, kind).to_pylist()
    assert first == same
    assert len({first, later, none}) == 3


def test_a_type_without_identity_columns_has_one_row_that_is_always_the_same() -> None:
    hashes = identity_hashes(_texts([("a", "b"), ("c", "d")]), report_type(identity=()))
    assert len(set(hashes.to_pylist())) == 1
    assert hashes.type == pa.binary(16)
