"""The page that tells people how to write to us: its examples are read as it says."""

from __future__ import annotations

import datetime as dt
import re
from email.message import EmailMessage
from pathlib import Path

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.service.mailbox.reading.mail_text import MailText, mail_text
from tocsin.service.mailbox.reading.read import read_change, read_objection, read_request
from tocsin.service.subscribers.wanted import questions_about

PAGE = Path(__file__).parents[3] / "docs" / "subscribers" / "asking-by-mail.md"
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


def examples(kind: str) -> list[MailText]:
    found = []
    for body in re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S):
        message = EmailMessage()
        message["From"] = "jane@example.org"
        message.set_content(body)
        found.append(mail_text(message))
    return found


def cells(heading: str) -> dict[str, list[str]]:
    """The codes in the last cells of a table, by its first cell."""
    rows = PAGE.read_text("utf-8").partition(heading)[2].partition("\n\n")[0]
    return {
        row.split("|")[1].strip(): re.findall(r"`([^`]+)`", row)
        for row in rows.split("\n")
        if "`" in row
    }


def test_the_requests_say_all_that_we_need_and_the_same() -> None:
    prose, form = (read_request(each) for each in examples("request"))
    assert questions_about(prose) == ()
    assert prose == form


def test_every_way_to_write_a_network_is_read() -> None:
    for ways in cells("| Network | Ways to write it |\n").values():
        for each in ways:
            before = "" if each.startswith("our") else "We are the national CERT, our network is "
            wanted = read_request(MailText("jane@example.org", "", "", f"{before}{each}"))
            assert wanted.networks, each


def test_the_change_is_read() -> None:
    (change,) = (read_change(each) for each in examples("change"))
    assert [str(each) for each in change.add] == ["AS64498"]
    assert [str(each) for each in change.total or ()] == ["AS64496", "AS64497", "AS64498"]
    assert change.unclear == ()


def test_every_preference_is_read() -> None:
    for row in cells("| Say | For |\n").values():
        for each in row:
            change = read_change(MailText("jane@example.org", "", "", f"Please send {each}."))
            assert change.preferences or change.lists, each
            assert change.lists or change.unclear == (), each


def test_the_objection_is_read() -> None:
    (objection,) = (read_objection(each, NOW) for each in examples("objection"))
    assert objection.kind is SuppressionKind.FIXED
    assert objection.subjects == ("192.0.2.7",)
    assert (objection.port, objection.report_type) == (443, "scan_ssl")
    assert objection.at == dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
    assert objection.unclear == ()
