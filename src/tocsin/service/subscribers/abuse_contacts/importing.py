"""Bringing contacts in: first what would change, then, as a step of its own, the change.

Both ways go over the same lines and count alike. Every line ends in one of the outcomes, so that
their sum is the number of lines; what is gone from the source is counted beside them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from django.db import transaction

from tocsin.model.errors import InputError, Problem
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.abuse_contacts.find import OFF, all_off
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found, PassedOver, Read
from tocsin.service.subscribers.in_batches import in_batches
from tocsin.service.subscribers.models import AbuseContact, ContactOrigin
from tocsin.service.subscribers.plain_rows import insert_rows, update_rows
from tocsin.service.subscribers.snapshots.due import snapshot_is_due

_BATCH = 2_000
_AT_ONCE = 500
MOST_SHOWN = 50
"""Changes and problems that are told one by one; all are counted."""

_SUSPICIOUS_FROM = 100
_SUSPICIOUS_PART = 0.5


class Outcome(StrEnum):
    """What becomes of a line."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    MANUAL = "kept because manual"
    NOT_REVIVED = "not revived because disabled"
    AGAIN = "the same line again"
    REFUSED = "refused"
    PASSED_OVER = "passed over"


@dataclass(frozen=True, slots=True)
class Line:
    """A change that is told."""

    outcome: str
    network: str
    address: str
    was: str = ""


@dataclass(slots=True)
class Difference:
    """What an import changes, or has changed. gone: no longer in the source, and removed.

    passed: why lines were passed over; the sum is that of the outcome.
    """

    counts: Counter[Outcome] = field(default_factory=Counter)
    passed: Counter[PassedOver] = field(default_factory=Counter)
    gone: int = 0
    kept_off: int = 0
    had: int = 0
    shown: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """How many lines were read."""
        return sum(self.counts.values())

    @property
    def is_suspicious(self) -> bool:
        """Whether so much is gone that the file is more likely cut short."""
        return self.gone >= _SUSPICIOUS_FROM and self.gone > self.had * _SUSPICIOUS_PART

    def figures(self) -> dict[str, int]:
        """All counts by their words."""
        counted = {outcome.value: self.counts[outcome] for outcome in Outcome}
        passed = {f"passed over: {why.value}": self.passed[why] for why in sorted(self.passed)}
        return {**counted, **passed, "gone": self.gone, "lines": self.lines}


def differences(read: Iterable[Read], origin: ContactOrigin, source: str) -> Difference:
    """What an import would change; nothing is written."""
    with transaction.atomic():
        return _Import(origin, source, None).go_over(read)


def bring_in(
    read: Iterable[Read],
    origin: ContactOrigin,
    source: str,
    actor: Actor,
    now: dt.datetime,
    *,
    loss_allowed: bool = False,
) -> Difference:
    """Make the change, all of it or nothing. Again changes nothing.

    InputError if more than half of what the source had would be gone, unless that is allowed.
    """
    with transaction.atomic():
        done = _Import(origin, source, now).go_over(read)
        if done.is_suspicious and not loss_allowed:
            raise InputError(
                f"{done.gone} of {done.had} contacts would be gone; nothing has been changed",
                where=source,
                todo="look whether the file is whole; if it is, say --allow-loss",
            )
        changed = done.counts[Outcome.ADDED] + done.counts[Outcome.CHANGED] + done.gone
        if changed:
            subject = Subject("contactsource", f"{origin.value} {source}"[:64], source)
            record(actor, "contacts.imported", subject, now, after=done.figures())
            snapshot_is_due(now)
        return done


class _Known(NamedTuple):
    """What is on file of a network and an address from one origin."""

    number: int
    source: str
    organisation_name: str
    country: str


_Place = tuple[str, str, str]
"""Kind and value of a network, and an address."""

_ADDED = (
    "kind", "value", "first", "last", "address", "origin", "source", "organisation_name",
    "country", "disabled_reason", "seen_at",
)  # fmt: skip
_CHANGED = ("organisation_name", "country", "seen_at")


