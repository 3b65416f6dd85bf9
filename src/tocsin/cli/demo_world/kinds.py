"""The plan of the day: which kinds of events there are, how many, and which sensor sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tocsin.cli.demo_world import sources
from tocsin.cli.demo_world.days import any_moment, waking_moment
from tocsin.cli.demo_world.dice import Dice
from tocsin.cli.demo_world.events import ddos, drones, droppers, mail, scans, services, web
from tocsin.cli.demo_world.events.words import Cells

_LEAST = 5
"""However small the world, every kind of event happens a few times."""

SINKS: Final = ("sink-1", "sink-2")
POTS: Final = ("pot-1", "pot-2", "pot-3", "pot-4")
WATCHERS: Final = ("watch-1",)
TRAPS: Final = ("trap-1", "trap-2")
BOXES: Final = ("box-1",)
"""The sensors of the sources, in front those that see most."""

_DARK: Final = ("dark-1",)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event. `per_mille`: its part of all events. Several `report_types`: the event has
    several addressees. `late`: how many of a hundred events are of `days_back` days before."""

    report_types: tuple[str, ...]
    per_mille: float
    source: str
    sensors: tuple[str, ...]
    draw: Callable[[Dice], Cells]
    when: Callable[[Dice], dt.datetime] = any_moment
    observation: str = ""
    late: int = 0
    days_back: int = 1

    @property
    def name(self) -> str:
        """By which its dice are seeded, and CSV files are named."""
        return self.report_types[0] if self.report_types else self.observation

    def count(self, events: int) -> int:
        """How many there are in a world of so many events."""
        return max(_LEAST, int(events * self.per_mille // 1000))

    def moment(self, dice: Dice) -> dt.datetime:
        """When one of them happens."""
        at = self.when(dice)
        if self.late and dice.chance(self.late / 100):
            at -= dt.timedelta(days=dice.between(1, self.days_back))
        return at


def _sinkhole(name: str, per_mille: int, draw: Callable[[Dice], Cells]) -> Kind:
    return Kind((name,), per_mille, sources.SINKHOLE, SINKS, draw, waking_moment)


def _reported(source: str, name: str, per_mille: int, draw: Callable[[Dice], Cells]) -> Kind:
    """An event that comes in a report file, which tells no sensor."""
    return Kind((name,), per_mille, source, ("",), draw)


KINDS: Final = (
    _sinkhole("event4_sinkhole", 190, drones.sinkhole),
    _sinkhole("event4_sinkhole_http", 130, drones.sinkhole_http),
    _sinkhole("event6_sinkhole", 40, drones.sinkhole_6),
    _sinkhole("event4_sinkhole_dns", 30, drones.sinkhole_dns),
    _sinkhole("event4_sinkhole_http_referer", 15, web.referer),
    _sinkhole("click_fraud", 40, web.click_fraud),
    Kind(("event4_honeypot_brute_force",), 230, sources.HONEYPOTS, POTS, scans.brute_force),
    Kind(("event4_honeypot_darknet",), 110, sources.HONEYPOTS, _DARK, scans.darknet),
    Kind(("event4_honeypot_ddos_amp",), 20, sources.HONEYPOTS, POTS, ddos.amplified),
    Kind(("botnet_cc",), 8, sources.MONITOR, WATCHERS, ddos.controller, late=50, days_back=6),
    Kind(
        ("event4_honeypot_ddos", "event4_honeypot_ddos_target"),
        12,
        sources.MONITOR,
        WATCHERS,
        ddos.order,
    ),
    Kind((), 5, sources.MONITOR, WATCHERS, drones.irc_join, observation="irc_join"),
    Kind(("spam_url",), 60, sources.SPAM_TRAP, TRAPS, mail.spam),
    Kind(("malware_url",), 20, sources.SANDBOX, BOXES, droppers.malware_url, late=5),
    Kind(("sandbox_dns",), 8, sources.SANDBOX, BOXES, droppers.sandbox_dns),
    _reported(sources.PARTNER, "scan_telnet", 30, services.telnet),
    _reported(sources.PARTNER, "scan_http_proxy", 15, services.open_proxy),
    _reported(sources.PARTNER, "blocklist", 12, mail.blocklisted),
    _reported(sources.PARTNER, "special", 3, services.special),
    _reported(sources.PARTNER, services.TOASTER_TYPE, 3, services.toaster),
    _reported(sources.CIRCLE, "compromised_website", 9, web.compromised_website),
    _reported(sources.CIRCLE, "compromised_account", 10, web.compromised_account),
)
"""The kinds that are drawn by hand; together a thousand per mille."""
