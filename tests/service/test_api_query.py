"""`reports/query` as programs call it, and what the night brake and recalls take from it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fakes.small_home import DAY, event
from tests.service.api_client import Program, made_key, program
from tests.service.objecting_world import World

from tocsin.service import clock
from tocsin.service.delivery.models import Hold, HoldState, HoldWhy, Night, Recall, Report
from tocsin.service.delivery.taking import notice_nights

OWN = {"asn": 64496}


@pytest.fixture
def given(world: World) -> World:
    """A night of `alpha`: two rows of sensor s1, one of s2."""
    world.small.collect_events(
        [
            event(1, sensor="s1"),
            event(2, "192.0.2.11", sensor="s1"),
            event(3, "192.0.2.12", sensor="s2"),
        ]
    )
    world.small.home.service.mkdir(exist_ok=True)
    world.night()
    notice_nights(clock.now())
    world.desk.work()
    return world


@pytest.fixture
def who(given: World) -> Program:
    """A program of `alpha`."""
    return program(made_key(given.alpha.organisation))


def _rows(who: Program, **query: Any) -> list[str]:
    found = who.get("reports/query", query=query or OWN, date=str(DAY), sort="ascending")
    return [row["src_ip"] for row in found]


def test_rows_are_found_by_what_is_in_them(who: Program) -> None:
    assert _rows(who) == ["192.0.2.10", "192.0.2.11", "192.0.2.12"]
    assert _rows(who, ip="192.0.2.11") == ["192.0.2.11"]


def test_a_question_about_others_networks_is_refused_in_the_words_that_clients_know(
    who: Program,
) -> None:
    status, said = who.error("reports/query", query={"asn": 64497}, date=str(DAY))
    assert status == 400
    assert "No supported report filters found" in said


def test_what_is_recalled_is_found_no_more(who: Program) -> None:
    Recall.objects.create(
        kind="sensor", name="s1", first_day=DAY, last_day=DAY, reason="Wrong.", made_at=clock.now()
    )
    assert _rows(who) == ["192.0.2.12"]


@pytest.mark.parametrize(
    ("kind", "name", "left"),
    [
        ("address", "192.0.2.11", ["192.0.2.10", "192.0.2.12"]),
        ("source", "sensors", []),
        ("type", "event4_sinkhole", []),
    ],
)
def test_what_is_held_is_neither_found_nor_listed(
    who: Program, kind: str, name: str, left: list[str]
) -> None:
    hold = Hold.objects.create(
        night=Night.objects.get(), kind=kind, name=name, why=HoldWhy.JUMP, state=HoldState.HELD,
        rows=3, in_reports=1, made_at=clock.now(),
    )  # fmt: skip
    hold.reports.set(Report.objects.all())
    assert _rows(who) == left
    if kind == "type":
        assert who.get("reports/list", date=str(DAY)) == []
