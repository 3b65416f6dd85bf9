"""A change in words: for letters and pages. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.service.subscribers.changes.check import written
from tocsin.service.subscribers.changes.value import NamedContact, WantedChange


def lines_of(change: WantedChange) -> list[str]:
    """What is asked for, a line each."""
    return list(_lines(change))


def _lines(change: WantedChange) -> Iterator[str]:
    if change.add:
        yield f"add the networks {written(change.add)}"
    if change.remove:
        yield f"remove the networks {written(change.remove)}"
    if change.total is not None:
        yield f"in total the feed is to cover {written(change.total)}"
    for address in change.add_recipients:
        yield f"add the recipient {address}"
    for address in change.remove_recipients:
        yield f"remove the recipient {address}"
    for contact in change.add_contacts:
        yield f"add the contact {_person(contact)}"
    for contact in change.remove_contacts:
        yield f"remove the contact {_person(contact)}"
    for name, value in change.preferences.items():
        yield f"set {name.replace('_', ' ')} to {value}"
    if change.lists:
        yield f"for the lists {', '.join(change.lists)}"
    for words in change.unclear:
        yield f"not understood: “{words}”"


def _person(contact: NamedContact) -> str:
    return " ".join(each for each in (contact.full_name, contact.address) if each)
