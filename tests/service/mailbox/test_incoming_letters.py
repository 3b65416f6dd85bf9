"""The letters that answer mail, whole; `TOCSIN_GOLDEN=write` writes them anew, to be reviewed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.service.desk import Desk

from tocsin.service import installation
from tocsin.service.letters.compose import TEXTS, compose
from tocsin.service.mailbox.codes import confirmations, proof_codes
from tocsin.service.subscribers.requests.asking import CONFIRM

GOLDEN = Path(__file__).parent / "letters"
CODE = {"code": [CONFIRM, "12.3"]}
TO = "request_report@tocsin.example.org"

CONTEXTS: dict[str, dict[str, object]] = {
    "request_confirm": {
        "number": 12,
        "name": "Ada Example",
        "organisation": "Example Access Networks",
        "networks": ["AS64496", "192.0.2.0/24"],
        "recipients": ["noc@example.org"],
        "confirm": {"link": [CONFIRM, "12.3"]},
        "code": CODE,
    },
    "mail_not_understood": {"number": 12, "questions": [], "code": CODE},
    "mail_not_understood-questions": {
        "number": 12,
        "questions": ["Please tell us your full name, as a person."],
        "code": CODE,
    },
    "mail_code_wrong": {"number": 12},
    "mail_not_on_file": {"wrote_to": "report_admin@tocsin.example.org"},
    "mail_which_organisation": {
        "wrote_to": "report_admin@tocsin.example.org",
        "organisations": ["example-one", "example-two"],
    },
    "mail_wrong_address": {"wrote_to": "reports@tocsin.example.org"},
    "mail_change_waits": {"number": 12, "organisation": "Example Access Networks"},
    "mail_not_possible": {
        "wrote_to": "botnets@tocsin.example.org",
        "about": "false positives",
        "why": "more than 1000 objections of one address in a day",
        "todo": "go on tomorrow, or write to our staff",
    },
    "mail_delayed": {"wrote_to": "botnets@tocsin.example.org", "about": "fixed"},
    "mail_failed": {"wrote_to": "botnets@tocsin.example.org", "about": ""},
    "mail_use_link": {"number": 12},
    "mail_too_many": {"most": 50, "sender": "ada@example.org"},
    "mail_for_staff": {
        "number": 12,
        "sender": "ada@example.org",
        "aligned": False,
        "wrote_to": TO,
        "about": "Re: [Tocsin #12] Please confirm",
        "words": "We are AS64496.\n\nAda",
    },
}


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_letter_reads_as_reviewed(name: str, desk: Desk) -> None:
    composed = compose(name.partition("-")[0], CONTEXTS[name], installation.secret())
    text = f"Subject: {composed.subject}\n{composed.body}"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("TOCSIN_GOLDEN") == "write":
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


def test_every_letter_that_answers_mail_is_reviewed() -> None:
    written = {path.name.partition(".")[0] for path in TEXTS.glob("mail_*.txt")}
    assert written == {name.partition("-")[0] for name in CONTEXTS} - {"request_confirm"}


@pytest.mark.parametrize("name", CONTEXTS)
def test_no_letter_holds_what_confirms_in_one_piece(name: str, desk: Desk) -> None:
    body = compose(name.partition("-")[0], CONTEXTS[name], installation.secret()).body
    for sent_back in (body, body.upper(), " ".join(body.split()), body.replace("\n", "")):
        assert confirmations(sent_back) == ()


def test_no_letter_but_the_codes_looks_like_a_code(desk: Desk) -> None:
    code = installation.secret().code(CONFIRM, "12.3")
    for name, context in CONTEXTS.items():
        body = compose(name.partition("-")[0], context, installation.secret()).body
        assert set(proof_codes(body)) <= {code}, name
