"""What the demonstration says of its portal."""

from __future__ import annotations

from tocsin.cli.demo_portal import Portal
from tocsin.service.demonstration.people import STAFF, SUBSCRIBER


def portal_value(portal: Portal) -> dict[str, object]:
    """For programs."""
    return {
        "portal": {
            "address": portal.address,
            "processes": list(portal.processes),
            "staff": STAFF,
            "subscriber": SUBSCRIBER,
        }
    }


def portal_shown(portal: Portal) -> str:
    """For people."""
    return (
        f"\nThe portal runs at {portal.address} and goes on until `tocsin demo --stop`.\n"
        f"  Sign in as a subscriber:  {SUBSCRIBER}\n"
        f"  Sign in as a reviewer:    {STAFF}\n"
        "  All that was mailed, codes to sign in as well: "
        f"{portal.address}/demonstration/mailbox"
    )
