"""What is removed of nights that are over, what stays, and what a link says meanwhile."""

from __future__ import annotations

import datetime as dt
import shutil

import pytest
from django.test import Client
from tests.service.linked import Linked, linked
from tests.service.objecting_world import World

from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.delivery import pruning
from tocsin.service.delivery.bounces.noting import judge_address, judge_failing
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryState,
    Hold,
    Link,
    Night,
    NightList,
    Outcome,
    Report,
    Returned,
)
from tocsin.service.delivery.sending import send_due
from tocsin.service.subscribers.models import AddressHealth
from tocsin.service.works import DAILY, WORKS

NOTHING = {
    "returned message": 0, "message": 0, "link": 0, "fetch": 0, "report": 0, "hold": 0,
    "list of a night": 0, "night": 0,
}  # fmt: skip


@pytest.fixture
def given(world: World) -> Linked:
    """A report that was mailed, with its link."""
    made = linked(world)
    send_due(clock.now)
    return made


def _after(given: Linked, days: int, *, files_gone: bool = True) -> None:
    given.world.desk.pass_time(dt.timedelta(days=days))
    if files_gone:
        shutil.rmtree(given.package.path)


def _left() -> dict[str, int]:
    models = (Delivery, Link, Report, NightList, Night)
    return {each.__name__: each.objects.count() for each in models}


ALL = {"Delivery": 1, "Link": 1, "Report": 1, "NightList": 1, "Night": 1}


def test_what_is_young_stays(given: Linked) -> None:
    _after(given, 89)
    assert pruning.prune_all(clock.now()) == NOTHING
    assert _left() == ALL


def test_a_link_says_gone_for_as_long_as_links_are_kept(given: Linked) -> None:
    _after(given, 92)
    assert pruning.prune_all(clock.now()) == {**NOTHING, "message": 1, "list of a night": 1}
    assert _left() == {"Delivery": 0, "Link": 1, "Report": 1, "NightList": 0, "Night": 1}
    assert Client().get(given.place).status_code == 410
    given.world.desk.pass_time(dt.timedelta(days=310))
    assert pruning.prune_all(clock.now()) == {**NOTHING, "link": 1, "report": 1, "night": 1}
    assert set(_left().values()) == {0}
    assert Client().get(given.place).status_code == 404


def test_a_report_without_a_link_goes_with_its_file(given: Linked) -> None:
    Link.objects.all().delete()
    _after(given, 92)
    pruning.prune_all(clock.now())
    assert set(_left().values()) == {0}


def test_a_night_that_somebody_pinned_keeps_its_rows_with_its_files(given: Linked) -> None:
    _after(given, 500, files_gone=False)
    assert pruning.prune_all(clock.now()) == {**NOTHING, "message": 1}


@pytest.mark.parametrize("state", [DeliveryState.WAITING, DeliveryState.SENDING])
def test_a_message_that_is_to_be_sent_keeps_all_it_needs(given: Linked, state: str) -> None:
    Delivery.objects.update(state=state)
    _after(given, 500)
    assert pruning.prune_all(clock.now()) == NOTHING
    assert _left() == ALL


@pytest.mark.parametrize("outcome", [Outcome.WAITING, Outcome.HELD])
def test_a_report_that_is_not_decided_stays(given: Linked, outcome: str) -> None:
    Report.objects.update(outcome=outcome)
    _after(given, 500)
    assert pruning.prune_all(clock.now()) == {**NOTHING, "message": 1}
    assert _left() == {**ALL, "Delivery": 0}


@pytest.mark.parametrize(("state", "kept"), [("dropped", 0), ("released", 0), ("shadow", 1)])
def test_a_hold_goes_with_its_night_unless_it_lies_on_later_ones(
    given: Linked, state: str, kept: int
) -> None:
    Hold.objects.create(
        night=Night.objects.get(), kind="rule", name="a-rule", why="jump", state=state,
        rows=1, in_reports=1, made_at=clock.now(),
    )  # fmt: skip
    Link.objects.all().delete()
    _after(given, 500)
    pruning.prune_all(clock.now())
    assert (Hold.objects.count(), Night.objects.count()) == (kept, kept)


def _returned(key: str, cause: str, **fields: object) -> None:
    """A message that was given back, of the address of the only delivery."""
    delivery = Delivery.objects.get()
    said = {"delivery": delivery, "address": delivery.address, "sent_at": clock.now(), **fields}
    Returned.objects.create(key=key, kind="failed", cause=cause, noted_at=clock.now(), **said)


def test_what_came_back_goes_with_its_message_and_its_address_stays_as_it_is(given: Linked) -> None:
    _returned("a", "unreachable")
    address = Delivery.objects.get().address
    AddressHealth.objects.create(address=address, state="dead", since=clock.now())
    _after(given, 89)
    assert Returned.objects.count() == 1
    given.world.desk.pass_time(dt.timedelta(days=3))
    assert pruning.prune_all(clock.now())["returned message"] == 1
    assert (Returned.objects.count(), Delivery.objects.count()) == (0, 0)
    assert AddressHealth.objects.get().state == "dead"


def test_what_a_failing_address_is_judged_by_outlives_its_message(given: Linked) -> None:
    _returned("a", "unreachable")
    _returned("b", "policy", delivery=None)
    address = Delivery.objects.get().address
    judge_address(address, clock.now())
    begun = clock.now()
    _after(given, 92)
    judge_failing(clock.now())
    pruning.prune_all(clock.now())
    assert (Delivery.objects.count(), list(Returned.objects.values_list("key"))) == (0, [("a",)])
    judge_failing(clock.now())
    assert AddressHealth.objects.get().state == "soft_failing"
    # The fifth day of failures, a week and more after the first, is the end of it.
    for back in range(4):
        at = clock.now() - dt.timedelta(days=back)
        Returned.objects.create(
            key=f"c{back}", kind="failed", cause="full", address=address, sent_at=at, noted_at=at
        )
    judge_address(address, clock.now())
    assert (AddressHealth.objects.get().state, begun < clock.now()) == ("dead", True)
    given.world.desk.pass_time(dt.timedelta(days=92))
    pruning.prune_all(clock.now())
    assert not Returned.objects.exists()


def test_a_message_that_came_back_has_not_arrived_once_that_is_not_kept(given: Linked) -> None:
    _returned("a", "full", sent_at=clock.now() + dt.timedelta(days=60), address="noc@example.org")
    Delivery.objects.update(address="noc@example.org")
    judge_address("noc@example.org", clock.now())
    _after(given, 92)
    pruning.prune_all(clock.now())
    judge_failing(clock.now())
    assert AddressHealth.objects.get().state == "soft_failing"


@pytest.mark.parametrize("days", [1, 92, 402])
def test_a_dry_run_counts_exactly_what_goes_and_changes_nothing(given: Linked, days: int) -> None:
    _returned("a", "full")
    _after(given, days)
    before = _left()
    told = pruning.what_would_go(clock.now())
    assert _left() == before
    assert pruning.prune_all(clock.now()) == told
    assert pruning.what_would_go(clock.now()) == NOTHING


def test_it_is_done_every_night_some_rows_at_a_time(
    given: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 1)
    assert pruning.PRUNE in DAILY
    assert pruning.PRUNE in WORKS
    _after(given, 402)
    given.world.desk.work()
    assert set(_left().values()) == {0}
    lines = AuditLine.objects.filter(verb="nights.pruned")
    assert [sum((each.after or {}).values()) for each in lines] == [1] * 5
