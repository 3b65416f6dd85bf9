"""What is done in any order is put together in its own, and an error of either side ends both."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import CancelledError
from random import Random
from threading import Event

import pytest

from tocsin.engine.nightly.arrivals import putting_together


def test_what_arrives_in_any_order_is_put_together_in_its_own() -> None:
    together: list[int] = []
    with putting_together(50, together.extend) as arrived:
        for number in Random(1).sample(range(50), 50):
            arrived(number)
    assert together == list(range(50))


def test_an_error_of_the_work_cancels_the_putting_together() -> None:
    seen: list[BaseException] = []

    def together(numbers: Iterable[int]) -> None:
        try:
            list(numbers)
        except CancelledError as error:
            seen.append(error)
            raise

    def work() -> None:
        with putting_together(3, together) as arrived:
            arrived(0)
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert len(seen) == 1


def test_an_error_of_the_putting_together_ends_the_work() -> None:
    ended = Event()

    def together(_: Iterable[int]) -> None:
        try:
            raise OSError("no room")
        finally:
            ended.set()

    def work() -> None:
        with putting_together(2, together) as arrived:
            assert ended.wait(60)
            while True:
                arrived(0)

    with pytest.raises(OSError, match="no room"):
        work()


def test_an_error_at_the_very_end_is_raised() -> None:
    def together(numbers: Iterable[int]) -> None:
        list(numbers)
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"), putting_together(1, together) as arrived:
        arrived(0)


def test_nothing_to_put_together_is_put_together() -> None:
    together: list[int] = [1]
    with putting_together(0, together.extend):
        pass
    assert together == [1]
