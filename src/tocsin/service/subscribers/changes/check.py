"""What a change says, held against itself and against what is on file: pure.

A difference is asked about, never guessed. Whatever this module finds no question about can be
carried out as it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.service.subscribers.changes.value import NamedContact, WantedChange
from tocsin.service.subscribers.lists.preference_values import preference
from tocsin.service.subscribers.values import FILTERS, NetworkValue
from tocsin.service.subscribers.wanted import Question


@dataclass(frozen=True, slots=True)
class ListOnFile:
    """A list. name: without the filter. recipients: all on it. sent_to: those that get reports."""

    number: int
    name: str
    filter: FilterKind
    all_networks: bool = True
    recipients: frozenset[str] = frozenset()
    sent_to: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.name}-{self.filter.value}"


@dataclass(frozen=True, slots=True)
class ContactOnFile:
    """A contact that has not been removed. is_admin: whether they may change the feed now."""

    address: str
    full_name: str
    is_admin: bool


@dataclass(frozen=True, slots=True)
class OnFile:
    """What is known of an organisation. asked: networks that a request is open for, by number."""

    networks: frozenset[NetworkValue] = frozenset()
    asked: Mapping[NetworkValue, int] = field(default_factory=dict)
    lists: tuple[ListOnFile, ...] = ()
    contacts: tuple[ContactOnFile, ...] = ()


def questions_about(change: WantedChange, on_file: OnFile) -> tuple[Question, ...]:
    """All that has to be asked before the change can be carried out, in one go."""
    return (
        *_nothing(change),
        *_unclear(change),
        *_networks(change, on_file),
        *_total(change, on_file),
        *_lists(change, on_file),
        *_recipients(change, on_file),
        *_contacts(change, on_file),
        *_preferences(change, on_file),
    )


def after(change: WantedChange, on_file: OnFile) -> frozenset[NetworkValue]:
    """The networks that there will be."""
    return (on_file.networks | set(change.add)) - set(change.remove)


def chosen_lists(change: WantedChange, on_file: OnFile) -> tuple[ListOnFile, ...]:
    """The lists that the change names, by name with or without filter; all if it names none."""
    if not change.lists:
        return on_file.lists
    said = {each.casefold() for each in change.lists}
    return tuple(each for each in on_file.lists if said & {each.name, str(each)})


def contacts_meant(said: NamedContact, on_file: OnFile) -> tuple[ContactOnFile, ...]:
    """The contacts on file that somebody may mean: by address, or by name where there is none."""
    if said.address:
        return tuple(each for each in on_file.contacts if each.address == said.address)
    name = " ".join(said.full_name.split()).casefold()
    return tuple(each for each in on_file.contacts if each.full_name.casefold() == name)


def written(networks: Collection[NetworkValue]) -> str:
    """Networks in a sentence, AS numbers in the order of numbers."""
    return ", ".join(str(each) for each in sorted(networks, key=_order)) or "none"


def _order(network: NetworkValue) -> tuple[str, str, int, str]:
    number = int(network.value) if network.value.isdecimal() else 0
    return network.kind.value, network.ends()[0], number, network.value


def _nothing(change: WantedChange) -> Iterator[Question]:
    said = (
        change.add, change.remove, change.total, change.add_recipients, change.remove_recipients,
        change.add_contacts, change.remove_contacts, change.preferences, change.unclear,
    )  # fmt: skip
    if not any(said):
        yield Question("nothing", "We did not find a change in what you wrote. What is to change?")


def _unclear(change: WantedChange) -> Iterator[Question]:
    for words in change.unclear:
        text = f"We did not understand “{words}”. Please write it once more."
        yield Question("unclear", text)


def _networks(change: WantedChange, on_file: OnFile) -> Iterator[Question]:
    add, remove = set(change.add), set(change.remove)
    if both := add & remove:
        text = f"You ask both to add and to remove {written(both)}. Which of the two is right?"
        yield Question("both", text)
    if there := (add & on_file.networks) - both:
        text = f"You ask to add {written(there)}, which is on file already. Is another one meant?"
        yield Question("there", text)
    if unknown := remove - on_file.networks - both:
        text = f"You ask to remove {written(unknown)}, which is not on file. Which one is meant?"
        yield Question("not there", text)
    for network in sorted((add - there - both) & set(on_file.asked), key=_order):
        text = (
            f"{network} has been asked for already, in request {on_file.asked[network]}, which is "
            "still open. If nothing else is meant, you need not do anything."
        )
        yield Question("asked already", text)


def _total(change: WantedChange, on_file: OnFile) -> Iterator[Question]:
    if change.total is None:
        return
    said, expected = set(change.total), after(change, on_file)
    if said == expected:
        return
    if change.add or change.remove:
        what = f"With what you ask for, the feed would cover: {written(expected)}."
    else:
        what = f"The feed covers: {written(expected)}."
    differences = []
    if missing := said - expected:
        differences.append(f"In your total, and not in ours: {written(missing)}.")
    if extra := expected - said:
        differences.append(f"In ours, and not in your total: {written(extra)}.")
    text = (
        f"{what} You say that in total it is to cover: {written(said)}. "
        f"{' '.join(differences)} Which networks are to be added, and which removed?"
    )
    yield Question("total", text)


def _lists(change: WantedChange, on_file: OnFile) -> Iterator[Question]:
    known = {name for each in on_file.lists for name in (each.name, str(each))}
    names = ", ".join(str(each) for each in on_file.lists) or "none yet"
    for name in change.lists:
        if name.casefold() not in known:
            text = f"You have no list “{name}”. Your lists are: {names}. Which one is meant?"
            yield Question("list", text)
    for kind in sorted({FILTERS[each.kind] for each in change.add}):
        theirs = [each for each in on_file.lists if each.filter == kind]
        named = [each for each in theirs if change.lists and each in chosen_lists(change, on_file)]
        if len(theirs) > 1 and not any(each.all_networks for each in theirs) and not named:
            among = ", ".join(str(each) for each in theirs)
            yield Question("which list", f"Which of these lists are the new networks for: {among}?")


def _recipients(change: WantedChange, on_file: OnFile) -> Iterator[Question]:
    lists = chosen_lists(change, on_file)
    add, remove = set(change.add_recipients), set(change.remove_recipients)
    for address in sorted(add & remove):
        yield Question("both", f"You ask both to add and to remove the recipient {address}.")
    if add and not on_file.lists:
        yield Question("list", "There is no list yet that a recipient could be added to.")
    for address in sorted(add - remove):
        if lists and all(address in each.recipients for each in lists):
            text = f"{address} is a recipient already. Is another address meant?"
            yield Question("there", text)
    for address in sorted(remove - add):
        if not any(address in each.recipients for each in lists):
            text = f"You ask to remove the recipient {address}, which is on none of the lists."
            yield Question("not there", text)
    for each in lists:
        if remove & each.sent_to and not each.sent_to - remove:
            text = (
                f"List {each} would be left without anybody to send to. If that is meant, an admin "
                "can do it in the portal; or tell us who is to get the reports instead."
            )
            yield Question("last recipient", text)


def _contacts(change: WantedChange, on_file: OnFile) -> Iterator[Question]:
    for said in change.add_contacts:
        if not said.address:
            text = f"Please tell us the mail address of the new contact {said.full_name}."
            yield Question("contact", text)
        elif contacts_meant(said, on_file):
            text = f"{said.address} is a contact already. Is another address meant?"
            yield Question("there", text)
        elif not said.full_name:
            text = f"Please tell us the full name of the new contact {said.address}."
            yield Question("contact", text)
    gone: set[str] = set()
    for said in change.remove_contacts:
        meant = contacts_meant(said, on_file)
        if len(meant) == 1:
            gone.add(meant[0].address)
            continue
        found = "is no contact on file" if not meant else "may be one of several contacts on file"
        text = f"{said.address or said.full_name} {found}. Please tell us whose address to remove."
        yield Question("not there", text)
    admins = {each.address for each in on_file.contacts if each.is_admin}
    if gone & admins and not admins - gone:
        text = "Nobody would be left who may change the feed. Please name another admin first."
        yield Question("last admin", text)


def _preferences(change: WantedChange, on_file: OnFile) -> Iterator[Question]:
    for name, said in change.preferences.items():
        try:
            preference(name, said)
        except ValueError as error:
            yield Question("preference", f"{error}.")
    if change.preferences and not on_file.lists:
        yield Question("list", "There is no list yet that has preferences.")