class _Import:
    """One way over the lines. Memory: a digest a line, the addresses that are off, one batch."""

    def __init__(self, origin: ContactOrigin, source: str, now: dt.datetime | None) -> None:
        self._origin = origin
        self._source = source
        self._now = now
        self._seen: set[bytes] = set()
        self._off = all_off()
        self._done = Difference()

    def go_over(self, read: Iterable[Read]) -> Difference:
        """All lines, then what is gone."""
        mine = AbuseContact.objects.filter(origin=self._origin, source=self._source)
        self._done.had = mine.count()
        for batch in in_batches(self._fresh(read), _BATCH):
            self._judge(batch)
        self._remove_gone()
        return self._done

    def _fresh(self, read: Iterable[Read]) -> Iterator[Found]:
        for each in read:
            if isinstance(each, Problem):
                self._count(Outcome.REFUSED)
                if len(self._done.problems) < MOST_SHOWN:
                    self._done.problems.append(each)
                continue
            if isinstance(each, PassedOver):
                self._count(Outcome.PASSED_OVER)
                self._done.passed[each] += 1
                continue
            key = _key(each.network.kind, each.network.value, each.address)
            if key in self._seen:
                self._count(Outcome.AGAIN)
                continue
            self._seen.add(key)
            yield each

    def _judge(self, batch: tuple[Found, ...]) -> None:
        known = self._known(batch)
        new: list[Found] = []
        changed: list[tuple[_Known, Found]] = []
        for found in batch:
            rows = known.get((found.network.kind.value, found.network.value, found.address), {})
            own = rows.get(self._origin)
            if ContactOrigin.MANUAL in rows and self._origin != ContactOrigin.MANUAL:
                self._count(Outcome.MANUAL)
            elif found.address in self._off:
                self._tell(Outcome.NOT_REVIVED, found)
            elif own is None:
                self._tell(Outcome.ADDED, found)
                new.append(found)
            elif self._is_changed(own, found):
                self._tell(Outcome.CHANGED, found, f"{own.organisation_name} {own.country}".strip())
                changed.append((own, found))
            else:
                self._count(Outcome.UNCHANGED)
        if self._now is not None:
            self._write(new, changed, self._now)

    def _known(self, batch: tuple[Found, ...]) -> dict[_Place, dict[str, _Known]]:
        values: dict[str, list[str]] = {}
        for each in batch:
            values.setdefault(each.network.kind.value, []).append(each.network.value)
        known: dict[_Place, dict[str, _Known]] = {}
        origins = {self._origin.value, ContactOrigin.MANUAL.value}
        for kind, some in values.items():
            for part in in_batches(dict.fromkeys(some), _AT_ONCE):
                # All origins of a network are few, and looked for by the index of networks.
                rows = AbuseContact.objects.filter(kind=kind, value__in=part).order_by()
                plain = rows.values_list(
                    "value", "address", "origin", "pk", "source", "organisation_name", "country"
                )
                for value, address, origin, number, source, name, country in plain:
                    if origin in origins:
                        of_place = known.setdefault((kind, value, address), {})
                        of_place[origin] = _Known(number, source, name, country)
        return known

    def _is_changed(self, own: _Known, found: Found) -> bool:
        was = (own.organisation_name, own.country)
        said = (found.organisation_name, found.country)
        # Two files of one origin may name the same contact: the first one's word stands.
        return was != said and own.source == self._source

    def _write(
        self, new: list[Found], changed: list[tuple[_Known, Found]], now: dt.datetime
    ) -> None:
        insert_rows(AbuseContact, _ADDED, (self._row(each, now) for each in new))
        again = (
            (found.organisation_name, found.country, now, own.number) for own, found in changed
        )
        update_rows(AbuseContact, _CHANGED, again)

    def _remove_gone(self) -> None:
        gone: list[int] = []
        mine = AbuseContact.objects.filter(origin=self._origin, source=self._source)
        rows = mine.order_by("pk").values_list(
            "pk", "kind", "value", "address", "disabled_at", "opted_out_at"
        )
        for number, kind, value, address, disabled, opted_out in rows.iterator(chunk_size=2000):
            if _key(kind, value, address) in self._seen:
                continue
            if disabled or opted_out:
                self._done.kept_off += 1
                continue
            gone.append(number)
            self._show(Line("gone", value, address))
        self._done.gone = len(gone)
        if self._now is not None:
            for batch in in_batches(gone, _AT_ONCE):
                AbuseContact.objects.filter(pk__in=batch).exclude(OFF).delete()

    def _row(self, found: Found, now: dt.datetime) -> tuple[str | dt.datetime, ...]:
        network = (found.network.kind.value, found.network.value, *found.network.ends())
        whose = (found.address, self._origin.value, self._source)
        return (*network, *whose, found.organisation_name, found.country, "", now)

    def _count(self, outcome: Outcome) -> None:
        self._done.counts[outcome] += 1

    def _tell(self, outcome: Outcome, found: Found, was: str = "") -> None:
        self._count(outcome)
        self._show(Line(outcome.value, found.network.value, found.address, was))

    def _show(self, line: Line) -> None:
        if len(self._done.shown) < MOST_SHOWN:
            self._done.shown.append(line)


def _key(kind: str, value: str, address: str) -> bytes:
    return blake2b(f"{kind} {value} {address}".encode(), digest_size=8).digest()
