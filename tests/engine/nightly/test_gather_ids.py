"""Which event of a group is shown, where ids share a half and where they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.nightly import test_gather as worlds

HALF = 1 << 64
SHARED_HOST = 4

Row = dict[str, Any]


def _first_shown(folder: Path, rows: list[Row]) -> list[bytes]:
    _, told = worlds._gather(folder, rows)
    return [row["_id"] for row in told]


@pytest.mark.parametrize("host", [1, SHARED_HOST])
@pytest.mark.parametrize("ids", [(5, 3), (5 * HALF, 3 * HALF), (HALF + 7, HALF + 6, 2 * HALF)])
@pytest.mark.parametrize("backwards", [False, True])
def test_of_events_of_one_moment_the_least_id_is_shown(
    tmp_path: Path, ids: tuple[int, ...], host: int, backwards: bool
) -> None:
    events = [worlds._row(number, 1, host, _line=1) for number in ids]
    shown = _first_shown(tmp_path, events[::-1] if backwards else events)
    assert shown == [min(ids).to_bytes(16, "big")]


def test_rows_of_one_moment_stand_in_the_order_of_their_ids(tmp_path: Path) -> None:
    numbers = [HALF + 3, HALF + 1, HALF + 2, 2 * HALF, 5]
    events = [worlds._row(number, 1, 1, _line=1, infection=str(number)) for number in numbers]
    expected = [number.to_bytes(16, "big") for number in sorted(numbers)]
    assert _first_shown(tmp_path, events) == expected


_NUMBERS = st.builds(lambda hi, lo: hi * HALF + lo, st.integers(0, 9), st.integers(0, 9))
_EVENTS = st.lists(
    st.builds(
        worlds._row,
        _NUMBERS,
        st.integers(0, 2),
        st.integers(1, 6),
        src_port=st.integers(1, 4),
        infection=st.sampled_from(["a", "b"]),
        _origins=st.just([64496]),
    ),
    max_size=30,
)


@settings(
    deadline=None,
    max_examples=cases(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_EVENTS, st.booleans())
def test_halves_of_ids_that_are_shared_change_no_row(
    tmp_path: Path, events: list[Row], halves_differ: bool
) -> None:
    if halves_differ:
        by_half = {row["_id"][:8]: row for row in events}
        events = list(by_half.values())
    by_id = {row["_id"]: row for row in events}
    events = [{**row, "_line": line, "_file": "f"} for line, row in enumerate(by_id.values())]
    _, rows = worlds._gather(tmp_path, events)
    assert worlds._told(rows) == worlds._expected(events, set())
