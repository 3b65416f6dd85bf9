"""The window that slides once finds what a reading by the definition finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engine.kernels.held import spans_held

Row = tuple[int, int, int]
"""Group, time, value."""

rows_of_groups = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 30), st.integers(0, 5)))


def _naive(rows: list[Row], span: int, least: int) -> list[Row]:
    """Every moment is asked by itself; neighbours that hold are one span, but for a moment at
    which enough goes and comes again."""
    found: list[Row] = []
    for group in sorted({each for each, _, _ in rows}):
        own = [(time, value) for each, time, value in rows if each == group]
        begin: int | None = None
        for moment in range(32 + span):
            held = {value for time, value in own if time <= moment < time + span}
            stays = {value for time, value in own if time < moment < time + span}
            if begin is not None and len(stays) < least:
                found.append((group, begin, moment))
                begin = None
            if begin is None and len(held) >= least:
                begin = moment
    return found


@settings(deadline=None)  # compiled at the first call
@given(rows_of_groups, st.integers(1, 12), st.integers(1, 4))
def test_spans_are_those_of_a_naive_reading(rows: list[Row], span: int, least: int) -> None:
    ordered = sorted(rows, key=lambda each: each[:2])
    groups = np.array([each[0] for each in ordered], np.int32)
    times = np.array([each[1] for each in ordered], np.int64)
    values = np.array([each[2] for each in ordered], np.uint64)
    of, begins, ends = spans_held(groups, times, values, span, least)
    assert list(zip(of.tolist(), begins.tolist(), ends.tolist(), strict=True)) == _naive(
        rows, span, least
    )


def test_more_spans_than_there_was_room_for_are_all_found() -> None:
    many = 10_000
    times = np.arange(many, dtype=np.int64) * 10
    ones = np.ones(many, np.int32)
    of, begins, ends = spans_held(ones, times, ones.astype(np.uint64), 5, 1)
    assert of.tolist() == ones.tolist()
    assert (begins == times).all()
    assert (ends == times + 5).all()
