"""What a call may be told instead of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tocsin.model.errors import UsageError


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


@contextmanager
def asked_rightly() -> Iterator[None]:
    """What a search cannot be asked for cannot be so in the request."""
    try:
        yield
    except UsageError as error:
        raise wrong(f"{error.what}: {error.todo}" if error.todo else error.what) from error
