"""Who commands botnets, who is flooded on their orders, and through whom."""

from __future__ import annotations

import datetime as dt
from typing import Final

from tocsin.cli.demo_world.dice import Dice
from tocsin.cli.demo_world.events.words import (
    FAMILIES,
    Cells,
    called,
    destination,
    hosted,
    source,
)
from tocsin.cli.demo_world.machines import Machine, sensors, servers, servers_6

_ATTACKS: Final = (("udp-flood", "udp", 80), ("syn-flood", "tcp", 443), ("http-flood", "tcp", 80))
_AMPLIFIERS: Final = ((53, "dns"), (123, "ntp"), (1900, "ssdp"), (11211, "memcached"))


def controller(dice: Dice) -> Cells:
    """A server gives orders to bots."""
    malware = dice.favourite(FAMILIES)
    found = servers_6("controllers") if dice.chance(0.15) else servers("controllers")[:25]
    return {
        **hosted(dice.favourite(found), malware.port),
        **called(malware),
        "protocol": "tcp",
        "channel": f"#{malware.family}",
        "domain": malware.domain,
    }


def order(dice: Dice) -> Cells:
    """A controller (source) ordered a flood of somebody (destination): each is told."""
    attack, protocol, port = dice.favourite(_ATTACKS)
    malware = dice.favourite(FAMILIES[:2])
    return {
        **source(dice, dice.favourite(servers("controllers")[:25])),
        "src_port": malware.port,
        **destination(_flooded(dice), port),
        **called(malware),
        "protocol": protocol,
        "attack": attack,
        "duration": dice.pick((30, 60, 120, 600)),
        "http_usessl": port == 443,
    }


def amplified(dice: Dice) -> Cells:
    """Small questions under a forged address, great answers to it: the source is the victim."""
    port, service = dice.favourite(_AMPLIFIERS)
    packets, seconds = dice.between(20, 4000), dice.between(1, 900)
    return {
        **source(dice, _flooded(dice)),
        **destination(dice.pick(sensors()[1:5]), port),
        "protocol": "udp",
        "tag": service,
        "request": dice.favourite(("ANY example.org", "monlist")),
        "count": packets,
        "bytes": packets * 64,
        "end_time": dt.timedelta(seconds=seconds),
        "duration": seconds,
        "avg_pps": f"{packets / seconds:.2f}",
    }


def _flooded(dice: Dice) -> Machine:
    return dice.favourite(servers("flooded")[:60])
