"""The letters about lists and cases, word for word.

To look at a changed letter as a whole, run with TOCSIN_NEW_GOLDENS=1, and read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tests.service.desk import Desk

from tocsin.service.letters.compose import compose
from tocsin.service.secret import Secret

GOLDEN = Path(__file__).parents[1] / "golden" / "letters"
SECRET = Secret(b"only for the tests, thirty-two bytes")

CASE: dict[str, Any] = {
    "number": 7,
    "kind": "false positive",
    "address": "192.0.2.10",
    "port": 80,
    "report_type": "event4_sinkhole",
    "rule": "sinkhole-example",
    "state": "in_force",
    "moment": "2026-12-23 09:00",
    "rows": 2,
    "why": "",
}
FIXED = {
    **CASE,
    "number": 8,
    "kind": "fixed",
    "port": None,
    "report_type": "",
    "rule": "",
    "moment": "2026-11-23 08:30",
}
OPEN = {
    **CASE,
    "number": 9,
    "address": "192.0.2.0/25",
    "state": "open",
    "why": "It is about a whole prefix, which our staff look at.",
}
REFUSED = {**FIXED, "number": 10, "state": "refused", "why": "This is no IP address."}
WAITING = {**CASE, "number": 11, "state": "unconfirmed"}
WHO = {"organisation": "Example Access Networks", "claimant": "noc@example.org"}
TYPE = {
    "id": "brand_new",
    "title": "Brand new",
    "area": "DDoS",
    "severity": "high",
    "meaning": "Something that was not seen before.",
}


def _link(purpose: str, reference: str) -> dict[str, list[str]]:
    return {"link": [purpose, reference]}


LETTERS: dict[str, tuple[str, dict[str, Any]]] = {
    "cases-opened": (
        "cases_opened",
        {**WHO, "cases": [CASE, FIXED, OPEN, REFUSED], "waits": False},
    ),
    "cases-waiting": (
        "cases_opened",
        {
            **WHO,
            "cases": [WAITING],
            "waits": True,
            "confirm": {"link": ["confirm-cases", "11-11.0"]},
        },
    ),
    "cases-told": ("cases_told", {**WHO, "cases": [CASE, FIXED, OPEN]}),
    "case-accepted": ("case_decided", {**WHO, "case": OPEN, "accepted": True, "words": "Seen."}),
    "case-refused": (
        "case_decided",
        {**WHO, "case": OPEN, "accepted": False, "words": "It is right."},
    ),
    "objection-questions": ("objection_questions", {**WHO, "questions": ["Which address?"]}),
    "new-type": ("new_types", {"types": [TYPE], "joins": "2026-11-30", "count": 1}),
    "new-types": (
        "new_types",
        {
            "types": [TYPE, {**TYPE, "id": "other", "meaning": ""}],
            "joins": "2026-11-30",
            "count": 2,
        },
    ),
    "recipient-wants-out": (
        "recipient_wants_out",
        {**WHO, "list": "example-asn", "recipient": "noc@example.org"},
    ),
    "recipient-confirm": (
        "recipient_confirm",
        {
            **WHO,
            "list": "example-asn",
            "days": 30,
            "confirm": {"link": ["confirm-recipient", "3.0"]},
        },
    ),
}


@pytest.mark.parametrize("name", LETTERS)
def test_the_letter_says_what_it_said(desk: Desk, name: str) -> None:
    text, context = LETTERS[name]
    composed = compose(text, context, SECRET)
    whole = f"Subject: {composed.subject}\n\n{composed.body}"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("TOCSIN_NEW_GOLDENS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(whole, encoding="utf-8")
    assert whole == path.read_text(encoding="utf-8")
    assert "None" not in whole
    assert max(map(len, whole.splitlines())) <= 160


def test_hostile_words_stay_words_of_one_line(desk: Desk) -> None:
    hostile = {**WHO, "organisation": "A\r\nBcc: eve@example.net\u202e", "questions": []}
    composed = compose("objection_questions", hostile, SECRET)
    assert "\n" not in composed.subject
    assert "\u202e" not in composed.body
