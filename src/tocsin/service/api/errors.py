"""What a call may be told instead of an answer."""

from __future__ import annotations

from collections.abc import Mapping


class Refused(Exception):
    """A call is answered with a status and `{"error": "..."}`."""

    def __init__(self, status: int, what: str, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.what = what
        self.headers = dict(headers or {})
        super().__init__(what)


def wrong(what: str) -> Refused:
    """Something in the request cannot be so."""
    return Refused(400, what)
