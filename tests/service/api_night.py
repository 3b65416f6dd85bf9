"""A night of two organisations, to try the API on."""

from __future__ import annotations

from typing import Any

from tests.fakes.small_home import event
from tests.service.api_client import Program
from tests.service.objecting_world import World
from tests.service.subscribed import subscribed

from tocsin.service import clock, installation
from tocsin.service.delivery.taking import notice_nights


def take(world: World) -> None:
    """Let the service take what nights there are."""
    notice_nights(clock.now())
    world.desk.work()


def device(second: int, host: str = "192.0.2.10", **cells: object) -> dict[str, object]:
    """A row of the report of devices."""
    return {
        "report_type": "device_id",
        "timestamp": event(second)["timestamp"],
        "protocol": "tcp",
        "ip": host,
        "port": 443,
        "device_vendor": "Example",
        "device_type": "router",
        **cells,
    }


def night_of_two(world: World) -> World:
    """A night of `alpha` and `beta`, taken; alpha's list has nobody to mail to."""
    installation.home().service.mkdir(exist_ok=True)
    subscribed("beta", ("AS64497",), domain="example.net")
    world.small.collect_events(
        [
            event(1),
            event(2, "192.0.2.11", infection='a "b", c'),
            event(3, "198.51.100.9"),
            device(4),
            device(5, "198.51.100.7"),
        ]
    )
    world.night()
    take(world)
    return world


def files(who: Program, **fields: Any) -> list[str]:
    """The names of the reports that are listed."""
    return [each["file"] for each in who.get("reports/list", **fields)]


def entry(who: Program, kind: str = "event4_sinkhole") -> dict[str, Any]:
    """The one report of a type."""
    (found,) = who.get("reports/list", type=kind)
    return dict(found)
