"""Spam: who relayed it, what it sends people to, and what a blocklist says."""

from __future__ import annotations

from typing import Final

from tocsin.cli.demo_world.dice import Dice
from tocsin.cli.demo_world.events.words import Cells
from tocsin.cli.demo_world.machines import homes, servers

_SUBJECTS: Final = ("You have won", "Your parcel; waiting", "=HYPERLINK(offer)", "Überraschung!")
_REASONS: Final = ("spam source", "open relay", "dynamic pool")
_LISTED: Final = ("192.0.2.16/29", "198.51.100.32/28", "203.0.113.0/24", "198.51.100.128/26")


def spam(dice: Dice) -> Cells:
    """A spam trap took a mail: its last relay, and the host of the link in it."""
    relay, host = dice.favourite(homes("spam")), dice.favourite(servers("landing")[:30])
    cells: Cells = {
        "src_ip": relay.address,
        "ip": host.address,
        "port": 80,
        "url": f"http://offers.example.com/{dice.ranked(30)}",
        "hostname": "offers.example.com",
        "sender": f"winner{dice.ranked(50)}@example.net",
        "subject": dice.favourite(_SUBJECTS),
        "tag": "spam",
    }
    return cells


def blocklisted(dice: Dice) -> Cells:
    """A blocklist names an address, now and then a whole prefix."""
    machine = dice.favourite(homes("blocklist"))
    prefix = dice.chance(0.1)
    return {
        "ip": dice.favourite(_LISTED) if prefix else machine.address,
        "hostname": "" if prefix else machine.name,
        "source": dice.favourite(("Example Blocklist", "Example Relay List")),
        "reason": dice.favourite(_REASONS),
        "tag": "smtp",
    }
