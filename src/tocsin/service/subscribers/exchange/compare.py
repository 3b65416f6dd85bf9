"""What a file would change of an organisation: pure, from what is and what is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tocsin.engine.nightly.subscribers import OrganisationKind
from tocsin.service.subscribers.exchange.forms import (
    ORGANISATION_KIND,
    PREFERENCES,
    RECIPIENT_KIND,
    ContactForm,
    ListForm,
    NetworkForm,
    OrganisationForm,
    RecipientForm,
)
from tocsin.service.subscribers.values import FILTERS, NetworkKind, NetworkValue


class Outcome(StrEnum):
    """What becomes of one thing that a file says."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    LEFT_OUT = "left out"


class Part(StrEnum):
    """What kind of thing it is."""

    ORGANISATION = "organisation"
    CONTACT = "contact"
    NETWORK = "network"
    LIST = "list"
    RECIPIENT = "recipient"
    REMARK = "remark"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing of an organisation. why: of a conflict, or of what is left out, the reason.

    was, becomes: what differs, by field. contact, network, list, recipient: the thing itself.
    """

    outcome: Outcome
    part: Part
    name: str
    why: str = ""
    was: Mapping[str, object] | None = None
    becomes: Mapping[str, object] | None = None
    contact: ContactForm | None = None
    network: NetworkForm | None = None
    list: ListForm | None = None
    recipient: RecipientForm | None = None

    def __str__(self) -> str:
        return f"{self.part} {self.name}"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What counts beyond the organisation itself.

    proven_elsewhere: networks that another subscriber has proven otherwise than by an import.
    lists_elsewhere: names of lists, with filter, of others. implausible: networks that nobody can
    have, with the reason.
    """

    proven_elsewhere: frozenset[NetworkValue] = frozenset()
    lists_elsewhere: frozenset[tuple[str, str]] = frozenset()
    implausible: Mapping[NetworkValue, str] | None = None


_ENDED = "has ended, so it is not brought in"
_FIELDS = ("name", "country", "mail_domains", "notes")


def compare(
    current: OrganisationForm | None, said: OrganisationForm, around: Surroundings
) -> tuple[Change, ...]:
    """What the file says, thing by thing. What is on file and not in the file is left alone."""
    says_kind = ORGANISATION_KIND not in said.unsaid
    if current is not None and current.kind is not said.kind and says_kind:
        why = f"it is on file as {current.kind}, and the file says {said.kind}; nothing is changed"
        return (Change(Outcome.CONFLICT, Part.ORGANISATION, said.slug, why),)
    if current is None and said.state not in ("", "active"):
        why = f"is {said.state} in the file, so it is not brought in"
        return (Change(Outcome.LEFT_OUT, Part.ORGANISATION, said.slug, why),)
    was = current or OrganisationForm(said.slug, "")
    return (
        _organisation(current, said),
        *_contacts(was, said),
        *_networks(was, said, around),
        *_lists(was, said, around),
        *(Change(Outcome.LEFT_OUT, Part.REMARK, said.slug, why) for why in said.left_out),
    )


def _organisation(current: OrganisationForm | None, said: OrganisationForm) -> Change:
    if current is None:
        return Change(Outcome.ADDED, Part.ORGANISATION, said.slug)
    # What a file does not say is no wish to remove it.
    fields = {name for name in _FIELDS if getattr(said, name)} - said.unsaid
    return _changed(Part.ORGANISATION, said.slug, current, said, fields)


def _changed(part: Part, name: str, current: object, said: object, fields: set[str]) -> Change:
    differing = sorted(each for each in fields if getattr(current, each) != getattr(said, each))
    if not differing:
        return Change(Outcome.UNCHANGED, part, name)
    return Change(
        Outcome.CHANGED,
        part,
        name,
        was={each: getattr(current, each) for each in differing},
        becomes={each: getattr(said, each) for each in differing},
    )


def _contacts(was: OrganisationForm, said: OrganisationForm) -> Iterator[Change]:
    known = {each.address: each for each in was.contacts}
    for each in said.contacts:
        before = known.get(each.address)
        if each.has_ended:
            yield Change(Outcome.LEFT_OUT, Part.CONTACT, each.address, _ENDED)
        elif before is None:
            yield Change(Outcome.ADDED, Part.CONTACT, each.address, contact=each)
        elif before.has_ended:
            why = "was removed here; only an admin of the organisation takes it back"
            yield Change(Outcome.CONFLICT, Part.CONTACT, each.address, why)
        else:
            fields = {name for name in ("full_name", "phone", "role") if getattr(each, name)}
            yield _changed(Part.CONTACT, each.address, before, each, fields - said.unsaid)


