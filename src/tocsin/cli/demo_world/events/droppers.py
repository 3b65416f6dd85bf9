"""Where malware is loaded from, and which names it asks for."""

from __future__ import annotations

from tocsin.cli.demo_world.dice import Dice, digest_of
from tocsin.cli.demo_world.events.words import FAMILIES, Cells, hosted
from tocsin.cli.demo_world.machines import servers, servers_6


def malware_url(dice: Dice) -> Cells:
    """A URL that hands malware out."""
    malware = dice.favourite(FAMILIES)
    found = servers_6("droppers") if dice.chance(0.1) else servers("droppers")[:40]
    machine, sample = dice.favourite(found), dice.ranked(40)
    host = machine.name or "drop.example.com"
    return {
        **hosted(machine, 80),
        "url": f"http://{host}/{malware.family}/{sample}.bin",
        "hostname": host,
        "tag": malware.tag,
        "application": "http",
        "sha256": digest_of(malware.family, sample),
    }


def sandbox_dns(dice: Dice) -> Cells:
    """A sample that was let run asked for a name; there is no address, only the name."""
    malware = dice.favourite(FAMILIES)
    sample = dice.ranked(20)
    sha256 = digest_of(malware.family, sample)
    return {
        "md5": sha256[:32],
        "sha256": sha256,
        "request": dice.favourite((malware.domain, "shop.example.com", "files.example.org")),
        "request_type": "A",
        "response": "192.0.2.200",
        "family": malware.family,
        "tag": malware.tag,
    }
