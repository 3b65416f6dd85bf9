"""Who calls: an organisation's key, and the lists that it opens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from tocsin.service.delivery.standing import is_valid
from tocsin.service.subscribers.models import MailingList, Organisation

REPORTS = "reports"
"""The group of a key that opens reports and what is made of them."""

FINDINGS = "findings"
"""The group of a key with which something may be said of findings."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that was checked. lists: numbers of those that it opens, None for all.

    key: what it is called, for the audit; no secret. address: of whoever made it; letters about
    what is said with it go there.
    """

    organisation: Organisation
    lists: frozenset[int] | None
    groups: frozenset[str]
    key: str
    address: str

    def mailing_lists(self, now: dt.datetime) -> dict[int, MailingList]:
        """By number, the lists that it opens and that are valid now."""
        found = {}
        for each in self.organisation.lists.order_by("pk"):
            each.organisation = self.organisation
            opens = self.lists is None or each.pk in self.lists
            if opens and is_valid(each, now):
                found[each.pk] = each
        return found


class Callers(Protocol):
    """Finds out who has a key."""

    def __call__(self, bearer: str, now: dt.datetime, /) -> Caller | None:
        """Whose `<id>.<secret>` that is; None for nobody's, whatever the reason.

        It takes as long for an unknown id as for a wrong secret.
        """


def _nobody(_: str, __: dt.datetime) -> Caller | None:
    """There are no keys yet."""
    return None


_put_in_place: list[Callers] = []


def callers() -> Callers:
    """Those in use now."""
    if _put_in_place:
        return _put_in_place[-1]
    return _nobody


@contextmanager
def instead(others: Callers) -> Iterator[None]:
    """Use others for a while."""
    _put_in_place.append(others)
    try:
        yield
    finally:
        _put_in_place.pop()
