"""Whether the registered holder of a network is who asks for it, or plainly somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.verification.facts import RegistryFacts
from tocsin.service.verification.names import (
    Likeness,
    domain_fits,
    is_withheld,
    likeness,
    registrable,
)
from tocsin.service.verification.ranges import range_of, size_of

MUCH_LARGER = 16
"""How many times larger than the claim an object is that its holder has customers in it."""


class Fit(Enum):
    """FITS: the holder is who asks. UNSURE: may be. OTHER: somebody else. UPSTREAM: somebody
    else, of whose much larger network a part is claimed."""

    FITS = "fits"
    UNSURE = "unsure"
    OTHER = "other"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True)
class HolderFit:
    """How the holder fits, and why, as a sentence with the facts."""

    fit: Fit
    why: str


def holder_fit(
    network: NetworkValue, facts: RegistryFacts, organisation: str, requester: str
) -> HolderFit:
    """Compare who is registered with who asks: by name, and by the domains of mail addresses.

    Somebody whose own domain is that of a contact of the object is never taken for another, only
    doubted: companies are registered under names that nobody calls them by.
    """
    holder = facts.holder
    if not holder or is_withheld(holder):
        return HolderFit(Fit.UNSURE, f"The registry names no holder of {network}.")
    told = f"The registry names “{holder}” as the holder of {network}; who asks is “{organisation}”"
    alike = likeness(holder, organisation)
    if alike is Likeness.SAME:
        return HolderFit(Fit.FITS, f"The registry names “{holder}” as the holder of {network}.")
    own = requester.rpartition("@")[2]
    if alike in (Likeness.ALIKE, Likeness.UNKNOWN):
        return HolderFit(Fit.UNSURE, f"{told}: the names may be of the same organisation.")
    if _is_contacts_domain(own, facts) or domain_fits(own, holder):
        return HolderFit(Fit.UNSURE, f"{told}, but whose mail domain {own} goes with the holder.")
    larger = times_larger(network, facts)
    if larger >= MUCH_LARGER:
        return HolderFit(
            Fit.UPSTREAM,
            f"{told}. {network} is a part of {facts.range}, which is {larger} times larger: the "
            "holder seems to be an upstream provider.",
        )
    return HolderFit(Fit.OTHER, f"{told}: the holder seems to be another organisation.")


def upstream_refusal(network: NetworkValue, facts: RegistryFacts) -> str:
    """What the person is told whose claim is refused because the holder is an upstream."""
    return (
        f"{network} is registered for “{facts.holder}” as a part of {facts.range}, and not for "
        "your organisation. If it is yours, let the holder register it for you, or let the holder "
        "ask for the reports."
    )


def times_larger(network: NetworkValue, facts: RegistryFacts) -> int:
    """How many times larger the registered object is than a claimed prefix; 1 where that cannot
    be told."""
    found = range_of(facts.range) if network.kind is NetworkKind.CIDR else None
    return max(1, size_of(found) // network.addresses) if found else 1


def covers_claim(network: NetworkValue, facts: RegistryFacts) -> bool:
    """Whether the object covers all of a claimed prefix; True where that cannot be told."""
    found = range_of(facts.range) if network.kind is NetworkKind.CIDR else None
    if found is None:
        return True
    prefix = network.prefix
    return found[0] <= prefix.first and prefix.last <= found[1]


def _is_contacts_domain(domain: str, facts: RegistryFacts) -> bool:
    own = registrable(domain)
    theirs = {registrable(each.address.rpartition("@")[2]) for each in facts.contacts}
    return bool(own) and own in theirs
