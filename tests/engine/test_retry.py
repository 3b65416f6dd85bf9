"""What is tried again, how often, and how long is waited between."""

from __future__ import annotations

import pytest

from tocsin.engine.retry import LONGEST_WAIT, with_retries
from tocsin.model.errors import AtlasError, PublisherUnreachable, TocsinError


class _Attempts:
    """Fails with these errors, one after the other, and then succeeds."""

    def __init__(self, *errors: TocsinError) -> None:
        self.left = list(errors)
        self.made = 0

    def __call__(self) -> str:
        self.made += 1
        if self.left:
            raise self.left.pop(0)
        return "done"


def _busy() -> PublisherUnreachable:
    return PublisherUnreachable("busy")


def test_what_may_succeed_later_is_tried_again_after_growing_waits() -> None:
    waits: list[float] = []
    attempt = _Attempts(_busy(), _busy(), _busy())
    assert with_retries(attempt, attempts=4, sleep=waits.append) == "done"
    assert waits == [1.0, 2.0, 4.0]


def test_the_last_error_is_raised_without_a_wait_behind_it() -> None:
    waits: list[float] = []
    attempt = _Attempts(*(_busy() for _ in range(9)))
    with pytest.raises(PublisherUnreachable):
        with_retries(attempt, attempts=3, sleep=waits.append)
    assert (attempt.made, waits) == (3, [1.0, 2.0])


def test_what_fails_again_is_not_tried_again() -> None:
    attempt = _Attempts(_busy(), AtlasError("no such file"))
    with pytest.raises(AtlasError):
        with_retries(attempt, attempts=9, sleep=lambda _: None)
    assert attempt.made == 2


def test_no_wait_is_longer_than_a_minute() -> None:
    waits: list[float] = []
    with_retries(_Attempts(*(_busy() for _ in range(9))), attempts=10, sleep=waits.append)
    assert max(waits) == LONGEST_WAIT
