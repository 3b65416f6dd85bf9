"""When an address is reached, fails now and then, or is dead: a table of cases, and an oracle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.service.subscribers.models import Cause, Health
from tocsin.service.subscribers.recipients.health_rules import Failure, judge

FIRST = dt.datetime(2026, 11, 1, 0, 30, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
NO, FULL, UNREACHABLE, POLICY = Cause.NO_ADDRESS, Cause.FULL, Cause.UNREACHABLE, Cause.POLICY
HEALTHY, SOFT, DEAD = Health.HEALTHY, Health.SOFT_FAILING, Health.DEAD


def on(cause: Cause, *days: float, definite: bool = False) -> list[Failure]:
    """A failure on each of those days."""
    return [Failure(FIRST + day * DAY, cause, definite) for day in days]


@pytest.mark.parametrize(
    ("failures", "success", "expected"),
    [
        ([], None, HEALTHY),
        # There is no such address.
        (on(NO, 0), None, SOFT),
        (on(NO, 0, 0.2, 0.9), None, SOFT),
        (on(NO, 0, 1), None, DEAD),
        (on(NO, 0.9, 1.1), None, DEAD),
        (on(NO, 0, 30), None, DEAD),
        (on(NO, 0, definite=True), None, DEAD),
        # Success comes between, or after.
        (on(NO, 0, 2), 1, SOFT),
        (on(NO, 0, 1), 1, HEALTHY),
        (on(NO, 0, definite=True), 1, HEALTHY),
        (on(NO, 2, definite=True), 1, DEAD),
        # Others, on five days that lie a week apart.
        (on(FULL, 0), None, SOFT),
        (on(FULL, 0, 1, 2, 3, 4), None, SOFT),
        (on(FULL, 0, 1, 2, 3, 4, 5, 6), None, SOFT),
        (on(FULL, 0, 1, 2, 3, 4, 5, 6, 7), None, DEAD),
        (on(FULL, 0, 2, 3, 7), None, SOFT),
        (on(FULL, 0, 0.1, 0.2, 0.3, 7), None, SOFT),
        (on(FULL, 0, 1, 2) + on(UNREACHABLE, 3, 7), None, DEAD),
        (on(FULL, 0, 1, 2, 3, 4, 7), 3, SOFT),
        (on(FULL, 0) + on(NO, 1), None, SOFT),
        # Refusals of us kill nobody's address, nor do those of what is attached.
        (on(POLICY, *range(30)), None, SOFT),
        (on(POLICY, *range(30)) + on(FULL, 0, 1, 2, 7), None, SOFT),
        (on(Cause.CONTENT, *range(30)), None, HEALTHY),
        (on(Cause.TOO_LARGE, *range(30)), None, HEALTHY),
        (on(Cause.OTHER, 0, 1, 2, 3, 7), None, DEAD),
    ],
)
def test_an_address_is_judged(
    failures: Sequence[Failure], success: int | None, expected: Health
) -> None:
    at = None if success is None else FIRST + success * DAY
    assert judge(failures, at).state == expected
    assert judge(list(reversed(failures)), at) == judge(failures, at)


def test_the_judgement_counts_days_and_shows_the_last() -> None:
    found = judge([*on(NO, 3), *on(FULL, 0, 0.5, 1)], None)
    assert (found.soft_days, found.hard_days) == (2, 1)
    assert found.last == on(NO, 3)[0]


FAILURES = st.lists(
    st.builds(
        Failure,
        st.integers(0, 20 * 24).map(lambda hours: FIRST + dt.timedelta(hours=hours)),
        st.sampled_from(Cause),
        st.booleans(),
    ),
    max_size=25,
)
SUCCESS = st.none() | st.integers(0, 20 * 24).map(lambda hours: FIRST + dt.timedelta(hours=hours))


@given(FAILURES, SUCCESS)
def test_it_is_as_a_plain_reader_of_the_rules_would_judge(
    failures: list[Failure], success: dt.datetime | None
) -> None:
    left = [
        each
        for each in failures
        if each.cause not in (Cause.CONTENT, Cause.TOO_LARGE)
        and not (success is not None and each.sent_at <= success)
    ]
    hard = {each.sent_at.date() for each in left if each.cause == NO}
    soft = {each.sent_at.date() for each in left if each.cause not in (NO, POLICY)}
    dead = any(each.definite and each.cause == NO for each in left) or len(hard) > 1
    dead = dead or (len(soft) > 4 and (max(soft) - min(soft)).days > 6)
    assert judge(failures, success).state == (DEAD if dead else SOFT if left else HEALTHY)


@given(FAILURES, SUCCESS, SUCCESS)
def test_a_later_success_never_makes_it_worse(
    failures: list[Failure], one: dt.datetime | None, other: dt.datetime | None
) -> None:
    worse = [HEALTHY, SOFT, DEAD]
    long_ago = FIRST - DAY
    early, late = sorted((one or long_ago, other or long_ago))
    before, after = judge(failures, early).state, judge(failures, late).state
    assert worse.index(after) <= worse.index(before)
