"""Which addresses the service talks to: those of the public Internet, and no others.

Names that strangers give lead where strangers want. What a name stands for is therefore looked at
as a number, after it has been resolved and before anything is sent.
"""

from __future__ import annotations

import ipaddress

from tocsin.engine.intake.reserved import GLOBAL, reserved_kind
from tocsin.model.address import parse_network


def not_public(address: str, *, loopback_allowed: bool) -> str:
    """Why an address (text of IPv4 or IPv6) is not talked to; empty if it may be.

    An IPv4 address within IPv6 counts as what it is (mapped), or is refused as a whole (6to4,
    NAT64, Teredo: our own gateway would turn it into whatever it holds).
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "no address"
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or parsed
    if parsed.is_loopback:
        return "" if loopback_allowed else "loopback"
    kind = reserved_kind(parse_network(str(parsed)))
    if kind != GLOBAL:
        return kind.replace("_", " ")
    # Two tables that know of each other's gaps: ours, and that of the standard library.
    return "" if parsed.is_global and not parsed.is_multicast else "not global"
