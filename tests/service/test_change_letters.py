"""The letters about changes, whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from tests.service.desk import Desk, links_in
from tests.service.feeds import contact, feed

from tocsin.service import clock
from tocsin.service.letters.compose import TEXTS
from tocsin.service.subscribers.changes import freezing
from tocsin.service.subscribers.changes.changing import open_change
from tocsin.service.subscribers.changes.value import NamedContact, WantedChange
from tocsin.service.subscribers.models import Contact, ContactRole, RequestChannel
from tocsin.service.subscribers.requests.asking import Arrival
from tocsin.service.subscribers.values import any_network

GOLDEN = Path(__file__).parents[1] / "golden" / "letters"

_NUMBERS = re.compile(r"/l/([a-z-]+)/[0-9.]+/\w+")
_TICKET = re.compile(r"#\d+")


def shown(letter: EmailMessage) -> str:
    """A letter without the numbers of its rows, which hang on what was tested before."""
    text = f"To: {', '.join(letter.to)}\nSubject: {letter.subject}\n\n{letter.body}"
    return _TICKET.sub("#N", _NUMBERS.sub(r"/l/\1/N/PROOF", text))


@pytest.fixture
def letters(desk: Desk) -> dict[str, EmailMessage]:
    """One of each."""
    isp = feed("AS64496", "AS64497", "192.0.2.0/24")
    second = feed("AS64501", slug="second-isp", admins=("cy",), domain="example.com")
    mail = Arrival(RequestChannel.MAIL, "ada@example.org")
    found: dict[str, EmailMessage] = {}

    def last(name: str, address: str) -> None:
        found[name] = desk.letters_to(address)[-1]

    change = WantedChange(
        add=tuple(any_network(each) for each in ("AS64497", "AS64500")),
        remove=(any_network("198.51.100.0/24"),),
        total=tuple(any_network(each) for each in ("AS64496", "AS64497", "AS64500")),
        unclear=("and the other one",),
    )
    open_change(isp.people["ada"], change, mail, clock.now())
    last("change_questions", "ada@example.org")
    change = WantedChange(
        remove=(any_network("AS64497"),),
        add_recipients=("soc@example.org", "desk@example.net"),
        add_contacts=(NamedContact("eve@example.net", "Eve Example"),),
        preferences={"format": "json"},
        lists=("example-isp-asn",),
    )
    open_change(isp.people["ada"], change, mail, clock.now())
    last("change_draft", "ada@example.org")
    last("change_confirm", "ben@example.org")
    Client().post(desk.link_to("ben@example.org"), {"answer": "confirm"})
    last("change_told", "ada@example.org")
    last("contact_confirm", "eve@example.net")
    reviewer = desk.reviewer()
    Client().post(links_in(found["change_told"])[-1])
    last("change_frozen", "ada@example.org")
    last("staff_frozen", reviewer.email)
    open_change(isp.people["ada"], change, mail, clock.now())
    last("change_refused", "ada@example.org")
    freezing.unfreeze(isp.organisation, reviewer, "spoke to Ada", clock.now())
    last("change_unfrozen", "ada@example.org")
    contact(second.organisation, "ada", "ada@example.org", ContactRole.ADMIN)
    open_change(isp.people["ada"], change, mail, clock.now())
    last("change_which", "ada@example.org")
    return found


def test_the_letters_say_what_the_goldens_say(letters: dict[str, EmailMessage]) -> None:
    texts = {each.name.split(".")[0] for each in TEXTS.glob("change_*.en.txt")}
    assert texts <= set(letters)
    for name, letter in letters.items():
        golden = GOLDEN / f"{name}.txt"
        assert shown(letter) == golden.read_text("utf-8"), name


def test_no_link_of_a_letter_is_kept_in_clear(desk: Desk, letters: dict[str, EmailMessage]) -> None:
    from django.apps import apps  # noqa: PLC0415 - needs Django's apps

    proofs = {path.rsplit("/", 1)[1] for each in letters.values() for path in links_in(each)}
    assert len(proofs) == 5
    for label in ("letters", "audit", "work", "subscribers"):
        for model in apps.get_app_config(label).get_models():
            kept = repr(list(model._default_manager.values()))
            assert not [each for each in proofs if each in kept], model


def test_texts_from_outside_do_not_make_headers_or_lines_of_their_own(desk: Desk) -> None:
    isp = feed("AS64496")
    Contact.objects.filter(address="ada@example.org").update(
        full_name="Ada\r\nBcc: thief@example.net\u202e"
    )
    isp.people["ada"].refresh_from_db()
    change = WantedChange(unclear=("x\r\nBcc: thief@example.net",))
    mail = Arrival(RequestChannel.MAIL, "ada@example.org")
    open_change(isp.people["ada"], change, mail, clock.now())
    letter = desk.letters_to("ada@example.org")[-1]
    assert letter.recipients() == ["ada@example.org"]
    assert "\n" not in letter.subject
    assert "\u202e" not in letter.body