def _networks(
    was: OrganisationForm, said: OrganisationForm, around: Surroundings
) -> Iterator[Change]:
    known = {each.network: each for each in was.networks}
    for each in said.networks:
        before, name = known.get(each.network), str(each.network)
        if each.has_ended:
            yield Change(Outcome.LEFT_OUT, Part.NETWORK, name, _ENDED)
        elif before is not None and before.has_ended:
            why = "has ended here; it has to be asked for and proven once more"
            yield Change(Outcome.CONFLICT, Part.NETWORK, name, why)
        elif before is not None:
            fields = {"label"} if each.label else set()
            yield _changed(Part.NETWORK, name, before, each, fields)
        elif each.state == "frozen":
            why = "is frozen in the file, so it is not brought in"
            yield Change(Outcome.LEFT_OUT, Part.NETWORK, name, why)
        elif why := _why_not(each.network, said, around):
            yield Change(Outcome.CONFLICT, Part.NETWORK, name, why)
        else:
            yield Change(Outcome.ADDED, Part.NETWORK, name, network=each)


def _why_not(network: NetworkValue, said: OrganisationForm, around: Surroundings) -> str:
    if network.kind is NetworkKind.COUNTRY and said.kind is not OrganisationKind.NATIONAL_CERT:
        return "only a national CERT answers for a country"
    if network in around.proven_elsewhere:
        return "somebody else has proven it; it has to be asked for and proven"
    return (around.implausible or {}).get(network, "")


def _lists(was: OrganisationForm, said: OrganisationForm, around: Surroundings) -> Iterator[Change]:
    known = {each.key: each for each in was.lists}
    on_file = {each.network for each in (*was.networks, *said.networks)}
    for each in said.lists:
        before, name = known.get(each.key), "-".join(each.key)
        strange = [
            network
            for network in each.networks
            if network not in on_file or FILTERS[network.kind] is not each.filter
        ]
        if strange:
            why = f"names {strange[0]}, which is no {each.filter} network of the organisation"
            yield Change(Outcome.CONFLICT, Part.LIST, name, why)
            continue
        if before is None and each.key in around.lists_elsewhere:
            why = "another organisation has a list of that name; give it another one"
            yield Change(Outcome.CONFLICT, Part.LIST, name, why)
            continue
        if before is None:
            yield Change(Outcome.ADDED, Part.LIST, name, list=each)
        else:
            yield _changed_list(name, before, each, said.unsaid)
        says_kind = RECIPIENT_KIND not in said.unsaid
        yield from _recipients(before, each, name, says_kind=says_kind)


def _changed_list(name: str, before: ListForm, said: ListForm, unsaid: frozenset[str]) -> Change:
    fields = (set(PREFERENCES) - unsaid) | (set() if said.all_networks else {"networks"})
    found = _changed(Part.LIST, name, before, said, fields)
    return Change(found.outcome, found.part, name, "", found.was, found.becomes, list=said)


def _recipients(
    before: ListForm | None, said: ListForm, name: str, *, says_kind: bool
) -> Iterator[Change]:
    known = {each.address: each for each in before.recipients} if before else {}
    for each in said.recipients:
        there, full = known.get(each.address), f"{each.address} of {name}"
        if each.has_ended:
            yield Change(Outcome.LEFT_OUT, Part.RECIPIENT, full, _ENDED)
        elif there is None:
            yield Change(Outcome.ADDED, Part.RECIPIENT, full, list=said, recipient=each)
        elif there.has_ended:
            why = "has left or was removed; an import puts nobody back"
            yield Change(Outcome.CONFLICT, Part.RECIPIENT, full, why)
        elif says_kind and there.kind is not each.kind:
            why = f"is on file as {there.kind.label}; whether it is one is for its admin to say"
            yield Change(Outcome.CONFLICT, Part.RECIPIENT, full, why)
        else:
            yield Change(Outcome.UNCHANGED, Part.RECIPIENT, full)
