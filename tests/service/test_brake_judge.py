"""What the night brake holds: a pure decision, by table and against a naive reading of the rule."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.service.delivery.brake.figures import Count, Figures
from tocsin.service.delivery.brake.judge import Found, History, Limits, Why, parts_to_hold
from tocsin.service.delivery.brake.part import Part, PartKind

FIRST = dt.date(2026, 11, 1)
TYPE, RULE = Part(PartKind.TYPE, "event4_sinkhole"), Part(PartKind.RULE, "r1")
ADDRESS = Part(PartKind.ADDRESS, "192.0.2.1")
LIMITS = Limits(factor=5, least_rows=200, least_reports=20, least_days=7)


def _days(*rows: int) -> dict[dt.date, Count]:
    return {FIRST + dt.timedelta(n): Count(each, 1) for n, each in enumerate(rows) if each}


def _history(part: Part, *rows: int, rules: tuple[str, ...] = ("r1",)) -> History:
    days = tuple(FIRST + dt.timedelta(n) for n in range(len(rows)))
    return History(days, {part: _days(*rows)}, rules=frozenset(rules))


@pytest.mark.parametrize(
    ("before", "rows", "is_held"),
    [
        pytest.param([100] * 7, 501, True, id="more than the factor"),
        pytest.param([100] * 7, 500, False, id="exactly the factor"),
        pytest.param([100] * 6, 9999, False, id="too little history"),
        pytest.param([1] * 28, 199, False, id="too few rows to matter"),
        pytest.param([1] * 28, 200, True, id="enough rows"),
        pytest.param([10_000, *[100] * 7], 501, True, id="one wild day does not lift the median"),
        pytest.param([100, *[0] * 7], 200, True, id="a day without is a day of nothing"),
        pytest.param([*[0] * 20, *[100] * 6], 9999, False, id="history begins with the first row"),
        pytest.param([], 9999, False, id="no history at all"),
    ],
)
def test_a_jump_over_the_median_is_held(before: list[int], rows: int, is_held: bool) -> None:
    found = parts_to_hold(Figures({TYPE: Count(rows, 1)}, 1), _history(TYPE, *before), LIMITS)
    assert [each.why for each in found] == ([Why.JUMP] if is_held else [])


def test_a_jump_in_the_number_of_reports_is_held_as_well() -> None:
    history = _history(TYPE, *[100] * 7)
    found = parts_to_hold(Figures({TYPE: Count(100, 20)}, 20), history, LIMITS)
    assert found == [Found(TYPE, Why.JUMP, Count(100, 20), 100.0, 1.0)]


def test_the_first_night_of_a_rule_is_held_and_its_second_is_not() -> None:
    figures = Figures({RULE: Count(1, 1)}, 1)
    found = parts_to_hold(figures, _history(TYPE, 1, rules=("r0",)), LIMITS)
    assert [each.why for each in found] == [Why.NEW_RULE]
    assert parts_to_hold(figures, _history(TYPE, 1), LIMITS) == []


def test_of_a_first_night_no_rule_is_new() -> None:
    assert parts_to_hold(Figures({RULE: Count(1, 1)}, 1), History(), LIMITS) == []


@pytest.mark.parametrize(
    ("reports", "of_all", "is_held"),
    [(10, 199, True), (10, 200, False), (9, 20, False), (51, 1000, True)],
)
def test_an_address_in_too_many_reports_is_held(reports: int, of_all: int, is_held: bool) -> None:
    figures = Figures({ADDRESS: Count(1, reports)}, of_all)
    assert bool(parts_to_hold(figures, History(), LIMITS)) == is_held


def test_days_that_were_not_released_tell_nothing() -> None:
    history = _history(TYPE, *[100] * 7, 5000, 5000)
    out = frozenset(FIRST + dt.timedelta(n) for n in (7, 8))
    history = History(history.days, history.counts, {TYPE: out}, history.rules)
    assert [each.rows for each in history.of(TYPE)] == [100] * 7


@given(
    before=st.lists(st.integers(0, 900), max_size=28),
    rows=st.integers(0, 5000),
    out=st.sets(st.integers(0, 27)),
    factor=st.sampled_from([1.5, 2, 5]),
    least_days=st.integers(1, 10),
)
def test_the_decision_is_that_of_a_naive_reading(
    before: list[int], rows: int, out: set[int], factor: float, least_days: int
) -> None:
    limits = Limits(factor=factor, least_rows=200, least_reports=20, least_days=least_days)
    history = _history(TYPE, *before)
    left_out = frozenset(FIRST + dt.timedelta(n) for n in out)
    history = History(history.days, history.counts, {TYPE: left_out}, history.rules)
    found = parts_to_hold(Figures({TYPE: Count(rows, 1)}, 1), history, limits)
    assert bool(found) == _naive(before, rows, out, factor, least_days)


def _naive(before: list[int], rows: int, out: set[int], factor: float, least_days: int) -> bool:
    counted: list[int] = []
    for number, each in enumerate(before):
        if number in out or (not counted and each == 0):
            continue
        counted.append(each)
    if len(counted) < least_days:
        return False
    ranked = sorted([*counted, *counted])
    # Twice each: the two in the middle are then the median, whatever their number.
    half = len(counted)
    median = (ranked[half - 1] + ranked[half]) / 2
    return rows >= 200 and rows > factor * median
