"""What of a mail is its text, its signature, a quote or a file."""

from __future__ import annotations

from email import message_from_string, policy

from tocsin.service.mailbox.reading.html_text import html_lines
from tocsin.service.mailbox.reading.mail_text import MailText, mail_text, without_prefixes

RAW = """\
From: "Jane\u202e Doe" <Jane@Example.org>
Subject: Re: AW: Fwd: Reports [T-17]

We run AS64496.

> Which networks?

Best regards,
Jane Doe
"""


def test_a_mail_is_taken_apart() -> None:
    assert mail_text(message_from_string(RAW, policy=policy.default)) == MailText(
        sender="jane@example.org",
        sender_name="Jane Doe",
        subject="Reports [T-17]",
        body="We run AS64496.",
        signature="Best regards,\nJane Doe",
        quoted="> Which networks?",
    )


def test_only_what_stands_before_the_subject_is_taken_away() -> None:
    assert without_prefixes("Re[2]: Rv: Networks: two") == "Networks: two"


def test_html_shows_what_a_reader_sees() -> None:
    page = "<!-- no --><p>One<br>two</p><script>no</script><p hidden>no</p><a href='https://example.org/x'>there</a>"
    assert html_lines(page).split("\n")[:4] == ["One", "two", "", "there <https://example.org/x>"]
