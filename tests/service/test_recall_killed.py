"""A recall that dies at any write, and is called again: everything is there once, and told once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from tests.fakes.small_home import event
from tests.service.api_client import made_key, program
from tests.service.objecting_world import World
from tests.service.sent_night import recall, sent_night
from tests.service.test_letters_to_strangers import ABUSE, on_file, policy

from tocsin.engine.judgements.book import Book
from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.brake.correcting import CORRECT, CORRECTING, GRACE
from tocsin.service.delivery.models import Delivery, DeliveryKind, Recall, RecalledReport
from tocsin.service.delivery.sending import send_due
from tocsin.service.webhooks.hooks import make_hook
from tocsin.service.webhooks.models import Call, HookCall
from tocsin.service.work.queue import LEASE
from tocsin.service.work.worker import work_off

_WRITES = ("INSERT", "UPDATE", "DELETE")
_MOST = 60


class Killed(BaseException):
    """What no code of ours catches."""


@dataclass
class Dying:
    """Dies at a write, counted from 0."""

    at: int
    seen: int = 0

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.lstrip().startswith(_WRITES):
            if self.seen == self.at:
                raise Killed
            self.seen += 1
        return execute(sql, *rest)


@contextmanager
def tried_out() -> Iterator[None]:
    """What is done within is undone, as if it had not been."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def given(world: World) -> World:
    """Rows that went to a recipient, a contact that did not ask, a key and a web-hook."""
    on_file(("198.51.100.0/24", ABUSE, "XB"))
    policy()
    actor = Actor.person("admin@example.org")
    make_hook(world.alpha.organisation, "https://example.org/hook", actor, clock.now())
    world.small.collect_events([event(9, "198.51.100.9", sensor="s1")])
    sent_night(world, "noc@example.org")
    HookCall.objects.update(state=Call.SENT)
    who = program(made_key(world.alpha.organisation))
    (listed,) = who.get("reports/list")
    assert who.post("reports/download", id=listed["id"]).status_code == 200
    return world


def plan(world: World) -> None:
    """Let the corrections be planned: calls of web-hooks, which ask the world, are another work."""
    world.desk.pass_time(GRACE + LEASE)
    work_off({CORRECT: CORRECTING}, clock.now)


def state(world: World) -> dict[str, object]:
    """All that a recall leaves."""
    corrections = Delivery.objects.filter(kind=DeliveryKind.CORRECTION)
    lines = AuditLine.objects.filter(verb__startswith="recall.").order_by("verb")
    return {
        "recalls": Recall.objects.exclude(planned_at=None).count(),
        "reports": sorted(RecalledReport.objects.values_list("report", "rows")),
        "corrections": sorted(corrections.values_list("address", "reports")),
        "calls": HookCall.objects.exclude(recall=None).count(),
        "audit": list(lines.values_list("verb", flat=True)),
        "judgements": len(Book(world.small.home).read()),
    }


def killed(at: int, do: Callable[[], object]) -> bool:
    """Whether it died there."""
    try:
        with connection.execute_wrapper(Dying(at)):
            do()
    except Killed:
        return True
    return False


def test_a_recall_that_dies_at_any_write_is_done_once_when_called_again(given: World) -> None:
    with tried_out():
        recall(given)
        plan(given)
        wanted = state(given)
    assert len(wanted["corrections"]) == 3  # type: ignore[arg-type] # a list
    assert (wanted["recalls"], wanted["calls"], wanted["judgements"]) == (1, 1, 1)
    moments = 0
    for at in range(_MOST):
        with tried_out():
            died = killed(at, lambda: recall(given))
            recall(given)
            plan(given)
            assert state(given) == wanted, at
        if not died:
            break
        moments += 1
    assert 4 <= moments < _MOST


def test_a_plan_that_dies_at_any_write_is_made_once_when_made_again(given: World) -> None:
    recall(given)
    with tried_out():
        plan(given)
        wanted = state(given)
    moments = 0
    for at in range(_MOST):
        with tried_out():
            died = killed(at, lambda: plan(given))
            plan(given)
            plan(given)
            assert state(given) == wanted, at
        if not died:
            break
        moments += 1
    assert 6 <= moments < _MOST


def test_what_was_planned_twice_is_sent_once(given: World) -> None:
    recall(given)
    plan(given)
    Recall.objects.update(planned_at=None)
    CORRECTING.inner({"recall": Recall.objects.get().pk}, None, clock.now())
    send_due(clock.now)
    send_due(clock.now)
    to = sorted(each.to[0] for each in mail.outbox if "Correction" in each.subject)
    assert to == [ABUSE, "admin@example.org", "noc@example.org"]
