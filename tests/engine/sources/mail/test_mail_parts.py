"""What is found in a message, whatever it is packed in."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import quopri
from email.message import EmailMessage

import pytest

from tocsin.engine.sources.mail.messages import mail_lines

URL = "http://192.0.2.9/a?b=c"
HOP = "Received: from x ([192.0.2.11]) by mx1; Sun, 22 Nov 2026 05:12:01 +0000\n"
PLAIN = f"Before {URL} after\n"


def row_of(data: bytes) -> dict[str, object]:
    (line,) = [line for line in b"".join(mail_lines(io.BytesIO(data))).split(b"\n") if line]
    said: dict[str, object] = json.loads(line)
    return said


def message(kind: str, body: bytes, coding: str = "8bit") -> bytes:
    head = f"{HOP}Content-Type: {kind}\nContent-Transfer-Encoding: {coding}\n\n"
    return head.encode() + body


def enclosed() -> bytes:
    inner = EmailMessage()
    inner["To"] = "other@example.org"
    inner.set_content("nothing")
    inner.add_alternative(f'<a href="{URL}">x</a>', subtype="html")
    outer = EmailMessage()
    outer.set_content("see the attachment")
    outer.add_attachment(inner)
    return HOP.encode() + outer.as_bytes()


BODIES = {
    "plain": message("text/plain", PLAIN.encode()),
    "no type": HOP.encode() + b"\n" + PLAIN.encode(),
    "base64": message("text/plain", base64.encodebytes(PLAIN.encode()), "base64"),
    "quoted": message("text/plain", quopri.encodestring(PLAIN.encode()), "quoted-printable"),
    "quoted and cut": message(
        "text/html", b'<a href=3D"http://192.0=\n.2.9/a?b=3Dc">x</a>', "quoted-printable"
    ),
    "entities": message("text/html", b"<a href=&#104;ttp://192.0.2.9/a?b&#61;c>x</a>"),
    "words of HTML": message("text/html", f"<p>{URL}</p>".encode()),
    "UTF-16": message("text/plain; charset=utf-16", PLAIN.encode("utf-16")),
    "flowed": message(
        "text/plain; format=flowed; delsp=yes", PLAIN.replace("2.9", "2. \r\n9").encode()
    ),
    "enclosed": enclosed(),
    "no boundary": message("multipart/mixed", PLAIN.encode()),
    "a wrong coding": message("text/plain", PLAIN.encode(), "x-nonsense"),
}


@pytest.mark.parametrize("name", sorted(set(BODIES) - {"no boundary"}))
def test_a_link_is_found_however_it_is_packed(name: str) -> None:
    links = row_of(BODIES[name])["urls"]
    assert links == [{"url": URL, "scheme": "http", "address": "192.0.2.9", "port": "80"}]


def test_a_message_that_promises_parts_and_has_none_is_a_message() -> None:
    assert row_of(BODIES["no boundary"])["hops"]


def test_the_same_link_in_both_versions_of_a_text_is_one() -> None:
    both = EmailMessage()
    both.set_content(PLAIN)
    both.add_alternative(f'<a href="{URL}">www.example.com</a>', subtype="html")
    cells = {"url": URL, "scheme": "http", "address": "192.0.2.9", "port": "80"}
    links = row_of(HOP.encode() + both.as_bytes())["urls"]
    assert links == [{**cells, "pretends": "example.com"}]


def test_attachments_are_told_by_name_and_checksum() -> None:
    whole = EmailMessage()
    whole.set_content("x")
    whole.add_attachment(b"\0\1\2", maintype="application", subtype="zip", filename="r\u00e9.zip")
    assert row_of(HOP.encode() + whole.as_bytes())["attachments"] == [
        {
            "name": "r\u00e9.zip",
            "type": "application/zip",
            "bytes": 3,
            "sha256": hashlib.sha256(b"\0\1\2").hexdigest(),
        }
    ]


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        ("Offers <a@example.net>", "a@example.net"),
        ('"bank@example.com" <a@example.net>', "a@example.net"),
        ("=?utf-8?b?T2ZmZXJz?= <a@example.net>", "a@example.net"),
        ("a@example.net (Offers)", "a@example.net"),
        ("Offers", None),
        ("", None),
    ],
)
def test_the_sender_is_the_address_and_not_what_the_name_says(
    header: str, sender: str | None
) -> None:
    row = row_of(f"{HOP}From: {header}\n\nx".encode())
    assert row.get("sender") == sender


def test_a_subject_is_told_in_plain_words() -> None:
    row = row_of(f"{HOP}Subject: =?iso-8859-1?q?R=E9sum=E9?=\n =?utf-8?b?wqEh?=\n\nx".encode())
    assert row["subject"] == "R\u00e9sum\u00e9\u00a1!"
