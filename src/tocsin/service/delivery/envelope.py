"""The envelope of a delivery: the address to which its bounces come back names it (VERP)."""

from __future__ import annotations

import re

from tocsin.service import installation

_PURPOSE = "bounce"
_PROOF = 12
_LOCAL = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)\+(?P<delivery>\d{1,18})=(?P<proof>[0-9A-Za-z]+)")


def return_path(delivery: int) -> str:
    """The envelope sender of a delivery. Nobody can make one who has not got the message."""
    mail = installation.configuration().mail
    return f"{mail.bounces}+{delivery}={_proof(delivery)}@{mail.domain}"


def delivery_of(address: str) -> int | None:
    """The delivery that a bounce to that address is about; None if it is no such address."""
    mail = installation.configuration().mail
    local, _, domain = address.rpartition("@")
    found = _LOCAL.fullmatch(local)
    if found is None or domain.lower() != mail.domain.lower():
        return None
    if found["name"].lower() != mail.bounces.lower():
        return None
    delivery = int(found["delivery"])
    # Some servers hand addresses on in small letters.
    return delivery if found["proof"].lower() == _proof(delivery).lower() else None


def is_bounce_address(address: str) -> bool:
    """Whether mail to that address is of what comes back, with or without a delivery in it."""
    mail = installation.configuration().mail
    local, _, domain = address.lower().rpartition("@")
    return domain == mail.domain.lower() and local.partition("+")[0] == mail.bounces.lower()


def has_detail(address: str) -> bool:
    """Whether it is such an address, and says that it names a delivery."""
    return is_bounce_address(address) and "+" in address


def _proof(delivery: int) -> str:
    return installation.secret().link(_PURPOSE, str(delivery))[:_PROOF]
