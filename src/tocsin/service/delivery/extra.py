"""What a list has appended to each row of its reports, as the values that are passed around."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.service.findings.labels import Labels
from tocsin.service.subscribers.models import MailingList, Organisation
from tocsin.service.subscribers.models.mailing_list import ExtraColumn, in_order


class OwnLabels:
    """What an organisation calls its prefixes, asked for when it is first wanted."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation
        self._found: Labels | None = None

    @property
    def found(self) -> Labels:
        """Two queries, once."""
        if self._found is None:
            self._found = Labels.of(self._organisation)
        return self._found


@dataclass(frozen=True, slots=True)
class Extra:
    """Columns in their order; whose labels they are, None if there is no such column."""

    columns: tuple[str, ...] = ()
    own: OwnLabels | None = None

    def load(self) -> None:
        """Ask now: whoever composes in threads must not ask the database there."""
        if self.own is not None:
            _ = self.own.found


NO_EXTRA = Extra()


def extras_of(lists: Iterable[MailingList]) -> dict[int, Extra]:
    """By number, of lists that want any; they come with their organisation loaded. No query."""
    owners: dict[int, OwnLabels] = {}
    found = {}
    for each in lists:
        columns = tuple(in_order(each.extra_columns))
        if ExtraColumn.LABEL in columns:
            own = owners.setdefault(each.organisation_id, OwnLabels(each.organisation))
            found[each.pk] = Extra(columns, own)
        elif columns:
            found[each.pk] = Extra(columns)
    return found


def names_of(lists: Iterable[MailingList]) -> tuple[str, ...]:
    """The columns that any of these lists wants, in their order."""
    return tuple(in_order({name for each in lists for name in each.extra_columns}))
