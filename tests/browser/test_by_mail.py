"""The whole way by mail alone; a feed that is changed by a sentence; a recipient who leaves."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
import sqlite3
from dataclasses import replace
from email.message import EmailMessage, Message
from pathlib import Path

from playwright.sync_api import Browser
from tests.browser.person import Person
from tests.browser.place import Place, wait_for
from tests.browser.test_whole_way import REVIEWER, approve, code_in, night

from tocsin.service.fakes.smtp_server import fake_smtp

BOB, SOC = "bob@example.org", "soc@example.org"
ASKED = """Good morning,

I am responsible for the network security of our company. We would like to get your reports on our
autonomous system, AS64497. Please send them to bob@example.org and soc@example.org. You can reach
me by phone at +1 202 555 0102.

Best regards,
Bob Example
Organisation: Example Transit
"""
ACQUIRED = """Hello,

We recently acquired a new ASN, AS64496. Please add this to our feed, so that the total feed covers
AS64496 and AS64497.

Best regards,
Bob Example
"""


def send(
    place: Place, to: str, subject: str, body: str, answers: EmailMessage | None = None
) -> None:
    """Bob writes a mail, which the mail server hands over by the pipe."""
    mail = EmailMessage()
    mail["From"] = f"Bob Example <{BOB}>"
    mail["To"] = f"{to}@tocsin.example.org"
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{abs(hash((subject, body)))}@example.org>"
    if answers is not None:
        mail["In-Reply-To"] = mail["References"] = str(answers["Message-ID"])
    mail.set_content(body)
    place.tocsin(
        "mailbox", "receive", "--sender", BOB, "--recipient", f"{to}@tocsin.example.org",
        sent=mail.as_bytes(),
    )  # fmt: skip


def letter_about(place: Place, address: str, subject: str) -> EmailMessage:
    """The newest letter to an address about something, whole."""
    place.letter(address, subject)
    return [each for each in place.letters(address) if subject in str(each["Subject"])][-1]


def asked_by_bob(place: Place) -> str:
    """Bob's request goes by mail alone until staff have it; its number."""
    send(place, "request_report", "Reports for our network", ASKED)
    confirm = letter_about(place, BOB, "Please confirm")
    text = place.letter(BOB, "Please confirm")
    found = re.search(r"this code:\s+([A-Z0-9]{8})", text)
    assert found, text
    send(place, "request_report", f"Re: {confirm['Subject']}", f"CONFIRM {found[1]}\n", confirm)
    code = code_in(place.letter("noc@example.org", "AS64497"))
    send(place, "request_report", f"Re: {confirm['Subject']}", f"The code is {code}.\n", confirm)
    number = re.search(r"#(\d+)", str(confirm["Subject"]))
    assert number
    return number[1]


def reviewer_of(browser: Browser, place: Place) -> Person:
    """Somebody of the staff, signed in with a second factor."""
    place.tocsin("service", "staff", REVIEWER, "reviewer")
    reviewer = Person.before(browser, place)
    reviewer.sign_in(REVIEWER)
    reviewer.set_up_second_factor()
    return reviewer


def approved(reviewer: Person, number: str) -> None:
    """Wait until a request is before the staff, and approve it."""

    def in_review() -> bool:
        reviewer.open(f"/staff/requests/{number}")
        return reviewer.reads("waits for staff")

    wait_for(in_review, "a request before the staff")
    approve(reviewer, number)


def mailed(place: Place) -> dict[str, Message]:
    """What a mail server is given of the night's reports, by recipient."""
    with fake_smtp() as server:
        by_smtp = {"TOCSIN_MAIL__HOST": server.host, "TOCSIN_MAIL__PORT": str(server.port)}
        sending = replace(place, environment={**place.environment, **by_smtp})

        def both() -> dict[str, Message]:
            sending.tocsin("service", "deliver", "--once")
            taken = {each.recipient: each.message for each in server.taken}
            return taken if len(taken) > 1 else {}

        found = wait_for(both, "the reports at the mail server")
        assert set(server.times().values()) == {1}
        return found


def leaving(report: Message) -> str:
    """The link by which whoever got this report leaves, as its header has it."""
    found = re.fullmatch(r"<(http://\S+/l/leave/\S+)>", report["List-Unsubscribe"].strip())
    assert found, report["List-Unsubscribe"]
    return found[1]


def test_by_mail_alone_then_a_change_by_a_sentence_then_reports_and_leaving(
    browser: Browser, place: Place
) -> None:
    number = asked_by_bob(place)
    reviewer = reviewer_of(browser, place)
    approved(reviewer, number)
    place.letter(BOB, "has been approved")
    assert networks_of(place) == {"AS64497"}

    send(place, "report_admin", "A new ASN", ACQUIRED)
    bob = Person.before(browser, place)
    bob.sign_in(BOB)
    # The first table has what is open; the request that was approved stands below it.
    draft = bob.page.locator("main table").first.locator("a")

    def has_a_draft() -> bool:
        bob.open("/organisations/example-transit/changes")
        return draft.count() > 0

    wait_for(has_a_draft, "a change that waits to be confirmed")
    draft.first.click()
    bob.page.wait_for_load_state()
    assert bob.reads("AS64496")
    assert networks_of(place) == {"AS64497"}
    bob.press("Confirm the change")
    approved(reviewer, bob.page.url.rpartition("/")[2])
    assert networks_of(place) == {"AS64496", "AS64497"}

    soc = Person.before(browser, place)
    soc.open(place.link(SOC, "Reports for"))
    soc.press("Yes, send them to me")

    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)
    report = f"{moment.date()}-event4_honeypot_brute_force-example-transit-asn.csv"
    assert night(place, moment) == {report}
    reports = mailed(place)
    assert set(reports) == {BOB, SOC}
    assert [part.get_filename() for part in reports[SOC].walk() if part.get_filename()]
    soc.open(leaving(reports[SOC]))
    soc.press("Leave the list")
    assert soc.reads("You have left the list")
    bob.open(leaving(reports[BOB]))
    assert state_of(place, SOC) == "left"
    assert state_of(place, BOB) == "active", "to open a link changes nothing"


def networks_of(place: Place) -> set[str]:
    """What Bob's organisation gets reports of, by the snapshot of this moment."""
    said = json.loads(place.tocsin("service", "snapshot", "--json"))
    snapshot = json.loads(Path(said["path"]).read_text())
    (organisation,) = snapshot["organisations"]
    return {f"AS{each['asn']}" for each in organisation["networks"]}


def state_of(place: Place, address: str) -> str:
    """Where a recipient stands."""
    ((state,),) = asked_of_database(place, "SELECT state FROM subscribers_recipient", address)
    return str(state)


def asked_of_database(place: Place, question: str, address: str) -> list[tuple[object, ...]]:
    """Rows of the recipient with that address."""
    database = place.home / "service" / "tocsin.sqlite3"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute(f"{question} WHERE address = ?", (address,)).fetchall()
