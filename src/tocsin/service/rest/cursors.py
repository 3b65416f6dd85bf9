"""Cursors: where the next page begins. For clients they are opaque; they open nothing."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json

from tocsin.service.rest.refusal import Refusal

_LONGEST = 600
Part = str | int


def cursor_after(listing: str, *parts: Part) -> str:
    """Behind the row with these parts, of the listing of that name."""
    said = json.dumps([listing, *parts], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def read_cursor(said: str, listing: str, kinds: tuple[type, ...]) -> tuple[Part, ...] | None:
    """The parts, of these kinds; None where nothing is said. Refusal (400) of any other text."""
    if not said:
        return None
    try:
        if len(said) > _LONGEST:
            raise ValueError
        padded = said.encode("ascii") + b"=" * (-len(said) % 4)
        name, *parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise no_cursor() from None
    if name != listing or [type(each) for each in parts] != list(kinds):
        raise no_cursor()
    return tuple(parts)


def day_of(said: Part) -> dt.date:
    """The day that a part names; Refusal (400) if it names none."""
    try:
        return dt.date.fromisoformat(str(said))
    except ValueError:
        raise no_cursor() from None


def no_cursor() -> Refusal:
    """What is told of any other text."""
    return Refusal(
        400,
        "this is no cursor of this listing",
        where="cursor",
        todo="take the address of the next page as it is; leave the cursor out to begin anew",
    )
