"""What holds for all mails: facts are read back, garbage is none, and nothing takes long."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.service.mailbox.reading.layout import laid_out
from tocsin.service.mailbox.reading.lexer import rearmed_whole, tokenise
from tocsin.service.mailbox.reading.mail_text import LONGEST_TEXT, MailText, mail_text
from tocsin.service.mailbox.reading.read import read_change, read_objection, read_request
from tocsin.service.subscribers.values import NetworkKind, NetworkValue, network_value

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
MOST_SECONDS = 10
"""For a megabyte, on a machine that does much else; what is not linear takes hours."""

asns = st.integers(64_496, 64_511).map(lambda n: NetworkValue(NetworkKind.ASN, str(n)))
prefixes = st.builds(
    lambda base, last, length: network_value(
        NetworkKind.CIDR, f"{base}.{last >> (32 - length) << (32 - length)}/{length}"
    ),
    st.sampled_from(("192.0.2", "198.51.100", "203.0.113")),
    st.integers(0, 255),
    st.integers(24, 32),
)
prefixes_6 = st.builds(
    lambda part, length: network_value(NetworkKind.CIDR, f"2001:db8:{part:x}::/{length}"),
    st.integers(1, 0xFFFF),
    st.integers(48, 64),
)
networks = st.lists(st.one_of(asns, prefixes, prefixes_6), min_size=1, max_size=8, unique=True)
addresses = st.lists(
    st.builds("{}@{}".format, st.sampled_from(("soc", "abuse", "cert", "noc")), st.sampled_from(
        ("example.org", "example.com", "example.net"))), min_size=1, max_size=4, unique=True,
)  # fmt: skip
separators = st.sampled_from((", ", "; ", " and ", "\n- ", "\n", " und ", ",", " / ", ", and "))
network_templates = st.sampled_from(
    (
        "We are responsible for {}.",
        "Our networks: {}",
        "Please cover the following networks: {}.",
        "Hello,\nour prefixes and autonomous systems are {} as of today.",
        "Netblocks: {}",
        "Unsere Netze sind {}.",
        "Nos réseaux sont {}.",
    )
)
recipient_templates = st.sampled_from(
    (
        "Please send the reports to {}.",
        "Recipients: {}",
        "The reports should go to {}.",
        "Bitte senden Sie die Berichte an {}.",
        "Veuillez envoyer les rapports à {}.",
        "Envíen los informes a {}.",
    )
)
words = st.sampled_from(
    [
        "we",
        "have",
        "a",
        "router",
        "version",
        "2.4.1",
        "on",
        "2026-11-22",
        "at",
        "09:30:15",
        "ticket",
        "64500",
        "for",
        "12,50",
        "EUR",
        "RFC",
        "5737",
        "24/7",
        "and",
        "3.11",
        "rooms",
        "1-3",
        "(2024)",
        "#4711",
        "ISO",
        "27001",
        "+12%",
        "22.11.2026",
        "10%",
        "v1.2.3.4",
        "1/2",
        "x86_64",
        "the",
        "report",
        "of",
        "our",
        "firewall",
        "says",
        "nothing",
        "!!!",
        "...",
        "???",
        ":-)",
        "--",
        "*",
        "_",
        "<>",
        "[]",
        "4711-0815",
        "9:30",
        "12h",
    ]
)


def mail(body: str) -> MailText:
    return MailText("jane@example.org", "Jane Doe", "Reports", body)


@given(
    networks,
    addresses,
    separators,
    separators,
    network_templates,
    recipient_templates,
    st.booleans(),
)
def test_facts_in_prose_are_read_back_exactly(
    said: list[NetworkValue],
    recipients: list[str],
    between: str,
    between_mails: str,
    about_networks: str,
    about_recipients: str,
    networks_first: bool,
) -> None:
    parts = [
        about_networks.format(between.join(map(str, said))),
        about_recipients.format(between_mails.join(recipients)),
    ]
    wanted = read_request(mail("\n\n".join(parts if networks_first else reversed(parts))))
    assert set(wanted.networks) == set(said)
    assert set(wanted.recipients) == set(recipients)
    assert wanted.unclear == ()


@given(st.lists(st.tuples(st.booleans(), asns), max_size=6, unique_by=lambda each: each[1]))
def test_verbs_keep_to_their_networks(said: list[tuple[bool, NetworkValue]]) -> None:
    templates = {True: "Please add {} to our feed.", False: "{} should be removed."}
    change = read_change(mail(" ".join(templates[add].format(each) for add, each in said) or "Hi"))
    assert set(change.add) == {each for add, each in said if add}
    assert set(change.remove) == {each for add, each in said if not add}


@given(st.lists(words, max_size=60))
def test_numbers_that_are_no_networks_are_not_taken_for_any(said: list[str]) -> None:
    body = " ".join(said)
    assert read_request(mail(body)).networks == ()
    change = read_change(mail(body))
    assert (change.add, change.remove, change.total) == ((), (), None)


pieces = st.one_of(st.text(max_size=30), st.sampled_from(
    ("AS", "64496", " 192.0.2.0", "/24", "/", "-", ":", "::", "2001:db8::", "@example.org", "jane",
     "\n", "\n\n", "> ", "On 1 x wrote:", "-- \n", "From: x", "Sent: y", "add ", "remove ",
     "replace ",
     " by ", "instead of ", "fixed ", "+1 202 555 0100", "Organisation: ", "Recipients:", "|", "\t",
     "2026-11-22", "09:30", " UTC", "[", "]", "(", ")", "。", "、", "as ", "to ", "\x00", "\u202e")
))  # fmt: skip


@given(st.lists(pieces, max_size=40).map("".join))
@settings(max_examples=cases(100))
def test_no_text_makes_reading_fail(body: str) -> None:
    for each in (mail(body), MailText(body, body, body, body, body, body, ((body, body),))):
        read_request(each)
        read_change(each)
        read_objection(each, NOW)


@given(st.lists(pieces, max_size=40).map("".join))
def test_tokens_stand_where_they_say_in_their_order(text: str) -> None:
    whole = rearmed_whole(text)
    end = 0
    for each in tokenise(text):
        assert end <= each.start < each.end <= len(whole)
        end = each.end


@given(st.lists(st.lists(pieces, max_size=4).map("".join), max_size=30).map("\n".join))
def test_every_line_of_a_mail_is_kept_once(text: str) -> None:
    layout = laid_out(text)
    kept = Counter([*layout.body, *layout.signature, *layout.quoted])
    assert kept == Counter(text.split("\n"))


headers = st.sampled_from(
    (b"From: a@b", b"From: =?x?q?=41", b"From: \xff <@", b"Subject: =?utf-8?b?!!!",
    b"Subject: Re: Re:",
     b"Content-Type: text/html; charset=utf-16", b"Content-Type: multipart/mixed; boundary=x",
     b"Content-Type: message/rfc822", b"Content-Type: ;;;",
     b"Content-Type: text/plain; charset=zlib",
     b"Content-Type: text/plain; charset*0*=x''%ff", b"Content-Transfer-Encoding: base64",
     b"Content-Transfer-Encoding: x-uuencode", b"Content-Disposition: attachment; filename*=''%",
     b"Content-Type: multipart/alternative; boundary=\"\"", b"MIME-Version: 9")
)  # fmt: skip
bodies = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        (b"--x", b"--x--", b"\n", b"<p>AS64496", b"<div style=", b"begin 644 x", b"=41=")
    ),
)


@given(st.lists(headers, max_size=6), st.lists(st.one_of(bodies, headers), max_size=12))
@settings(max_examples=cases(100))
def test_no_message_makes_reading_fail(head: list[bytes], body: list[bytes]) -> None:
    raw = b"\n".join(head) + b"\n\n" + b"\n".join(body)
    read_request(mail_text(message_from_bytes(raw, policy=policy.default)))


MEGABYTE = 1_000_000
HOSTILE = {
    "one word": "a",
    "digits": "1",
    "dots": ".",
    "dotted": "1.",
    "colons": ":",
    "hexadecimal": "a:",
    "at signs": "@",
    "mail addresses": "a@example.org ",
    "almost mail addresses": "a@a@",
    "AS": "AS",
    "AS numbers": "AS64496 ",
    "numbers in a list": "64496, ",
    "ASN list": "ASN 64496, ",
    "prefixes": "192.0.2.0/24 ",
    "ranges": "192.0.2.0 - ",
    "brackets": "[",
    "open brackets of an address": "[1",
    "quotes": "> ",
    "deep quotes": ">",
    "lines": "\n",
    "intro lines": "On 1 Jane\n",
    "wrote": "On 1 wrote:\n",
    "headers": "From: x\n",
    "sign-offs": "Regards\n",
    "labels": "Networks:\n",
    "label with blanks": "Networks" + " " * 50,
    "verbs": "add ",
    "halves of a phrase": "nehmen sie ",
    "phones": "+1 202 555 0100 ",
    "plus signs": "+1",
    "underscores": "a_",
    "slashes": "a/",
    "bullets": "- a\n",
    "blanks": " ",
    "tabs": "\t",
    "months": "1 may ",
    "clock": "09:30 ",
    "countries": "national CERT of the ",
    "Japanese": "ネットワーク",
    "domains": "example.org ",
    "stops": "a. ",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_megabyte_of_anything_is_read_in_time(unit: str) -> None:
    raw = b"Content-Type: text/plain; charset=utf-8\nFrom: a@example.org\n\n" + (
        (unit * (MEGABYTE // len(unit))).encode()
    )
    message = message_from_bytes(raw, policy=policy.default)
    begun = time.process_time()
    text = mail_text(message)
    read_request(text)
    read_change(text)
    read_objection(text, NOW)
    assert time.process_time() - begun < MOST_SECONDS
    assert len(text.body) + len(text.quoted) + len(text.signature) <= LONGEST_TEXT + 10


HTML = (
    "<div>",
    "<b>a",
    "<a href=x>",
    "<table><tr><td>",
    "<!--",
    "<",
    "</p>",
    "&#",
    "<p a=",
    "<![CDATA[",
    "<blockquote>",
)


@pytest.mark.parametrize("unit", HTML)
def test_a_megabyte_of_html_is_read_in_time(unit: str) -> None:
    raw = b"Content-Type: text/html\n\n" + (unit * (MEGABYTE // len(unit))).encode()
    message = message_from_bytes(raw, policy=policy.default)
    begun = time.process_time()
    mail_text(message)
    assert time.process_time() - begun < MOST_SECONDS
