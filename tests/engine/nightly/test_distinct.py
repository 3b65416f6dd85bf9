"""Columns of numbers in terms of their distinct rows, against plain Python."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.nightly.distinct import distinct_rows, numbers_of_lists

_SMALL = st.integers(-3, 3)
_WIDE = st.integers(-(1 << 62), 1 << 62)


@given(st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[_SMALL | _WIDE] * n), max_size=9)))
def test_combinations_are_numbered_in_their_order(rows: list[tuple[int, ...]]) -> None:
    width = len(rows[0]) if rows else 2
    columns = [np.array([row[place] for row in rows], np.int64) for place in range(width)]
    first, inverse = distinct_rows(columns)
    known = sorted(set(rows))
    assert [rows[place] for place in first.tolist()] == known
    assert first.tolist() == [rows.index(row) for row in known]
    assert inverse.tolist() == [known.index(row) for row in rows]


@given(st.lists(st.none() | st.lists(st.sampled_from(["a", "b", "c", "unknown"]), max_size=4)))
def test_a_list_is_the_union_of_its_members_and_nothing_where_none_means_anything(
    lists: list[list[str] | None],
) -> None:
    meaning = {"a": 1, "b": 2, "c": 4}
    numbers = numbers_of_lists(
        pa.array(lists, pa.list_(pa.string())),
        lambda member: meaning.get(str(member), 0),
        lambda members: int(np.bitwise_or.reduce(members)),
    )
    expected = [sum({meaning.get(word, 0) for word in each or ()}) for each in lists]
    assert numbers.tolist() == expected
