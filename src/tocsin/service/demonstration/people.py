"""The people of the made-up world, and how one signs in as them."""

from __future__ import annotations

from typing import Final

STAFF: Final = "reviewer@tocsin.example.org"
SUBSCRIBER: Final = "noc@example-isp.example.net"

STAFF_FACTOR: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""The secret of the reviewer's second factor. It is known to everybody: this is a demonstration."""
