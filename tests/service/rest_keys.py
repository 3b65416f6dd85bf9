"""Keys for tests of the REST API, and a client that has one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.test import Client

from tocsin.service.api.keys import FINDINGS, REPORTS
from tocsin.service.rest.callers import Caller, instead
from tocsin.service.subscribers.models import Organisation


@dataclass
class FakeCallers:
    """Knows the keys that the test made."""

    known: dict[str, Caller] = field(default_factory=dict)

    def __call__(self, bearer: str, _sender: str, _now: dt.datetime) -> Caller | None:
        """Whose it is."""
        return self.known.get(bearer)

    def client(
        self,
        organisation: Organisation,
        lists: frozenset[int] | None = None,
        groups: frozenset[str] = frozenset({REPORTS, FINDINGS}),
    ) -> Client:
        """Somebody with a key of that organisation."""
        bearer = f"{organisation.slug}{len(self.known)}.secret"
        self.known[bearer] = Caller(
            organisation, lists, groups, f"key of {organisation.slug}", "admin@example.org", "k0"
        )
        return Client(headers={"Authorization": f"Bearer {bearer}"})


@contextmanager
def fake_callers() -> Iterator[FakeCallers]:
    """Keys of the test's own."""
    fake = FakeCallers()
    with instead(fake):
        yield fake
