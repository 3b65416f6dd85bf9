"""Automatic subjects in many languages, free mail, and people who are neither."""

from __future__ import annotations

import pytest

from tocsin.service.mailbox.automatic import automatic
from tocsin.service.mailbox.header_facts import HeaderFacts, read_header
from tocsin.service.mailbox.words import words

OURS = frozenset({"reports@tocsin.example.org"})


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Your request",
        "OUT OF OFFICE",
        "[Auto-Reply] I am away",
        "Abwesenheitsnotiz: Urlaub",
        "Re\u0301ponse automatique",
        "Fuera de la oficina",
        "Автоответ: отпуск",
        "自動返信",
        "Undelivered Mail Returned to Sender",
    ],
)
def test_subjects_of_machines_are_told(subject: str) -> None:
    assert words().is_automatic_subject(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Reports for AS64496",
        "Re: [Tocsin #12] Please confirm",
        "Our office has moved",
        "",
        "Assets",
    ],
)
def test_subjects_of_people_are_not(subject: str) -> None:
    assert not words().is_automatic_subject(subject)


def test_free_mail_is_told_by_the_whole_domain() -> None:
    assert words().is_free_mail("ada@gmail.com")
    for address in ("ada@example.org", "ada@gmail.com.example.org", "gmail.com@example.org"):
        assert not words().is_free_mail(address)


@pytest.mark.parametrize("address", ["nora.reply@example.org", "postmasters@example.org"])
def test_people_with_odd_addresses_are_people(address: str) -> None:
    assert automatic(HeaderFacts((address,)), "x@example.org", OURS, "tocsin.example.org") is None


def test_our_own_identifier_is_a_loop() -> None:
    header = read_header(b"From: a@example.org\nMessage-ID: <tocsin.0@tocsin.example.org>\n\n")
    found = automatic(header, None, OURS, "tocsin.example.org")
    assert found is not None
    assert found.reason == "loop"
