"""Clients that speak to the original today, over HTTP: they find each report once, and whole."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.clients.api2 import Api2, Refused, fetch
from tests.clients.by_type import ByType
from tests.clients.report_tree import ReportTree
from tests.fakes.small_home import DAY, event
from tests.service.linked import FILE
from tests.service.objecting_world import World

from tocsin.engine.reports import find_report, read_report
from tocsin.service import clock, keyring
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.models import Outcome, Report
from tocsin.service.delivery.taking import notice_nights

pytest.importorskip("tocsin.service.api", reason="needs the API, tocsin.service.api")

DEVICE = {"report_type": "event4_honeypot_darknet"}
NEXT = DAY + dt.timedelta(days=1)


def _night(world: World, day: dt.date = DAY) -> None:
    world.night(day)
    _take(world)


def _take(world: World) -> None:
    notice_nights(clock.now())
    world.desk.work()


@pytest.fixture
def night(world: World) -> World:
    """A night with reports of two types for `alpha`."""
    # As `tocsin service setup` leaves it.
    world.small.home.service.mkdir(exist_ok=True)
    world.small.collect_events([event(1), event(2, "192.0.2.11"), event(3, **DEVICE)])
    _night(world)
    return world


def _key(world: World) -> Any:
    # `Any`, since the module is not there without the API.
    keys: Any = import_module("tocsin.service.api.keys")
    actor = Actor.person("admin@example.org")
    made, _ = keys.make_key(world.alpha.organisation, keys.WantedKey("client"), actor, clock.now())
    return made


@pytest.fixture
def api(night: World, live_server: object) -> Api2:
    keys: Any = import_module("tocsin.service.api.keys")
    made = _key(night)
    return Api2(f"{live_server}/api2/", made.key_id, keys.secret_of(made))


@pytest.fixture
def tree(api: Api2, tmp_path: Path) -> ReportTree:
    return ReportTree(tmp_path / "tree", api, api.uri.replace("/api2/", "/dl/"))


def _poll(tree: ReportTree) -> list[str]:
    found = tree.poll(clock.now().date())
    return sorted(f"{each.parent.relative_to(tree.root)} {each.name[51:]}" for each in found)


def test_a_tree_holds_each_report_once_and_whole(night: World, tree: ReportTree) -> None:
    darknet = "2026-11-22-event4_honeypot_darknet-alpha-asn.csv"
    assert _poll(tree) == [f"2026/11/22 {darknet}", f"2026/11/22 {FILE}"]
    for name in (darknet, FILE):
        (path,) = tree.root.glob(f"2026/11/22/*_{name}")
        made = find_report(night.small.home.root, name)
        assert path.read_bytes() == read_report(made.package, name)
    assert _poll(tree) == []


def test_what_comes_late_is_found_by_the_next_poll(night: World, tree: ReportTree) -> None:
    _poll(tree)
    night.desk.pass_time(dt.timedelta(days=1))
    night.small.collect_events([event(86_401)], now=clock.now())
    _night(night, NEXT)
    assert _poll(tree) == ["2026/11/23 2026-11-23-event4_sinkhole-alpha-asn.csv"]


def test_a_day_that_was_made_anew_is_fetched_anew(night: World, tree: ReportTree) -> None:
    _poll(tree)
    night.replay()
    _take(night)
    assert len(_poll(tree)) == 2
    assert _poll(tree) == []


def test_a_new_secret_of_the_service_makes_nothing_new(tree: ReportTree) -> None:
    _poll(tree)
    keyring.rotate()
    assert _poll(tree) == []


def test_what_is_held_is_found_once_it_is_let_go(tree: ReportTree) -> None:
    Report.objects.update(outcome=Outcome.HELD)
    assert _poll(tree) == []
    Report.objects.update(outcome=Outcome.NOBODY)
    assert len(_poll(tree)) == 2


def test_a_revoked_key_lists_nothing_and_its_links_are_void(
    night: World, api: Api2, tree: ReportTree
) -> None:
    (first, _) = api.reports()
    key_model: Any = import_module("tocsin.service.api.models")
    key_model.ApiKey.objects.update(revoked_at=clock.now())
    with pytest.raises(Refused, match=r"^401 "):
        _poll(tree)
    client = ByType(api, tree.downloads)
    with pytest.raises(Refused, match=r"^401 "):
        client.lists()
    with pytest.raises(Refused, match=r"^404 There is no report"):
        fetch(f"{tree.downloads}{first['id']}")


def test_a_collector_takes_the_types_that_it_names(api: Api2, tree: ReportTree) -> None:
    client = ByType(api, tree.downloads, types=["event4_sinkhole"])
    assert client.lists() == ["alpha-asn"]
    rows = list(client.collect())
    assert [(kind, row["src_ip"]) for kind, row in rows] == [
        ("event4_sinkhole", "192.0.2.10"),
        ("event4_sinkhole", "192.0.2.11"),
    ]
    assert list(client.collect()) == []
    both = ByType(api, tree.downloads, reports=["alpha-asn"])
    assert {kind for kind, _ in both.collect()} == {"event4_sinkhole", "event4_honeypot_darknet"}
