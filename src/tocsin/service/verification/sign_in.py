"""What signing in through PeeringDB is to us; the real one speaks OAuth, the fake has dials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who has signed in: number, name and address by PeeringDB, and the AS numbers whose networks
    they may update. verified: whether PeeringDB has checked account and address."""

    number: int
    name: str
    address: str
    verified: bool
    may_update: tuple[int, ...]


class PeeringDb(Protocol):
    """PeeringDB, as far as it lets people sign in."""

    def sign_in_address(self, state: str, verifier: str, back: str) -> str:
        """Where the browser goes. It comes back to `back` with the state and a code."""
        ...

    def signed_in(self, code: str, verifier: str, back: str) -> SignedIn:
        """Who that was; RegistryUnreachable if that cannot be learnt (from that code)."""
        ...
