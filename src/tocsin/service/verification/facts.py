"""What registries and the DNS say of a network, as a value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RegistryContact:
    """Somebody whom a registry names for a network. role: abuse, technical, administrative,
    registrant."""

    role: str
    address: str
    name: str = ""
    handle: str = ""


@dataclass(frozen=True, slots=True)
class RegistryFacts:
    """What a registry says of a network.

    registry: arin, ripencc, apnic, lacnic, afrinic, or a domain's. handle: of the object. name:
    what it is called. holder, holder_id: who holds it. range: what the object covers, as text.
    country: two capitals. made, changed: days. remarks: texts of the object. asked: the address
    that was asked. file_id: who holds it by the registry's file of delegations, where all of the
    object is one holder's. named: whom the registry's bulk file, if it was imported, names for the
    nearest network, each as address and organisation. origins: the AS numbers that announce it, as
    the atlas has them. announced: how many addresses an AS number announces, a /48 of IPv6 counting
    as one; None if there was no atlas that could tell, or it is no AS number.
    """

    registry: str = ""
    handle: str = ""
    name: str = ""
    holder: str = ""
    holder_id: str = ""
    range: str = ""
    country: str = ""
    made: str = ""
    changed: str = ""
    contacts: tuple[RegistryContact, ...] = ()
    remarks: tuple[str, ...] = ()
    asked: str = ""
    looked_up_at: str = ""
    file_id: str = ""
    named: tuple[str, ...] = ()
    origins: tuple[int, ...] = ()
    announced: int | None = None

    def contacts_for_proof(self) -> tuple[RegistryContact, ...]:
        """Those whom a code may be mailed to, each address once, the most particular role first."""
        order = {"technical": 0, "administrative": 1, "registrant": 2, "abuse": 3}
        ranked = sorted(
            (each for each in self.contacts if each.address and each.role in order),
            key=lambda each: order[each.role],
        )
        seen: dict[str, RegistryContact] = {}
        for each in ranked:
            seen.setdefault(each.address, each)
        return tuple(seen.values())


def facts_to_json(facts: RegistryFacts) -> dict[str, Any]:
    """As they are stored."""
    return asdict(facts)


def facts_from_json(said: Mapping[str, Any]) -> RegistryFacts:
    """As `facts_to_json` wrote them; nothing is known where nothing is stored."""
    if not said:
        return RegistryFacts()
    fields = {**said, "remarks": tuple(said.get("remarks", ()))}
    fields["origins"] = tuple(said.get("origins", ()))
    fields["named"] = tuple(said.get("named", ()))
    fields["contacts"] = tuple(RegistryContact(**each) for each in said.get("contacts", ()))
    return RegistryFacts(**fields)


def day_of(moment: dt.datetime | None) -> str:
    """A day as text, empty if there is none."""
    return moment.date().isoformat() if moment else ""
