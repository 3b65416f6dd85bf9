"""Services that answer the whole Internet, as a partner's scanner sees them."""

from __future__ import annotations

from typing import Final

from tocsin.cli.demo_world.dice import Dice
from tocsin.cli.demo_world.events.words import Cells, hosted
from tocsin.cli.demo_world.machines import routers, servers

TOASTER_TYPE: Final = "scan_toaster"
"""A report type that the catalogue does not know; it becomes provisional, from its header."""

TOASTER_HEADER: Final = (
    "timestamp",
    "ip",
    "port",
    "protocol",
    "hostname",
    "tag",
    "crumb_level",
    "firmware",
)


def open_proxy(dice: Dice) -> Cells:
    """A machine passes on anybody's traffic."""
    port = dice.favourite((8080, 3128, 80))
    return {
        **hosted(dice.favourite(routers("proxies")), port),
        "protocol": "tcp",
        "tag": "http-connect-proxy",
        "hostname_source": "ptr",
        "http": "HTTP/1.1",
        "http_code": 200,
        "http_reason": "Connection established",
        "via": "1.1 proxy",
        "server": dice.favourite(("squid", "tinyproxy")),
    }


def telnet(dice: Dice) -> Cells:
    """A machine asks anybody for a password over Telnet."""
    return {
        **hosted(dice.favourite(routers("telnet")), dice.favourite((23, 2323))),
        "protocol": "tcp",
        "tag": "telnet",
        "hostname_source": "ptr",
        "banner": dice.favourite(('router "lab" login:', "camera login:", "login,please:")),
    }


def special(dice: Dice) -> Cells:
    """A warning outside the usual: a back door that a wave of break-ins left."""
    return {
        **hosted(dice.favourite(servers("special")[:40]), 443),
        "protocol": "tcp",
        "tag": "example-gateway-2026",
        "status": "likely compromised",
        "detail": "back door answers",
        "method": "scan",
        "device_vendor": "Example Gateways",
        "severity": "critical",
    }


def toaster(dice: Dice) -> Cells:
    """A kind of device that no catalogue has heard of yet."""
    return {
        **hosted(dice.favourite(routers("toasters")), 8023),
        "protocol": "tcp",
        "tag": "toaster",
        "crumb_level": dice.between(0, 9),
        "firmware": dice.favourite(("1.0", "1.1", "2.0-beta")),
    }
