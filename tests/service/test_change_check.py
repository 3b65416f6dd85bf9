"""A change is held against itself and against what is on file; a difference is asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.service.subscribers.changes.answer import with_answer
from tocsin.service.subscribers.changes.check import (
    ContactOnFile,
    ListOnFile,
    OnFile,
    after,
    questions_about,
)
from tocsin.service.subscribers.changes.value import NamedContact, WantedChange
from tocsin.service.subscribers.changes.words import lines_of
from tocsin.service.subscribers.values import NetworkValue, any_network


def nets(said: str) -> tuple[NetworkValue, ...]:
    return tuple(any_network(each) for each in said.split())


ASN_LIST = ListOnFile(
    1,
    "isp",
    FilterKind.ASN,
    recipients=frozenset({"noc@example.org", "new@example.org"}),
    sent_to=frozenset({"noc@example.org"}),
)
FILE = OnFile(
    networks=frozenset(nets("AS64496 AS64497")),
    asked={any_network("AS64511"): 12},
    lists=(ASN_LIST,),
    contacts=(
        ContactOnFile("ada@example.org", "Ada Example", is_admin=True),
        ContactOnFile("max@example.org", "Max Example", is_admin=False),
        ContactOnFile("max2@example.org", "Max Example", is_admin=False),
    ),
)

NO_QUESTION = [
    WantedChange(add=nets("AS64500")),
    WantedChange(add=nets("AS64500"), total=nets("AS64496 AS64497 AS64500")),
    WantedChange(add=nets("AS64500"), total=nets("AS64500 AS64497 AS64496 AS64497")),
    WantedChange(remove=nets("AS64497"), total=nets("AS64496")),
    WantedChange(add=nets("AS64500"), remove=nets("AS64496"), total=nets("AS64497 AS64500")),
    WantedChange(total=nets("AS64496 AS64497")),
    WantedChange(add_recipients=("desk@example.org",), lists=("ISP-asn",)),
    WantedChange(add_recipients=("desk@example.org",), lists=("isp",)),
    WantedChange(remove_recipients=("new@example.org",)),
    WantedChange(add_contacts=(NamedContact("eve@example.org", "Eve Example"),)),
    WantedChange(remove_contacts=(NamedContact("max@example.org"),)),
    WantedChange(preferences={"format": "CSV", "compressed": "no", "least_severity": "high"}),
]  # fmt: skip


@pytest.mark.parametrize("change", NO_QUESTION, ids=lambda each: "; ".join(lines_of(each)))
def test_what_fits_is_not_asked_about(change: WantedChange) -> None:
    assert questions_about(change, FILE) == ()


ASKED = [
    (WantedChange(), ["nothing"], "What is to change?"),
    (WantedChange(note="hello"), ["nothing"], "What is to change?"),
    (WantedChange(unclear=("AS six",)), ["unclear"], "“AS six”"),
    (WantedChange(add=nets("AS64496")), ["there"], "AS64496, which is on file already"),
    (WantedChange(remove=nets("AS64501")), ["not there"], "AS64501, which is not on file"),
    (WantedChange(add=nets("AS64500"), remove=nets("AS64500")), ["both"], "add and to remove"),
    (WantedChange(add=nets("AS64511")), ["asked already"], "request 12"),
    (
        WantedChange(add=nets("AS64500"), total=nets("AS64496 AS64500")),
        ["total"],
        "the feed would cover: AS64496, AS64497, AS64500. You say that in total it is to cover: "
        "AS64496, AS64500. In ours, and not in your total: AS64497.",
    ),
    (
        WantedChange(add=nets("AS64500"), total=nets("AS64496 AS64497 AS64500 AS64502")),
        ["total"],
        "In your total, and not in ours: AS64502.",
    ),
    (
        WantedChange(total=nets("AS64496 AS64499")),
        ["total"],
        "The feed covers: AS64496, AS64497. You say that in total it is to cover: AS64496, "
        "AS64499. In your total, and not in ours: AS64499. In ours, and not in your total: "
        "AS64497.",
    ),
    (WantedChange(total=()), ["nothing", "total"], "In ours, and not in your total: AS64496"),
    (WantedChange(add=nets("AS64500"), lists=("other",)), ["list"], "no list “other”"),
    (WantedChange(add_recipients=("noc@example.org",)), ["there"], "is a recipient already"),
    (WantedChange(remove_recipients=("x@example.org",)), ["not there"], "on none of the lists"),
    (WantedChange(remove_recipients=("noc@example.org",)), ["last recipient"], "without anybody"),
    (WantedChange(add_contacts=(NamedContact("e@example.org"),)), ["contact"], "full name"),
    (WantedChange(add_contacts=(NamedContact("", "Eve"),)), ["contact"], "mail address"),
    (
        WantedChange(add_contacts=(NamedContact("max@example.org", "Max"),)),
        ["there"],
        "is a contact already",
    ),
    (
        WantedChange(remove_contacts=(NamedContact("", "Max Example"),)),
        ["not there"],
        "may be one of several",
    ),
    (WantedChange(remove_contacts=(NamedContact("e@example.org"),)), ["not there"], "no contact"),
    (WantedChange(remove_contacts=(NamedContact("", "ada  example"),)), ["last admin"], "Nobody"),
    (WantedChange(preferences={"format": "docx"}), ["preference"], "“docx” is no format"),
    (WantedChange(preferences={"mode": "live"}), ["preference"], "no preference “mode”"),
    (WantedChange(preferences={"redirect_to": "x@example.net"}), ["preference"], "redirect_to"),
]


@pytest.mark.parametrize(("change", "about", "words"), ASKED, ids=[each[2] for each in ASKED])
def test_a_difference_is_asked_about(change: WantedChange, about: list[str], words: str) -> None:
    questions = questions_about(change, FILE)
    assert [each.about for each in questions] == about
    assert words in " ".join(each.text for each in questions)


def test_new_networks_for_one_of_several_lists_are_asked_about_unless_it_is_named() -> None:
    lists = tuple(ListOnFile(n, f"l{n}", FilterKind.ASN, all_networks=False) for n in (1, 2))
    file = OnFile(lists=lists)
    change = WantedChange(add=nets("AS64500"))
    assert [each.about for each in questions_about(change, file)] == ["which list"]
    named = WantedChange(add=nets("AS64500"), lists=("l2",))
    assert questions_about(named, file) == ()
    assert questions_about(WantedChange(add=nets("192.0.2.0/24")), file) == ()


networks = st.lists(st.sampled_from(nets("AS64496 AS64497 AS64498 192.0.2.0/24 example.org")))


def naive(file: list[NetworkValue], change: WantedChange) -> bool:
    """Whether a clerk with a pencil would have to ask: strike out, write in, compare."""
    sheet = list(dict.fromkeys(file))
    for network in change.remove:
        if network not in file or network in change.add:
            return True
    for network in dict.fromkeys(change.remove):
        sheet.remove(network)
    for network in dict.fromkeys(change.add):
        if network in file:
            return True
        sheet.append(network)
    if change.total is not None:
        return sorted(sheet) != sorted(dict.fromkeys(change.total))
    return not change.add and not change.remove


@given(networks, networks, networks, st.none() | networks)
def test_the_check_asks_exactly_when_a_clerk_with_a_pencil_would(
    file: list[NetworkValue],
    add: list[NetworkValue],
    remove: list[NetworkValue],
    total: list[NetworkValue] | None,
) -> None:
    change = WantedChange(
        add=tuple(add), remove=tuple(remove), total=None if total is None else tuple(total)
    )
    asks = questions_about(change, OnFile(networks=frozenset(file)))
    said_nothing = total == [] and not add and not remove
    assert bool(asks) == (naive(file, change) or said_nothing)


@given(networks, networks, networks)
def test_a_total_that_is_what_comes_out_is_never_asked_about(
    file: list[NetworkValue], add: list[NetworkValue], remove: list[NetworkValue]
) -> None:
    change = WantedChange(add=tuple(add), remove=tuple(remove))
    on_file = OnFile(networks=frozenset(file))
    whole = WantedChange(add=change.add, remove=change.remove, total=tuple(after(change, on_file)))
    assert "total" not in [each.about for each in questions_about(whole, on_file)]


def test_an_answer_replaces_what_it_says_anew_and_keeps_the_rest() -> None:
    first = WantedChange(
        add=nets("AS64500"),
        remove=nets("AS64496"),
        total=nets("AS64500"),
        add_recipients=("a@example.org",),
        unclear=("what?",),
    )
    answered = with_answer(first, WantedChange(add=nets("AS64501")))
    assert answered == WantedChange(add=nets("AS64501"), add_recipients=("a@example.org",))
    assert with_answer(first, WantedChange(note="thanks")).add == first.add
