"""A cell is as long as its source made it: no road stumbles over it."""

from __future__ import annotations

import json

from tests.fakes.small_home import event
from tests.service.linked import body_of
from tests.service.objecting_world import World
from tests.service.rest_keys import client_of

from tocsin.service import clock
from tocsin.service.delivery.taking import notice_nights

LONG = "x" * 200_000


def test_a_long_cell_is_had_as_json_as_it_is_had_as_a_file(world: World) -> None:
    hostile = {
        "report_type": "event4_sinkhole_http",
        "http_url": f"/{LONG}",
        "http_host": "example.net",
    }
    world.small.collect_events([event(1, **hostile), event(2, **{**hostile, "http_url": "/"})])
    world.night()
    notice_nights(clock.now())
    world.desk.work()
    client = client_of(world.alpha.organisation)
    (report,) = json.loads(client.get("/api/v1/reports").content)["items"]
    assert LONG.encode() in body_of(client.get(report["download"]))
    for accept in ("application/json", "application/x-ndjson"):
        answer = client.get(report["download"], headers={"Accept": accept})
        assert LONG.encode() in body_of(answer)
    rows = json.loads(
        body_of(client.get(report["download"], headers={"Accept": "application/json"}))
    )
    assert [each["http_url"] for each in rows] == [f"/{LONG}"]
