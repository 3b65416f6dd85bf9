"""Findings in bulk: what a request costs hangs neither on hostile lines nor on how many rows."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.fakes.small_home import event
from tests.service.objecting_world import World
from tests.service.rest_keys import client_of

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.findings import own
from tocsin.service.findings.labels import read_labels
from tocsin.service.findings.models import FindingMark
from tocsin.service.findings.wanted import MOST, read_csv, read_json

LINES = 200_000
ID = "0" * 32


@pytest.fixture
def night(world: World) -> World:
    """Several findings of `alpha`."""
    events = [event(number, f"192.0.2.{number}") for number in range(1, 5)]
    world.small.collect_events(events)
    world.night()
    notice_nights(clock.now())
    world.desk.work()
    return world


@pytest.mark.parametrize(
    "read",
    [
        lambda: read_csv(b"id\n" + b"a\n" * LINES, ()),
        lambda: read_labels("prefix,label\n" + "a\n" * LINES),
    ],
)
def test_of_too_many_lines_no_more_are_held_than_may_be(read: Callable[[], object]) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match="more than"):
            read()
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
    finally:
        tracemalloc.stop()


def test_empty_lines_count_for_nothing() -> None:
    blank = "\n" * (MOST + 1)
    assert len(read_csv(f"id\n{blank}{ID}\n{blank}".encode(), ())) == 1
    assert read_labels("prefix,label\n" + "\n" * LINES) == {}


def test_a_row_that_names_no_fields_is_one_mistake_however_many_they_are() -> None:
    many = {f"k{number}": 1 for number in range(20_000)}
    with pytest.raises(UsageError) as error:
        read_json(json.dumps({"marks": [{"id": ID, **many}]}).encode())
    (problem,) = error.value.problems
    assert problem.what == "there is no field 'k0', nor 19999 more that are named"


def test_marks_take_as_many_queries_for_many_findings_as_for_one(night: World) -> None:
    client = client_of(night.alpha.organisation)
    items = json.loads(client.get("/api/v1/findings").content)["items"]
    ids = [each["id"] for each in items]

    def said(ids: list[str], ticket: str) -> int:
        marks = [{"id": each, "ticket": ticket} for each in ids]
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(
                "/api/v1/findings/marks", json.dumps({"marks": marks}), "application/json"
            )
        assert json.loads(answer.content) == {"changed": len(ids), "unchanged": 0}
        return len(queries)

    assert said(ids[:1], "NOC-1") == said(ids[1:], "NOC-1")
    assert said(ids[:1], "NOC-2") == said(ids[1:], "NOC-2")
    tickets = FindingMark.objects.values_list("ticket", flat=True)
    assert [*tickets] == ["NOC-2"] * len(ids)


def test_reports_are_asked_for_all_at_once(night: World) -> None:
    client = client_of(night.alpha.organisation)
    own._of_whole.cache_clear()
    with CaptureQueriesContext(connection) as queries:
        assert json.loads(client.get("/api/v1/findings").content)["items"]
    assert not [each for each in queries if 'WHERE "delivery_report"."id" = ' in each["sql"]]
