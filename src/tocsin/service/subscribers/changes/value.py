"""A change that somebody asks for, as a value: filled in by a form, or read from a mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tocsin.service.subscribers.values import NetworkKind, NetworkValue


@dataclass(frozen=True, slots=True)
class NamedContact:
    """A person who is to become, or to stop being, a contact; the name may be unknown."""

    address: str
    full_name: str = ""


@dataclass(frozen=True, slots=True)
class WantedChange:
    """What is to change; what was not said is empty.

    total: all networks that the feed is said to cover after the change, None if that was not said.
    preferences: of all lists or of `lists`, by the names of the columns of a mailing list. unclear:
    words that may mean a change and were not understood.
    """

    add: tuple[NetworkValue, ...] = ()
    remove: tuple[NetworkValue, ...] = ()
    total: tuple[NetworkValue, ...] | None = None
    add_recipients: tuple[str, ...] = ()
    remove_recipients: tuple[str, ...] = ()
    add_contacts: tuple[NamedContact, ...] = ()
    remove_contacts: tuple[NamedContact, ...] = ()
    preferences: Mapping[str, str] = field(default_factory=dict)
    lists: tuple[str, ...] = ()
    note: str = ""
    unclear: tuple[str, ...] = ()


def to_json(change: WantedChange) -> dict[str, Any]:
    """As it is stored."""
    return {
        "add": _networks(change.add),
        "remove": _networks(change.remove),
        "total": None if change.total is None else _networks(change.total),
        "add_recipients": list(change.add_recipients),
        "remove_recipients": list(change.remove_recipients),
        "add_contacts": [_contact(each) for each in change.add_contacts],
        "remove_contacts": [_contact(each) for each in change.remove_contacts],
        "preferences": dict(change.preferences),
        "lists": list(change.lists),
        "note": change.note,
        "unclear": list(change.unclear),
    }


def from_json(said: Mapping[str, Any]) -> WantedChange:
    """As `to_json` wrote it."""
    return WantedChange(
        add=_read(said["add"]),
        remove=_read(said["remove"]),
        total=None if said["total"] is None else _read(said["total"]),
        add_recipients=tuple(said["add_recipients"]),
        remove_recipients=tuple(said["remove_recipients"]),
        add_contacts=tuple(NamedContact(**each) for each in said["add_contacts"]),
        remove_contacts=tuple(NamedContact(**each) for each in said["remove_contacts"]),
        preferences=said["preferences"],
        lists=tuple(said["lists"]),
        note=said["note"],
        unclear=tuple(said["unclear"]),
    )


def _networks(networks: tuple[NetworkValue, ...]) -> list[dict[str, str]]:
    return [{"kind": each.kind.value, "value": each.value} for each in networks]


def _contact(contact: NamedContact) -> dict[str, str]:
    return {"address": contact.address, "full_name": contact.full_name}


def _read(said: list[dict[str, str]]) -> tuple[NetworkValue, ...]:
    return tuple(NetworkValue(NetworkKind(each["kind"]), each["value"]) for each in said)
