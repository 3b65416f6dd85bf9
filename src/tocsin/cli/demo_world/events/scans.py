"""Machines that look for weak ones, as honeypots and a darknet see them."""

from __future__ import annotations

import datetime as dt
from typing import Final

from tocsin.cli.demo_world.dice import Dice, digest_of
from tocsin.cli.demo_world.events.words import Cells, destination, source
from tocsin.cli.demo_world.machines import Machine, homes, sensors

_PASSWORDS: Final = (
    ("root", "root"),
    ("admin", "admin"),
    ("root", "123456"),
    ("pi", "raspberry"),
    ("admin", ""),
    ("oracle", "oracle"),
    ("guest", 'let"me,in'),
)
_SERVICES: Final = (("ssh", 22), ("telnet", 23), ("ftp", 21))
_DARK_PORTS: Final = (
    ("tcp", 23, "telnet;worm"),
    ("tcp", 445, "smb;worm"),
    ("udp", 5060, "sip"),
    ("tcp", 3389, "rdp"),
    ("tcp", 5555, "adb"),
)


def brute_force(dice: Dice) -> Cells:
    """Somebody tried a password."""
    service, port = dice.favourite(_SERVICES)
    user, password = dice.favourite(_PASSWORDS)
    cells: Cells = {
        **source(dice, dice.favourite(homes("brute force"))),
        **destination(dice.pick(sensors()[1:5]), port),
        "protocol": "tcp",
        "infection": f"{service}-brute-force",
        "service": service,
        "start_time": dt.timedelta(),
        "end_time": dt.timedelta(seconds=dice.between(1, 40)),
        "application": service,
        "client_version": dice.favourite(("SSH-2.0-Go", "SSH-2.0-libssh2_1.4.3")),
        "username": user,
        "password": password,
    }
    if dice.chance(0.03):
        load = dice.favourite(("a", "b", "c"))
        cells["payload_url"] = f"http://drop.example.com/{load}.sh"
        cells["payload_md5"] = digest_of("payload", load)[:32]
    return cells


def darknet(dice: Dice) -> Cells:
    """A packet came to an address where nobody lives."""
    protocol, port, tag = dice.favourite(_DARK_PORTS)
    return {
        **source(dice, dice.favourite(homes(tag))),
        **destination(Machine(f"203.0.113.{dice.between(200, 223)}", ""), port),
        "protocol": protocol,
        "tag": tag,
        "count": dice.between(1, 9),
    }
