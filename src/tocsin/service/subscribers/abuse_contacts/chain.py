"""Whom to tell: the contacts of what was asked in order, and what is tried if there are none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.service.subscribers.abuse_contacts.values import ORIGIN_RANK, Asked, ContactValue
from tocsin.service.subscribers.values import NetworkValue


def contacts_for(asked: Asked, held: Iterable[ContactValue]) -> tuple[ContactValue, ...]:
    """The contacts that count for it, the first to be told first.

    The most specific network goes first: a domain by its labels, a prefix by its length, then AS
    numbers, then the country. At one network manual contacts go before automatic ones, these by
    their origin. An address that is off, for whichever network, is told of none.
    """
    listed = list(held)
    off = {each.address for each in listed if each.is_off}
    ranks: dict[NetworkValue, int] = {}
    for rank, network in enumerate(asked.networks()):
        ranks.setdefault(network, rank)
    counted = [each for each in listed if each.network in ranks and each.address not in off]
    return tuple(
        sorted(
            counted,
            key=lambda each: (ranks[each.network], ORIGIN_RANK[each.origin], each.address),
        )
    )


class StepKind(StrEnum):
    """Who a step of the chain asks."""

    OWNER = "owner"
    CONTACT = "contact"
    NATIONAL_CERT = "national_cert"


@dataclass(frozen=True, slots=True)
class Holder:
    """A subscriber whose network covers what was asked: its name, that network, its recipients."""

    name: str
    network: NetworkValue
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the chain. why: in words. is_taken: it is the one that counts."""

    kind: StepKind
    who: str
    addresses: tuple[str, ...]
    why: str
    is_taken: bool


def chain_for(
    asked: Asked,
    owners: Sequence[Holder],
    held: Iterable[ContactValue],
    certs: Sequence[Holder],
) -> tuple[Step, ...]:
    """Owner, then abuse contact, then national CERT; the first that anybody can be told by counts.

    The steps behind it are shown as well, so that one sees who would be next.
    """
    steps = [*map(_owner, owners), *_contacts(contacts_for(asked, held)), *map(_cert, certs)]
    taken = next((index for index, each in enumerate(steps) if each.addresses), None)
    if taken is None:
        return tuple(steps)
    kind = steps[taken].kind
    # Everybody who holds it is told; of contacts, only those of the first network and origin.
    last = taken if kind is StepKind.CONTACT else len(steps)
    return tuple(
        Step(
            each.kind,
            each.who,
            each.addresses,
            each.why,
            taken <= index <= last and each.kind is kind and bool(each.addresses),
        )
        for index, each in enumerate(steps)
    )


def _owner(holder: Holder) -> Step:
    told = "gets its own reports" if holder.addresses else "has no recipient, so nobody is told"
    why = f"{holder.name} subscribes to {holder.network} and {told}"
    return Step(StepKind.OWNER, holder.name, holder.addresses, why, is_taken=False)


def _cert(holder: Holder) -> Step:
    why = f"{holder.name} answers for the country {holder.network}"
    if not holder.addresses:
        why += ", and has no recipient"
    return Step(StepKind.NATIONAL_CERT, holder.name, holder.addresses, why, is_taken=False)


def _contacts(contacts: Sequence[ContactValue]) -> list[Step]:
    grouped: dict[tuple[NetworkValue, object], list[ContactValue]] = {}
    for each in contacts:
        grouped.setdefault((each.network, each.origin), []).append(each)
    return [
        Step(
            StepKind.CONTACT,
            group[0].organisation_name,
            tuple(dict.fromkeys(each.address for each in group)),
            f"contact of {group[0].network}: {group[0].origin.label}",
            is_taken=False,
        )
        for group in grouped.values()
    ]
