"""A day that is made more than once is mailed to each list once: by the first that reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.fakes.small_home import DAY
from tests.service.desk import Desk
from tests.service.subscribed import Subscribed, subscribed

from tocsin.service import clock
from tocsin.service.audit.record import Actor
from tocsin.service.delivery import outbox
from tocsin.service.delivery.brake.contained import Contained
from tocsin.service.delivery.brake.figures import Count, Figures
from tocsin.service.delivery.brake.holding import decide
from tocsin.service.delivery.brake.judge import Found, Why
from tocsin.service.delivery.brake.looking import Looked
from tocsin.service.delivery.brake.part import Part, PartKind
from tocsin.service.delivery.checking import check
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryState,
    Hold,
    HoldState,
    Night,
    NightList,
    NightState,
    Outcome,
    Report,
)
from tocsin.service.delivery.planning import plan
from tocsin.service.webhooks.hooks import make_hook
from tocsin.service.webhooks.models import Call, HookCall

TYPES = ("scan_http", "scan_ssh")
STAFF = Actor.person("reviewer@tocsin.example.org")


@pytest.fixture
def alpha(desk: Desk) -> Subscribed:
    """One list, one person."""
    made = subscribed()
    made.recipient("noc@example.org")
    return made


def made(each: Subscribed, revision: int, *held: str, partial: bool = False) -> Night:
    """A revision with a report of each type for its list, looked over; not planned yet."""
    later = partial or Night.objects.filter(day=DAY).exists()
    night = Night.objects.create(
        day=DAY,
        revision=revision,
        state=NightState.LATER if later else NightState.TAKEN,
        partial=partial,
        manifest="0" * 64,
        taken_at=clock.now(),
    )
    number = each.list.pk
    NightList.objects.create(night=night, list=number, organisation="alpha", networks=["asn 64496"])
    for name in TYPES:
        Report.objects.create(
            night=night, day=DAY, list=number, report_type=name, file=f"{DAY}-{name}-alpha-asn.csv",
            rows=1, bytes=1, sha256="0" * 64, pack="packs/x", offset=0,
        )  # fmt: skip
    parts = [Part(PartKind.TYPE, name) for name in held]
    found = tuple(Found(each, Why.JUMP, Count(9, 1)) for each in parts)
    looked = Looked(Figures({}, 2), found, {each: Contained() for each in parts})
    check({"night": night.pk}, looked, clock.now())
    return night


def planned(night: Night) -> None:
    """Plan what waits of it."""
    lists = list(NightList.objects.filter(night=night).values_list("list", flat=True))
    plan({"night": night.pk, "lists": lists}, clock.now())


def decided(night: Night, name: str, state: HoldState) -> None:
    """Staff decide what is held of a type."""
    hold = Hold.objects.filter(night=night, name=name, state=HoldState.HELD).first()
    if hold is not None:
        decide(hold.pk, state, "looked at it", STAFF, clock.now())


def ended(night: Night, state: DeliveryState) -> None:
    """The mail server has answered."""
    waiting = Delivery.objects.filter(key__startswith=f"{night} ", state=DeliveryState.WAITING)
    waiting.update(state=state)


def outcomes(night: Night) -> list[str]:
    rows = Report.objects.filter(night=night).order_by("report_type")
    return list(rows.values_list("outcome", flat=True))


def mailed() -> list[str]:
    """Which revisions go, or have gone, to the list."""
    rows = Delivery.objects.exclude(state__in=[DeliveryState.FAILED, DeliveryState.DROPPED])
    return sorted({each.key.split()[1] for each in rows})


def test_a_day_of_which_all_was_held_is_mailed_once_when_it_is_made_anew(alpha: Subscribed) -> None:
    first = made(alpha, 1, *TYPES)
    planned(first)
    assert mailed() == []
    second = made(alpha, 2)
    planned(second)
    assert outcomes(second) == [Outcome.PLANNED] * 2
    assert mailed() == ["r2"]
    for name in TYPES:
        decided(first, name, HoldState.RELEASED)
    planned(first)
    assert outcomes(first) == [Outcome.LATER] * 2
    third = made(alpha, 3)
    planned(third)
    assert outcomes(third) == [Outcome.LATER] * 2
    assert mailed() == ["r2"]


def test_what_was_held_in_part_goes_out_by_the_same_revision(alpha: Subscribed) -> None:
    first = made(alpha, 1, TYPES[0])
    planned(first)
    second = made(alpha, 2)
    assert outcomes(second) == [Outcome.LATER] * 2
    decided(first, TYPES[0], HoldState.RELEASED)
    planned(first)
    assert outcomes(first) == [Outcome.PLANNED] * 2
    assert mailed() == ["r1"]


def test_a_day_that_was_refused_is_mailed_anew_and_then_not_tried_again(alpha: Subscribed) -> None:
    planned(made(alpha, 1))
    ended(Night.objects.get(), DeliveryState.FAILED)
    planned(made(alpha, 2))
    assert mailed() == ["r2"]
    for each in Delivery.objects.filter(state=DeliveryState.FAILED):
        assert outbox.again(each.pk, clock.now()) is None
    ended(Night.objects.get(revision=2), DeliveryState.FAILED)
    assert outbox.again(Delivery.objects.latest("pk").pk, clock.now()) is not None


def test_a_list_that_nobody_read_is_mailed_the_next_revision(desk: Desk) -> None:
    alpha = subscribed()
    first = made(alpha, 1)
    planned(first)
    assert outcomes(first) == [Outcome.NOBODY] * 2
    alpha.recipient("noc@example.org")
    planned(made(alpha, 2))
    assert mailed() == ["r2"]


def test_a_list_without_a_report_then_is_mailed_the_one_that_it_has_now(alpha: Subscribed) -> None:
    first = made(alpha, 1)
    Report.objects.all().delete()
    planned(first)
    planned(made(alpha, 2))
    assert mailed() == ["r2"]


def test_one_that_was_not_planned_yet_gives_way_to_one_that_was(alpha: Subscribed) -> None:
    first, second = made(alpha, 1), made(alpha, 2)
    planned(second)
    planned(first)
    assert (outcomes(first), outcomes(second)) == ([Outcome.LATER] * 2, [Outcome.PLANNED] * 2)


def test_what_was_dropped_stays_dropped_when_the_day_is_made_anew(alpha: Subscribed) -> None:
    first = made(alpha, 1, TYPES[0])
    decided(first, TYPES[0], HoldState.DROPPED)
    second = made(alpha, 2)
    assert outcomes(second)[0] == Outcome.DROPPED


def test_an_unfinished_day_is_never_mailed_and_keeps_nothing_from_it(alpha: Subscribed) -> None:
    early = made(alpha, 1, TYPES[0], partial=True)
    decided(early, TYPES[0], HoldState.RELEASED)
    planned(early)
    assert outcomes(early) == [Outcome.LATER] * 2
    planned(made(alpha, 2))
    assert mailed() == ["r2"]


def test_a_web_hook_is_told_of_one_revision(desk: Desk) -> None:
    alpha = subscribed()
    make_hook(alpha.organisation, "https://example.org/hook", STAFF, clock.now())
    planned(made(alpha, 1))
    HookCall.objects.update(state=Call.SENT)
    planned(made(alpha, 2))
    assert set(HookCall.objects.values_list("report__night__revision", flat=True)) == {1}
    HookCall.objects.update(state=Call.FAILED)
    planned(made(alpha, 3))
    assert HookCall.objects.filter(report__night__revision=3).count() == len(TYPES)


# --- against an oracle ----------------------------------------------------------------------


class Oracle:
    """The rule, said simply: whoever is planned while no other goes or has gone, goes."""

    def __init__(self) -> None:
        self.reports: dict[tuple[int, str], str] = {}
        self.mails: dict[tuple[int, str], str] = {}

    def goes(self, revision: int) -> bool:
        """Whether another revision goes or has gone."""
        return any(
            state in ("waiting", "sent")
            for (other, _), state in self.mails.items()
            if other != revision
        )

    def make(self, revision: int, held: tuple[str, ...]) -> None:
        dropped = {name for (_, name), outcome in self.reports.items() if outcome == "dropped"}
        for name in TYPES:
            rest = "dropped" if name in dropped else "later" if self.goes(revision) else "waiting"
            self.reports[revision, name] = "held" if name in held else rest

    def plan(self, revision: int) -> None:
        for (other, name), outcome in list(self.reports.items()):
            if other == revision and outcome == "waiting":
                goes = self.goes(revision)
                self.reports[other, name] = "later" if goes else "planned"
                if not goes:
                    self.mails[other, name] = "waiting"

    def decide(self, revision: int, name: str, to: str) -> None:
        if self.reports.get((revision, name)) == "held":
            self.reports[revision, name] = to

    def end(self, revision: int, state: str) -> None:
        for key, before in self.mails.items():
            if key[0] == revision and before == "waiting":
                self.mails[key] = state

    def again(self, revision: int) -> None:
        for key, before in self.mails.items():
            if key[0] == revision and before == "failed" and not self.goes(revision):
                self.mails[key] = "waiting"


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside has never happened."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


STEPS = st.one_of(
    st.tuples(st.just("make"), st.sampled_from([(), TYPES[:1], TYPES])),
    st.tuples(st.just("plan"), st.integers(1, 3)),
    st.tuples(st.sampled_from(["release", "drop"]), st.integers(1, 3), st.sampled_from(TYPES)),
    st.tuples(st.sampled_from(["sent", "failed", "again"]), st.integers(1, 3)),
)


@settings(
    max_examples=cases(25),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=4, max_size=14))
def test_in_any_order_of_events_a_list_gets_what_the_oracle_says(
    alpha: Subscribed, steps: list[tuple[Any, ...]]
) -> None:
    with undone():
        oracle = Oracle()
        nights: dict[int, Night] = {}
        for verb, *what in steps:
            _do(alpha, oracle, nights, verb, what)
            said = {
                (each.night.revision, each.report_type): str(each.outcome)
                for each in Report.objects.select_related("night")
            }
            assert said == oracle.reports, (verb, what)
            assert len(mailed()) <= 1, (verb, what)
        assert sorted(Delivery.objects.values_list("state", flat=True)) == sorted(
            oracle.mails.values()
        )


def _do(
    alpha: Subscribed, oracle: Oracle, nights: dict[int, Night], verb: str, what: list[Any]
) -> None:
    if verb == "make":
        if len(nights) < 3:
            number = len(nights) + 1
            nights[number] = made(alpha, number, *what[0])
            oracle.make(number, what[0])
        return
    night = nights.get(what[0])
    if night is None:
        return
    if verb == "plan":
        planned(night)
        oracle.plan(what[0])
    elif verb == "release":
        decided(night, what[1], HoldState.RELEASED)
        oracle.decide(what[0], what[1], "waiting")
    elif verb == "drop":
        decided(night, what[1], HoldState.DROPPED)
        oracle.decide(what[0], what[1], "dropped")
    elif verb == "again":
        for each in Delivery.objects.filter(key__startswith=f"{night} "):
            outbox.again(each.pk, clock.now())
        oracle.again(what[0])
    else:
        ended(night, DeliveryState(verb))
        oracle.end(what[0], verb)
