"""What an event is made of, and words that several areas share."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, TypeAlias

from tocsin.cli.demo_world.dice import Dice
from tocsin.cli.demo_world.machines import Machine

Cell: TypeAlias = str | int | dt.timedelta
"""A span of time stands for the moment so long after the event."""

Cells: TypeAlias = dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Malware:
    """A family, the name of its variant, how it is spoken with, and the name it calls."""

    infection: str
    family: str
    tag: str
    port: int
    domain: str


FAMILIES: Final = (
    Malware("grey-moth", "moth", "tcp;bot", 8080, "hive.example.net"),
    Malware("mirai-like", "mirai", "tcp;iot;worm", 23, "gate.example.net"),
    Malware("paper-wasp", "wasp", "tls;stealer", 443, "sting.example.com"),
    Malware("old-worm", "old-worm", "tcp;worm", 80, "rendezvous.example.org"),
    Malware("postman", "postman", "tcp;spam", 25, "sorting.example.net"),
    Malware("late-lodger", "lodger", "tls;rat", 443, "door.example.com"),
)
"""Families of malware, the commonest first; made up, but for the likeness of one."""

AGENTS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)",
    "curl/8.5.0",
    "Go-http-client/1.1",
)


def source(dice: Dice, machine: Machine) -> Cells:
    """The side that opened the connection, from a port that changes every time."""
    cells: Cells = {"src_ip": machine.address, "src_port": dice.between(1024, 65535)}
    if machine.name:
        cells["src_hostname"] = machine.name
        # The university keeps its reverse names in order: they lead back to the address.
        cells["hostname_confirmed"] = machine.name.endswith(".example.org")
    return cells


def destination(machine: Machine, port: int) -> Cells:
    """The side that was connected to."""
    return {"dst_ip": machine.address, "dst_port": port}


def called(malware: Malware) -> Cells:
    """What the malware is called."""
    return {"infection": malware.infection, "family": malware.family, "tag": malware.tag}


def hosted(machine: Machine, port: int) -> Cells:
    """The address that a row is about, where there is only one."""
    cells: Cells = {"ip": machine.address, "port": port}
    if machine.name:
        cells["hostname"] = machine.name
    return cells
