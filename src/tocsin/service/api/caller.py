"""Who calls: a key that was checked, and the lists that it reads now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet

from tocsin.engine.nightly.subscribers import ReportList
from tocsin.service.api.errors import wrong
from tocsin.service.api.models import ApiKey
from tocsin.service.delivery.links import Holder
from tocsin.service.delivery.standing import is_valid
from tocsin.service.statements import Statement
from tocsin.service.subscribers.lists.lists_now import lists_now
from tocsin.service.subscribers.models import MailingList


def _lists(organisation: int, key: int | None) -> QuerySet[MailingList]:
    rows = MailingList.objects.filter(organisation=organisation)
    return (rows if key is None else rows.filter(api_keys=key)).order_by("pk")


_LISTS = Statement(_lists)


@dataclass
class Caller:
    """A key with its organisation loaded, and the moment. Everything is looked at once a call."""

    key: ApiKey
    now: dt.datetime

    @property
    def holder(self) -> Holder:
        """As whom it is given links."""
        return Holder.of_key(self.key.pk)

    @cached_property
    def lists(self) -> Mapping[int, MailingList]:
        """By number, those in the key's scope that are valid now."""
        of_key = None if self.key.all_lists else self.key.pk
        found = {}
        for each in _LISTS.rows(self.key.organisation_id, of_key):
            each.organisation = self.key.organisation
            if is_valid(each, self.now):
                found[each.pk] = each
        return found

    @cached_property
    def networks(self) -> Mapping[int, ReportList]:
        """The same lists that have networks now, with these."""
        current = lists_now(self.lists.values(), self.now)
        return {number: each for number, each in current.items() if each.networks}

    def chosen(self, names: Iterable[str]) -> Mapping[int, MailingList]:
        """The lists of these names, all without any.

        A name with its filter (`example-isp-asn`) or without; what an old client writes behind an
        @ says nothing. Refused for a name that it may not read, be there such a list or not.
        """
        wanted = [each.partition("@")[0] for each in names]
        if not wanted:
            return self.lists
        found: dict[int, MailingList] = {}
        for name in wanted:
            named = {k: v for k, v in self.lists.items() if name in (str(v), v.name)}
            if not named:
                raise wrong(f"no list {name[:80]!r} is open to this key")
            found |= named
        return found
