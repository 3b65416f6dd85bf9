"""The grammar of dates, against the plainest reading of it."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.service.api.dates import Span, read_span

TODAY = dt.date(2026, 11, 23)

_DATES = st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1))
_BOUNDS = st.one_of(
    st.just(("now", TODAY)),
    _DATES.map(lambda day: (day.isoformat(), day)),
    st.integers(-9999, 9999).map(lambda n: (f"{n}", TODAY + dt.timedelta(days=n))),
    st.integers(0, 9999).map(lambda n: (f"+{n}", TODAY + dt.timedelta(days=n))),
)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11-22", "2026-11-22", "2026-11-22"),
        ("now", "2026-11-23", "2026-11-23"),
        ("-3:now", "2026-11-20", "2026-11-23"),
        ("-365:now", "2025-11-23", "2026-11-23"),
        ("-1", "2026-11-22", "2026-11-22"),
        ("2026-11-01:2026-11-22", "2026-11-01", "2026-11-22"),
        (" 2026-11-01 : now ", "2026-11-01", "2026-11-23"),
        ("-7:-1", "2026-11-16", "2026-11-22"),
    ],
)
def test_each_form_means_these_days(text: str, first: str, last: str) -> None:
    assert read_span(text, TODAY) == Span(dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@pytest.mark.parametrize(
    "text",
    [
        "", ":", "now:", ":now", "2026-13-01", "2026-02-30", "20261122", "yesterday", "-3:now:now",
        "now:-3", "2026-11-22:2026-11-21", "-999999:now", "٢٠٢٦-11-22", "-٣:now", "--3", "1e3",
        "2026-11-22T00:00", "\n",
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a day|ends before"):
        read_span(text, TODAY)


@given(_BOUNDS)
def test_one_bound_is_one_day(bound: tuple[str, dt.date]) -> None:
    text, day = bound
    assert read_span(text, TODAY) == Span(day, day)


@given(_BOUNDS, _BOUNDS)
def test_a_range_has_its_bounds_or_is_refused(
    begins: tuple[str, dt.date], ends: tuple[str, dt.date]
) -> None:
    text = f"{begins[0]}:{ends[0]}"
    if ends[1] < begins[1]:
        with pytest.raises(ValueError, match="ends before"):
            read_span(text, TODAY)
    else:
        found = read_span(text, TODAY)
        assert (found.first, found.last) == (begins[1], ends[1])
        assert found.days == (ends[1] - begins[1]).days + 1


@given(st.text(max_size=30), st.dates())
def test_any_text_is_read_or_refused(text: str, today: dt.date) -> None:
    with contextlib.suppress(ValueError):
        found = read_span(text, today)
        assert found.first <= found.last
