"""What fills letters and plain mails, so that every branch of their texts is taken."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from django.template import Context

from tocsin.service.delivery.compose.body import Stranger

_LIST = {
    "list": "alpha-asn",
    "service": "Tocsin",
    "name": "alpha",
    "leave": "https://x.example.org",
}
_FIRST, _LAST = dt.date(2026, 11, 16), dt.date(2026, 11, 22)
_CORRECTION = {
    **_LIST,
    "first": _FIRST,
    "last": _LAST,
    "reason": "Sensor s1.",
    "number": 7,
    "reports": [{"file": "a.csv", "rows": 1}, {"file": "b.csv", "rows": 101}],
    "events": ["0" * 32],
    "count": 102,
    "more": 2,
    "files": True,
    "gone": True,
    "fetched": False,
}
_PROOF = {
    **_LIST,
    "first": _FIRST,
    "last": _LAST,
    "days": 7,
    "nights": 7,
    "types": 3,
    "rows": 12,
    "often": "weekly",
}
_STRANGER = Stranger("abuse@example.net", "x", ("192.0.2.0/24",), 3, "https://x.example.org")


def _plain(said: dict[str, Any]) -> Context:
    return Context(said, autoescape=False)


PLAIN: dict[str, Context] = {
    "correction": _plain(_CORRECTION),
    "correction-one": _plain(
        {**_CORRECTION, "last": _FIRST, "count": 1, "more": 0, "files": False, "leave": ""}
    ),
    "correction-fetched": _plain({**_CORRECTION, "fetched": True}),
    "correction_to_contact": _plain({**_CORRECTION, "stranger": _STRANGER}),
    "correction_to_contact-copy": _plain(
        {**_CORRECTION, "stranger": replace(_STRANGER, opt_out="", more=0), "events": []}
    ),
    "proof": _plain(_PROOF),
    "proof-some": _plain({**_PROOF, "nights": 5, "rows": 1, "types": 1, "often": "monthly"}),
    "unusable": _plain({"day": _FIRST, "portal": "https://x.example.org", "service": "Tocsin"}),
}
"""By the name of the text, and what is special."""

_WHO = {"organisation": "Example Access Networks", "list": "alpha-asn", "slug": "alpha"}
_KEY = {
    **_WHO,
    "address": "noc@example.org",
    "fingerprint": "0123 4567",
    "give": {"link": ["recipient-key", "1.0"]},
}
_TYPE = {
    "id": "brand_new",
    "title": "Brand new",
    "area": "DDoS",
    "severity": "hoch",
    "meaning": "Something new.",
}

LETTERS: dict[str, dict[str, Any]] = {
    "recipient_confirm": {**_WHO, "days": 30, "confirm": {"link": ["confirm-recipient", "3.0"]}},
    "recipient_wants_out": {**_WHO, "recipient": "noc@example.org"},
    "recipient_links_only": {
        **_WHO,
        "name": "Ada Admin",
        "recipient": "noc@example.org",
        "said": "552 no",
    },
    "recipient_links_only-mute": {
        **_WHO,
        "name": "Ada Admin",
        "recipient": "noc@example.org",
        "said": "",
    },
    "address_dead_others": {**_WHO, "address": "noc@example.org", "why": "voll"},
    "recipient_key_ask": {**_KEY, "by": "Ada Admin"},
    "recipient_key_ends": {**_KEY, "ends": "2026-12-01 10:00 UTC"},
    "recipient_key_told": {**_KEY, "key": "0123 4567", "begin": "", "names": ["NOC"]},
    "recipient_key_told-later": {
        **_KEY,
        "key": "0123 4567",
        "begin": "2026-12-01 10:00 UTC",
        "names": [],
    },
    "recipient_key_told-removed": {**_KEY, "key": "0123 4567", "removed": True},
    "recipient_key_unusable": {**_KEY, "ended": "2026-12-01 10:00 UTC", "reason": ""},
    "recipient_key_unusable-weak": {**_KEY, "ended": "", "reason": "zu schwach"},
    "recipient_key_unusable_told": {**_KEY, "ended": "2026-12-01 10:00 UTC", "reason": ""},
    "new_types": {"types": [_TYPE], "joins": "2026-11-30", "count": 1},
    "new_types-two": {
        "types": [_TYPE, {**_TYPE, "meaning": ""}],
        "joins": "2026-11-30",
        "count": 2,
    },
}
"""By the name of the text, and what is special."""
