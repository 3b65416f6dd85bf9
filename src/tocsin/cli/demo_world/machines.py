"""The machines that events are about, in groups; in each a few cause most of the trouble."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Address
from typing import Final

from tocsin.cli.demo_world.dice import Dice, digest_of


@dataclass(frozen=True, slots=True)
class Machine:
    """An address and the name it has in reverse DNS, empty if it has none."""

    address: str
    name: str


_HOMES: Final = (
    ("192.0.2.0/25", "dsl-{}.example.net"),
    ("192.0.2.128/25", "host-{}.example.org"),
    ("203.0.113.0/25", "mobile-{}.example.net"),
    ("203.0.113.128/26", "mobile-{}.example.net"),
    ("198.51.100.192/27", "desk-{}.bank.example.com"),
)
_SERVERS: Final = (
    ("198.51.100.0/25", "web-{}.example.com"),
    ("198.51.100.128/26", "shielded-{}.example.com"),
    ("198.51.100.224/28", "srv-{}.bank.example.com"),
    ("192.0.2.240/28", "srv-{}.example.org"),
)
_ROUTERS: Final = (
    ("192.0.2.0/24", "cpe-{}.example.net"),
    ("203.0.113.0/25", "cpe-{}.example.net"),
    ("203.0.113.128/26", ""),
)
_SENSORS: Final = (("203.0.113.232/29", ""),)
_HOMES_6: Final = ("2001:db8:100::", "2001:db8:110::", "2001:db8:300::")
_SERVERS_6: Final = ("2001:db8:200::", "2001:db8:110:ff00::")


def homes(trouble: str) -> tuple[Machine, ...]:
    """People's machines, the worst in this kind of trouble first."""
    return _worst_first(_HOMES, trouble)


def servers(trouble: str) -> tuple[Machine, ...]:
    """Servers, the worst in this kind of trouble first."""
    return _worst_first(_SERVERS, trouble)


def routers(trouble: str) -> tuple[Machine, ...]:
    """Boxes at the edge of homes, the worst in this kind of trouble first."""
    return _worst_first(_ROUTERS, trouble)


def sensors() -> tuple[Machine, ...]:
    """The sensors' own addresses."""
    return _worst_first(_SENSORS, "sensors")


@cache
def homes_6(trouble: str, count: int = 300) -> tuple[Machine, ...]:
    """People's machines with IPv6 addresses as they make them up for themselves."""
    dice = Dice(f"homes with IPv6, {trouble}")
    return tuple(Machine(_address_6(dice, dice.pick(_HOMES_6)), "") for _ in range(count))


@cache
def servers_6(trouble: str, count: int = 30) -> tuple[Machine, ...]:
    """Servers with IPv6 addresses, low and easy to remember."""
    dice = Dice(f"servers with IPv6, {trouble}")
    return tuple(
        Machine(str(IPv6Address(dice.pick(_SERVERS_6)) + dice.between(1, 0xFF)), "")
        for _ in range(count)
    )


def _address_6(dice: Dice, network: str) -> str:
    subnet, interface = dice.below(4096), dice.below(1 << 52)
    return str(IPv6Address(int(IPv6Address(network)) + (subnet << 64) + interface))


@cache
def _worst_first(blocks: tuple[tuple[str, str], ...], trouble: str) -> tuple[Machine, ...]:
    found = [machine for prefix, name in blocks for machine in _of(prefix, name)]
    return tuple(sorted(found, key=lambda machine: digest_of(trouble, machine.address)))


def _of(prefix: str, name: str) -> Iterable[Machine]:
    for address in IPv4Network(prefix):
        yield Machine(str(address), name.format(int(address) & 0xFF) if name else "")
