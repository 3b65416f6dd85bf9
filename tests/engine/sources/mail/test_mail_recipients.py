"""A recipient is found in no text, however a sender has written it there."""

from __future__ import annotations

import base64
import hashlib
from email.message import EmailMessage

import pytest

from tocsin.engine.sources.mail.recipients import MASK, Recipients, recipients_of

TRAP = "pot-seven@traps.example.org"
WRITINGS = {
    "plain": TRAP,
    "capitals": TRAP.upper(),
    "escaped": TRAP.replace("@", "%40"),
    "twice escaped": TRAP.replace("@", "%2540"),
    "all escaped": "".join(f"%{ord(each):02x}" for each in TRAP),
    "as a bounce": TRAP.replace("@", "="),
    "its name": "pot-seven",
    "its name within": "xxpot-seven99",
    "base64": base64.b64encode(TRAP.encode()).decode(),
    "base64, escaped": base64.b64encode(TRAP.encode()).decode().replace("=", "%3D"),
    "base64 for URLs": base64.urlsafe_b64encode(f"~~{TRAP}?".encode()).decode(),
    "base64 of its name": base64.b64encode(b"pot-seven").decode().rstrip("="),
    "hexadecimal": TRAP.encode().hex(),
    "md5": hashlib.md5(TRAP.encode(), usedforsecurity=False).hexdigest(),
    "sha1": hashlib.sha1(TRAP.encode(), usedforsecurity=False).hexdigest().upper(),
    "sha256": hashlib.sha256(TRAP.encode()).hexdigest(),
}


@pytest.mark.parametrize("writing", sorted(WRITINGS))
def test_a_recipient_is_hidden(writing: str) -> None:
    said = WRITINGS[writing]
    shown = Recipients([TRAP]).hidden(f"/unsubscribe/{said}/now?x=1")
    assert said not in shown
    assert MASK in shown


def test_what_is_no_recipient_stays() -> None:
    text = "/pills/SGVsbG8gd29ybGQ=/0123456789abcdef0123456789abcdef?to=nobody"
    assert Recipients([TRAP]).hidden(text) == text


def test_of_short_names_only_whole_words_are_hidden() -> None:
    assert (
        Recipients(["info@example.org"]).hidden("/information/info/x") == f"/information/{MASK}/x"
    )
    assert Recipients(["a@example.org"]).hidden("/a/b") == "/a/b"
    assert Recipients(["a@example.org"]).hidden("/a@example.org/b") == f"/{MASK}/b"


def test_in_links_every_address_is_somebodys() -> None:
    shown = Recipients([]).hidden_all("/u?for=other%40example.com&x=1")
    assert "other" not in shown
    code = base64.b64encode(b"other@example.com").decode()
    assert code not in Recipients([]).hidden_all(f"/u?{code}")


def test_a_sender_in_the_recipients_own_name_is_hidden() -> None:
    known = Recipients([TRAP])
    assert known.sender(TRAP) == known.sender("boss@traps.example.org") == (MASK, MASK)
    assert known.sender("a@example.net") == ("a@example.net", "example.net")
    assert known.sender("bounce+pot-seven=x@example.net") == (
        "bounce+***=x@example.net",
        "example.net",
    )


def test_of_too_many_recipients_no_text_is_told() -> None:
    crowd = Recipients(f"user{number}@example.org" for number in range(500))
    assert crowd.hidden("Hello user7") == crowd.hidden_all("/x") == MASK
    assert crowd.hidden("") == ""


def test_recipients_are_found_in_headers_and_in_the_envelope() -> None:
    message = EmailMessage()
    message["To"] = '"Pot, One" <one@example.org>, two@example.org'
    message["Cc"] = '"odd name"@example.org'
    message["Bcc"] = "=?utf-8?q?five=40example.org?="
    message["Delivered-To"] = "localpot"
    message["X-Original-To"] = "three@example.org"
    message["Received"] = "from x by mx for <four@example.org>; Sun, 22 Nov 2026 05:00:00 +0000"
    found = recipients_of(message).addresses
    assert {"one@example.org", "two@example.org", "odd name@example.org", "localpot"} <= found
    assert {"five@example.org", "three@example.org", "four@example.org"} <= found
