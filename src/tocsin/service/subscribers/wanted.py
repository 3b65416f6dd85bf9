"""What somebody asks for, as a value: what a form was filled with, or what a mail was read as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tocsin.service.subscribers.values import NetworkKind, NetworkValue


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request for reports. Texts are harmless, addresses canonical; what was not said is empty.

    contacts: addresses that can confirm that the networks are the organisation's.
    unclear: words of the person that may mean a network, an address or a number, and were not
    understood. both: prefixes are wanted for themselves, although AS numbers cover them.
    """

    full_name: str = ""
    organisation: str = ""
    networks: tuple[NetworkValue, ...] = ()
    recipients: tuple[str, ...] = ()
    phone: str = ""
    contacts: tuple[str, ...] = ()
    note: str = ""
    unclear: tuple[str, ...] = ()
    both: bool = False

    def with_answer(self, later: Wanted) -> Wanted:
        """What is wanted after an answer: what was said last counts, what was not said stays."""
        said = {name: getattr(later, name) for name in self.__slots__ if getattr(later, name)}
        return replace(self, **{"unclear": (), **said})


@dataclass(frozen=True, slots=True)
class Question:
    """Something that has to be asked back: a word for programs, and a sentence for the person."""

    about: str
    text: str


_REQUIRED = (
    ("full_name", "your full name, as a person"),
    ("organisation", "the name of your organisation"),
    (
        "networks",
        "your networks: AS numbers (AS64496), prefixes (192.0.2.0/24), domains (example.org); or, "
        "if you are a national CERT, your country",
    ),
    ("recipients", "the mail addresses that are to get the reports"),
    ("phone", "a phone number with the country prefix (+1 ...)"),
)


def questions_about(wanted: Wanted) -> tuple[Question, ...]:
    """All that is missing or unclear, to be asked in one letter."""
    missing = [
        Question(name, f"Please tell us {text}.")
        for name, text in _REQUIRED
        if not getattr(wanted, name)
    ]
    unclear = [
        Question("unclear", f"We did not understand “{words}”. Please write it once more.")
        for words in wanted.unclear
    ]
    return (*missing, *unclear)


def to_json(wanted: Wanted) -> dict[str, Any]:
    """As it is stored."""
    return {
        "full_name": wanted.full_name,
        "organisation": wanted.organisation,
        "networks": [{"kind": each.kind.value, "value": each.value} for each in wanted.networks],
        "recipients": list(wanted.recipients),
        "phone": wanted.phone,
        "contacts": list(wanted.contacts),
        "note": wanted.note,
        "unclear": list(wanted.unclear),
        "both": wanted.both,
    }


def from_json(said: Mapping[str, Any]) -> Wanted:
    """As `to_json` wrote it."""
    return Wanted(
        full_name=said["full_name"],
        organisation=said["organisation"],
        networks=_networks(said["networks"]),
        recipients=tuple(said["recipients"]),
        phone=said["phone"],
        contacts=tuple(said["contacts"]),
        note=said["note"],
        unclear=tuple(said["unclear"]),
        both=said.get("both", False),
    )


def _networks(said: Sequence[Mapping[str, str]]) -> tuple[NetworkValue, ...]:
    return tuple(NetworkValue(NetworkKind(each["kind"]), each["value"]) for each in said)
