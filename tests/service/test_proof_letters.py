"""The letters about proofs, whole: each says what it is, who asks, and what happens otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tocsin.service import installation
from tocsin.service.letters.compose import compose

GOLDEN = Path(__file__).parents[1] / "golden" / "letters"

COMMON = {"name": "Ada Example", "organisation": "Example Access Networks", "number": 7}
ASKED = {
    **COMMON,
    "network": "192.0.2.0/24",
    "requester": "ada@example.org",
    "recipients": ["ada@example.org", "noc@example.org"],
    "days": 14,
    "others": ["198.51.100.0/24", "AS64496"],
    "more": 3,
    "answer": {"link": ["proof", "1.1.tech@example.org"]},
    "code": {"code": ["proof", "1.1.tech@example.org"]},
}
HOLDER = "The registry named “Example Access Networks” as the holder, and names “Other” now."
LETTERS: dict[str, dict[str, Any]] = {
    "proof": ASKED,
    "proof_renewal": ASKED,
    "proof_not_given": {**COMMON, "network": "192.0.2.0/24"},
    "proofs_end": {
        **COMMON,
        "networks": [
            {"network": "192.0.2.0/24", "ends": "2026-12-23"},
            {"network": "AS64496", "ends": "2026-12-24"},
        ],
    },
    "proofs_ended": {**COMMON, "networks": ["192.0.2.0/24", "AS64496"]},
    "proofs_renewed": {**COMMON, "networks": ["192.0.2.0/24", "AS64496"]},
    "network_frozen": {**COMMON, "network": "192.0.2.0/24", "reason": HOLDER},
    "network_unfrozen": {**COMMON, "network": "192.0.2.0/24"},
    "holder_changed": {"network": "192.0.2.0/24", "holder": "Other"},
    "staff_network_frozen": {
        **COMMON,
        "network": "192.0.2.0/24",
        "slug": "example-access-networks",
        "reason": HOLDER,
        "notes": ["id of the holder: ORG-EX1 -> ORG-EX2", "origins: AS64496 -> AS64497"],
    },
    "staff_not_us": {
        **COMMON,
        "requester": "eve@example.com",
        "contact": "tech@example.org",
        "networks": ["192.0.2.0/24", "AS64496"],
        "granted": False,
    },
}


@pytest.mark.parametrize("text", sorted(LETTERS))
def test_a_letter_about_proofs_is_the_golden_one(text: str) -> None:
    letter = compose(text, LETTERS[text], installation.secret())
    said = f"Subject: {letter.subject}\n{letter.body}"
    path = GOLDEN / f"proofs-{text}.txt"
    assert said == path.read_text(encoding="utf-8")
    assert max(len(each) for each in said.splitlines()) <= 120
