"""Sets of grants, intervals of prefixes and lists of numbers, each against plain loops."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.engine.nightly.audience import Audiences, Grant, GrantSets
from tocsin.engine.nightly.distinct import distinct_rows, numbers_of_lists
from tocsin.engine.nightly.prefixes import PrefixTable
from tocsin.model.address import ALL_ONES, Addresses, Network

SMALL = settings(max_examples=cases(66), deadline=None)


@st.composite
def prefixes(draw: st.DrawFn) -> Network:
    """Prefixes of all lengths that crowd at both ends and in the middle of the space."""
    length = draw(st.sampled_from([0, 1, 2, 64, 96, 120, 124, 126, 127, 128]))
    return Network(draw(addresses()) & ~(ALL_ONES >> length), length)


@st.composite
def addresses(draw: st.DrawFn) -> int:
    base = draw(st.sampled_from([0, 1 << 64, 1 << 127, (1 << 127) - 16, ALL_ONES - 15]))
    return base + draw(st.integers(0, 15))


def _lists(sets: GrantSets, number: int) -> list[int]:
    return sets.lists_at(number, 0)


@SMALL
@given(st.lists(prefixes(), max_size=12), st.lists(addresses(), max_size=8))
def test_an_address_is_in_the_prefixes_that_hold_it(
    subscribed: list[Network], points: list[int]
) -> None:
    sets = GrantSets()
    table = PrefixTable({p: [Grant(i)] for i, p in enumerate(subscribed)}, sets)
    last_of = {prefix: number for number, prefix in enumerate(subscribed)}
    found = table.around(Addresses.from_ints(points)).tolist()
    for point, number in zip(points, found, strict=True):
        expected = [n for p, n in last_of.items() if p.first <= point <= p.last]
        assert _lists(sets, number) == sorted(expected)


@SMALL
@given(st.lists(prefixes(), max_size=12), prefixes())
def test_a_prefix_overlaps_those_it_shares_an_address_with(
    subscribed: list[Network], subject: Network
) -> None:
    sets = GrantSets()
    table = PrefixTable({p: [Grant(i)] for i, p in enumerate(subscribed)}, sets)
    last_of = {prefix: number for number, prefix in enumerate(subscribed)}
    expected = [
        n for p, n in last_of.items() if p.first <= subject.last and subject.first <= p.last
    ]
    assert _lists(sets, table.overlapping(subject)) == sorted(expected)


def test_no_prefixes_hold_nothing() -> None:
    table = PrefixTable({}, GrantSets())
    assert table.around(Addresses.from_ints([0, ALL_ONES])).tolist() == [0, 0]
    assert table.overlapping(Network(0, 0)) == 0


@SMALL
@given(st.lists(st.one_of(st.none(), st.lists(st.one_of(st.none(), st.integers(0, 9))))))
def test_each_row_of_lists_has_the_union_of_its_members(
    rows: list[list[int | None] | None],
) -> None:
    """Members below 4 mean nothing; the others stand for a bit each."""

    def number_of(member: object) -> int:
        return 1 << member if isinstance(member, int) and member >= 4 else 0

    def union(numbers: object) -> int:
        assert isinstance(numbers, list)
        assert len(numbers) > 1
        return int(np.bitwise_or.reduce(np.array(numbers)))

    column = pa.array([[7], *rows], pa.list_(pa.uint32())).slice(1)
    expected = [sum({1 << m for m in row or [] if m is not None and m >= 4}) for row in rows]
    assert numbers_of_lists(column, number_of, union).tolist() == expected


@SMALL
@given(st.lists(st.tuples(*[st.integers(-(2**62), 2**62)] * 2, st.integers(0, 2)), min_size=1))
def test_distinct_rows_are_told_apart_and_equal_ones_are_not(
    rows: list[tuple[int, int, int]],
) -> None:
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
    first, inverse = distinct_rows(columns)
    assert [rows[first[number]] for number in inverse.tolist()] == rows
    assert len(first) == len(set(rows))
    assert all(rows.index(rows[at]) == at for at in first.tolist())


GRANTS = st.lists(st.builds(Grant, st.integers(1, 4), st.integers(0, 3), st.integers(4, 6)))


@SMALL
@given(GRANTS, GRANTS)
def test_equal_sets_of_grants_have_one_number_and_unions_are_unions(
    one: list[Grant], two: list[Grant]
) -> None:
    sets = GrantSets()
    first, second, both = sets.number(one), sets.number(two), sets.number([*two, *one])
    assert (first == second) is (set(one) == set(two))
    assert (first == 0) is (not one)
    assert sets.union([first, second]) == sets.union([second, 0, first]) == both


@SMALL
@given(st.lists(st.frozensets(st.integers(1, 5)).map(sorted)))
def test_audiences_are_numbered_by_their_members_not_by_their_coming(
    rows: list[list[int]],
) -> None:
    audiences = Audiences()
    audiences.number([9, 10])
    numbers = np.array([audiences.number(row) for row in rows], np.int64)
    placed, members = audiences.in_order(numbers)
    assert members == sorted({(), *map(tuple, rows)})
    assert [list(members[number]) for number in placed.tolist()] == rows
