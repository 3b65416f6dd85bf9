"""The whole way, by real processes: asked, proven, approved, and in the night's reports."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
from playwright.sync_api import Browser
from tests.browser.person import Person
from tests.browser.place import Place

REVIEWER = "reviewer@tocsin.example.org"
ROUTES = "prefix,asn,as_name\n192.0.2.0/24,64496,EXAMPLE-ISP\n"
PLACES = "prefix,country,region,city\n192.0.2.0/24,XA,NORTHLAND,ALPHAVILLE\n"
SOURCE = """extends: tocsin-ndjson
title: Our honeypots
files: ["pot-*.ndjson*"]
examples: {takes: [pot-1.ndjson], leaves: [notes.txt]}
terms:
  tlp: amber
  credit: {form: name, text: Example Observatory}
  masked: [dst_ip, dst_hostname]
filters: {reserved_allowed: [documentation]}
"""


@pytest.fixture(scope="module")
def reviewer(browser: Browser, place: Place) -> Person:
    """Somebody of the staff, signed in with a second factor."""
    place.tocsin("service", "staff", REVIEWER, "reviewer")
    person = Person.before(browser, place)
    person.sign_in(REVIEWER)
    person.set_up_second_factor()
    person.open("/staff/requests/")
    return person


def code_in(letter: str) -> str:
    """The code that a contact of the registry is mailed."""
    found = re.search(r"nobody else:\s+([A-Z0-9]{8})", letter)
    assert found, letter
    return found[1]


def approve(reviewer: Person, number: str, note: str = "") -> None:
    """Approve all that can be approved of a request."""
    reviewer.open(f"/staff/requests/{number}")
    boxes = reviewer.page.locator("input[name=claim]")
    for each in range(boxes.count()):
        boxes.nth(each).check()
    if note:
        reviewer.page.locator("textarea[name=note]").fill(note)
    reviewer.press("Approve what is ticked")


def night(place: Place, moment: dt.datetime) -> set[str]:
    """A night over what was seen in 192.0.2.44 at a moment; the names of its reports."""
    row = {
        "report_type": "event4_honeypot_brute_force",
        "sensor": "pot-1",
        "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "protocol": "tcp",
        "src_ip": "192.0.2.44",
        "src_port": 50122,
        "dst_ip": "198.51.100.7",
        "dst_port": 22,
        "service": "ssh",
    }
    work = place.home.parent
    for name, text in (
        ("routes.csv", ROUTES),
        ("places.csv", PLACES),
        ("pot-1.ndjson", json.dumps(row) + "\n"),
    ):
        (work / name).write_text(text)
    sources = place.home / "catalogue" / "sources"
    sources.mkdir(parents=True, exist_ok=True)
    (sources / "my-honeypots.yaml").write_text(SOURCE)
    place.tocsin(
        "atlas", "build", "--routes", str(work / "routes.csv"), "--geo", str(work / "places.csv"),
        "--at", f"{moment.date() - dt.timedelta(days=1)}",
    )  # fmt: skip
    morning = dt.datetime.combine(moment.date() + dt.timedelta(days=1), dt.time(0, 30), dt.UTC)
    at = ("--now", morning.isoformat())
    place.tocsin("collect", str(work / "pot-1.ndjson"), "--source", "my-honeypots", *at)
    place.tocsin("service", "snapshot")
    place.tocsin("nightly", "--date", str(moment.date()), *at)
    said = json.loads(place.tocsin("reports", "list", "--json"))
    return {each["file"] for each in said["reports"]}


def test_asked_on_the_web_proven_by_code_approved_and_reported(
    browser: Browser, place: Place, reviewer: Person
) -> None:
    ada = Person.before(browser, place)
    ada.open("/ask")
    ada.fill(
        {
            "Your full name": "Ada Example",
            "Organisation": "Example Access Networks",
            "Your mail address": "ada@example.org",
            "Phone": "+1 202 555 0100",
            "Networks": "AS64496",
            "Recipients": "ada@example.org\nsoc@example.org",
        }
    )
    ada.press("Send the request")
    assert ada.reads("Please look into your mailbox")
    ada.open(place.link("ada@example.org", "Please confirm"))
    ada.press("Yes, I confirm")
    number = ada.page.url.rpartition("/")[2]

    code = code_in(place.letter("noc@example.org", "Is this request"))
    ada.open(f"/requests/{number}")
    ada.fill({"Code": "WRONG234"})
    ada.press("Send the code")
    assert ada.reads("This is not the code")
    ada.fill({"Code": code})
    ada.press("Send the code")
    assert ada.reads("proven")

    stranger = Person.before(browser, place)
    answer = stranger.page.goto(f"{place.address}/requests/{number}")
    assert answer is not None
    assert answer.status == 404

    approve(reviewer, number)
    place.letter("ada@example.org", "has been approved")
    soc = Person.before(browser, place)
    soc.open(place.link("soc@example.org", "Reports for"))
    soc.press("Yes, send them to me")
    assert soc.reads("Thank you")

    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)
    assert night(place, moment) == {
        f"{moment.date()}-event4_honeypot_brute_force-example-access-networks-asn.csv"
    }

    ada.sign_in("ada@example.org")
    ada.open("/organisations/example-access-networks/")
    assert ada.reads("AS64496")


def test_a_refusal_tells_the_reason_and_nothing_of_others(
    browser: Browser, place: Place, reviewer: Person
) -> None:
    eve = Person.before(browser, place)
    eve.open("/ask")
    eve.fill(
        {
            "Your full name": "Eve Example",
            "Organisation": "Somebody Else",
            "Your mail address": "eve@example.net",
            "Phone": "+1 202 555 0101",
            "Networks": "192.0.2.0/24",
            "Recipients": "eve@example.net",
        }
    )
    eve.press("Send the request")
    eve.open(place.link("eve@example.net", "Please confirm"))
    eve.press("Yes, I confirm")
    number = eve.page.url.rpartition("/")[2]
    place.letter("noc@example.org", "192.0.2.0/24")
    reviewer.open(f"/staff/requests/{number}")
    assert reviewer.reads("Example Access Networks")
    reviewer.page.locator("textarea[name=words]").fill("The registry names another holder.")
    reviewer.press("Refuse all")
    letter = place.letter("eve@example.net", "Your request for reports")
    assert "The registry names another holder." in letter
    assert "Example Access Networks" not in letter
