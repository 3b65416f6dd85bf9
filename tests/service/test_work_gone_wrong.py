"""Work that did not work says so: while it is tried again, and when it has been given up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from tests.service.desk import Desk

from tocsin.model.errors import TransientError, UsageError
from tocsin.service import clock
from tocsin.service.work import queue
from tocsin.service.work.models import Task, TaskState
from tocsin.service.work.worker import Payload, Work, work_off

said: list[tuple[str, str]] = []


def failing(error: Exception) -> Callable[[Payload], Any]:
    def outer(_: Payload) -> None:
        raise error

    return outer


def note(word: str) -> Callable[[Payload, str, dt.datetime], None]:
    return lambda _payload, error, _now: said.append((word, error))


def never(_payload: Payload, _found: object, _now: dt.datetime) -> None:
    raise AssertionError("the outer half failed")


def work_that(error: Exception) -> Work:
    said.clear()
    return Work(failing(error), never, note("postponed"), note("given up"))


def test_what_may_work_later_is_postponed_and_then_given_up(desk: Desk) -> None:
    task = queue.enqueue("try", "once", {}, clock.now())
    works = {"try": work_that(TransientError("does not answer"))}
    for _ in range(queue.MOST_ATTEMPTS + 5):
        work_off(works, clock.now)
        desk.pass_time(dt.timedelta(hours=6))
    words = [word for word, _ in said]
    assert words == ["postponed"] * (queue.MOST_ATTEMPTS - 1) + ["given up"]
    task.refresh_from_db()
    assert task.state == TaskState.FAILED


@pytest.mark.parametrize("error", [UsageError("never"), KeyError("never")])
def test_what_never_works_is_given_up_at_once(desk: Desk, error: Exception) -> None:
    queue.enqueue("try", "once", {}, clock.now())
    work_off({"try": work_that(error)}, clock.now)
    assert [word for word, _ in said] == ["given up"]
    assert "never" in said[0][1]


def test_a_mistake_in_writing_it_down_does_not_bring_the_task_back(desk: Desk) -> None:
    def broken(_payload: Payload, _error: str, _now: dt.datetime) -> None:
        Task.objects.create(kind="half", key="done", due_at=clock.now(), made_at=clock.now())
        raise ZeroDivisionError

    queue.enqueue("try", "once", {}, clock.now())
    work_off({"try": Work(failing(UsageError("x")), never, broken, broken)}, clock.now)
    assert Task.objects.get(kind="try").state == TaskState.FAILED


def test_who_lost_the_lease_writes_nothing_down(desk: Desk) -> None:
    task = queue.enqueue("try", "once", {}, clock.now())

    def overtaken(_: Payload) -> None:
        Task.objects.filter(pk=task.pk).update(lease="somebody else")
        raise TransientError("too late")

    said.clear()
    work_off({"try": Work(overtaken, never, note("postponed"), note("given up"))}, clock.now)
    assert said == []
    assert Task.objects.get(pk=task.pk).lease == "somebody else"
