"""Infected machines, as two sinkholes see them."""

from __future__ import annotations

from tocsin.cli.demo_world.dice import Dice
from tocsin.cli.demo_world.events.words import (
    AGENTS,
    FAMILIES,
    Cells,
    called,
    destination,
    source,
)
from tocsin.cli.demo_world.machines import Machine, homes, homes_6, sensors

_SINK_6 = Machine("2001:db8:ffff::80", "")


def sinkhole(dice: Dice) -> Cells:
    """A bot called a server that only takes notes."""
    malware = dice.favourite(FAMILIES)
    return {
        **source(dice, dice.favourite(homes(malware.family))),
        **destination(sensors()[0], malware.port),
        **called(malware),
        "protocol": "tcp",
    }


def sinkhole_http(dice: Dice) -> Cells:
    """A bot asked a sinkhole for a page that only malware asks for."""
    malware = dice.favourite(FAMILIES[2:])
    machine = dice.favourite(homes(malware.family))
    return {
        **source(dice, machine),
        **destination(sensors()[0], 80),
        **called(malware),
        "protocol": "tcp",
        "application": "http",
        "http_url": f"GET /{malware.family}/gate.php?id={dice.below(50)} HTTP/1.1",
        "http_host": malware.domain,
        "http_agent": AGENTS[len(machine.address) % len(AGENTS)],
        "machine_name": f"DESKTOP-{machine.address.rpartition('.')[2]}",
    }


def sinkhole_6(dice: Dice) -> Cells:
    """The same over IPv6."""
    malware = dice.favourite(FAMILIES[2:])
    return {
        **source(dice, dice.favourite(homes_6(malware.family))),
        **destination(_SINK_6, malware.port),
        **called(malware),
        "protocol": "tcp",
        "ssl_servername": malware.domain,
    }


def sinkhole_dns(dice: Dice) -> Cells:
    """A resolver asked for a name that only malware asks for; it is not the infected machine."""
    malware = dice.favourite(FAMILIES)
    return {
        **source(dice, dice.favourite(homes("resolvers")[:12])),
        **called(malware),
        "protocol": "udp",
        "query_type": dice.favourite(("A", "AAAA")),
        "query": malware.domain,
        "count": dice.between(1, 40),
    }


def irc_join(dice: Dice) -> Cells:
    """A bot entered a channel: kept as an observation, no report of its own."""
    malware = FAMILIES[0]
    return {
        **source(dice, dice.favourite(homes(malware.family))),
        **destination(sensors()[0], 6667),
        **called(malware),
        "protocol": "tcp",
    }
