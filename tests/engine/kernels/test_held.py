"""The window that slides once finds what a reading by the definition finds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.kernels.held import spans_held

Row = tuple[int, int, int]
"""Group, time, value."""

rows_of_groups = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 30), st.integers(0, 5)))


def _naive(rows: list[Row], span: int, least: int) -> list[Row]:
    """Every moment is asked by itself; neighbours that hold are one span, but for a moment at
    which enough goes and comes again."""
    found = []
    for group in sorted({each for each, _, _ in rows}):
        own = [(time, value) for each, time, value in rows if each == group]
        begin = None
        for moment in range(32 + span):
            held = {value for time, value in own if time <= moment < time + span}
            stays = {value for time, value in own if time < moment < time + span}
            if begin is not None and len(stays) < least:
                found.append((group, begin, moment))
                begin = None
            if begin is None and len(held) >= least:
                begin = moment
    return found


@given(rows_of_groups, st.integers(1, 12), st.integers(1, 4))
def test_spans_are_those_of_a_naive_reading(rows: list[Row], span: int, least: int) -> None:
    ordered = sorted(rows, key=lambda each: each[:2])
    groups, times, values = (
        np.array([each[place] for each in ordered], kind)
        for place, kind in ((0, np.int32), (1, np.int64), (2, np.uint64))
    )
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
