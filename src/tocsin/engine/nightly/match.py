"""Matching: who gets which row.

The audience of a row is the union of all lists that one of its networks brings: every origin of
the subject, every country, every subscribed prefix that holds the subject (or overlaps it, where
the subject is a prefix), every subscribed domain that a name of the row equals or lies under. It
is cut by what the network was at the row's time, by the row's terms, by the types and the least
severity that the list wants, by suppressions, and last by delta mode.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.catalogue.entries import ReportType
from tocsin.engine.allocation import without_collecting
from tocsin.engine.nightly.audience import Audiences, GrantSets
from tocsin.engine.nightly.delta import DeltaBase, identity_hashes, only_changes
from tocsin.engine.nightly.distinct import distinct_rows, encoded, one_array, single
from tocsin.engine.nightly.reasons import Reason, reasons_of
from tocsin.engine.nightly.snapshot import Snapshot
from tocsin.engine.nightly.subscribers import ReportList
from tocsin.engine.nightly.subscriptions import Subscriptions
from tocsin.engine.nightly.suppressions import Suppressions
from tocsin.model.address import Ints
from tocsin.model.terms import Terms


@dataclass(frozen=True)
class Matched:
    """Who gets the rows of a table.

    `audience`: per row its number in `audiences`, `(n,)`. `audiences`: ids of lists, ascending;
    they are sorted, hold only those that occur, and number 0 is nobody. `suppressed`: id of a
    suppression -> rows of reports that it held back. `unchanged`: rows of reports that delta mode
    held back.
    """

    audience: NDArray[np.int32]
    audiences: list[tuple[int, ...]]
    suppressed: Mapping[str, int]
    unchanged: int = 0


class Matcher:
    """Matches the rows of any day against one snapshot; built once, it keeps unions it made."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        with without_collecting():
            self._subscriptions = Subscriptions(snapshot.lists.values())
            self._suppressions = Suppressions(snapshot)

    def match(
        self,
        table: pa.Table,
        report_type: ReportType,
        *,
        identities: pa.Array | None = None,
        base: DeltaBase | None = None,
    ) -> Matched:
        """The audience of each gathered row of one report type.

        `base`: what the last full report said, for lists in delta mode; None makes all reports
        full. `identities`: the rows' identity hashes, if they are known already.
        """
        matching = self.begin(report_type, base)
        if matching.needs_identities and identities is None:
            identities = identity_hashes(table, report_type)
        matching.add(table, identities)
        return matching.done()

    def begin(self, report_type: ReportType, base: DeltaBase | None) -> Matching:
        """Match the rows of one report type piece by piece."""
        return Matching(
            report_type, self._snapshot.lists, self._subscriptions, self._suppressions, base
        )

    def segments(self, table: pa.Table, boundaries: Sequence[dt.datetime]) -> Ints:
        """The span of time, between boundaries, that each row lies in; 0 where none is its own.

        `table` has the columns that matching reads. Only rows whose own networks begin or end at
        one of the boundaries are told apart by time; all others stay in span 0.
        """
        if not table.num_rows or not boundaries:
            return np.zeros(table.num_rows, np.int64)
        moments = np.array(sorted(_microseconds(each) for each in boundaries), np.int64)
        sets = self._subscriptions.of_rows(table)
        distinct, inverse = np.unique(sets, return_inverse=True)
        own = [
            self._subscriptions.sets.changes_within(number, int(moments[0]) - 1, int(moments[-1]))
            for number in distinct.tolist()
        ]
        spans: Ints = np.searchsorted(moments, _times(table), side="right")
        return np.where(np.array(own)[inverse], spans, 0)

    def explain(
        self, row: Mapping[str, object], report_type: ReportType, list_id: int
    ) -> tuple[Reason, ...]:
        """The networks of a list that bring it this row, none if none does.

        `row`: a gathered or published row as a mapping from column names to Python values.
        """
        each = self._snapshot.lists.get(list_id)
        return () if each is None else reasons_of(row, report_type, each)


class Matching:
    """The rows of one report type on their way to their audiences; some bytes a row are kept."""

    def __init__(
        self,
        report_type: ReportType,
        lists: Mapping[int, ReportList],
        subscriptions: Subscriptions,
        suppressions: Suppressions,
        base: DeltaBase | None,
    ) -> None:
        self._type = report_type
        self._subscriptions = subscriptions
        self._suppressions = suppressions
        self._base = base
        self._changing = frozenset(each.id for each in lists.values() if each.delta)
        self._audiences = Audiences()
        self._numbers: dict[tuple[object, ...], int] = {}
        self._release = _Release(report_type, lists)
        self._rows = [np.zeros(0, np.int32)]
        self._identities: list[pa.Array] = []
        self._suppressed = Counter[str]()

    @property
    def needs_identities(self) -> bool:
        """Whether what Sunday said makes a difference to anyone."""
        return self._base is not None and self._type.delta and bool(self._changing)

    @property
    def columns(self) -> list[str]:
        """The columns that are read; identities are not made of these."""
        port = self._type.subject_port
        return [*_READ, *([port] if port and port not in _READ else [])]

    def add(self, table: pa.Table, identities: pa.Array | None = None) -> None:
        """Match these rows. `identities`: their identity hashes, where they are needed."""
        rows = self._released(table)
        rows, suppressed = self._suppressions.apply(table, self._type, rows, self._audiences)
        self._suppressed.update(suppressed)
        self._rows.append(rows.astype(np.int32))
        if identities is not None:
            self._identities.append(identities)

    def done(self) -> Matched:
        """The audiences of all rows that were added, in their order."""
        rows: Ints = np.concatenate(self._rows)
        unchanged = 0
        if self.needs_identities and self._base is not None:
            identities = single(pa.chunked_array(self._identities, pa.binary(16)))
            rows, unchanged = only_changes(
                rows, self._audiences, identities, self._base, self._changing
            )
        audience, members = self._audiences.in_order(rows)
        return Matched(audience, members, dict(sorted(self._suppressed.items())), unchanged)

    def _released(self, table: pa.Table) -> Ints:
        """Number of the audience of each row after all that hangs on its values alone."""
        if not table.num_rows:
            return np.zeros(0, np.int64)
        sets, times = self._subscriptions.of_rows(table), _times(table)
        severities = pc.fill_null(one_array(table, "_severity"), int(self._type.severity))
        severity = severities.to_numpy(zero_copy_only=False).astype(np.int64)
        texts, terms = encoded(one_array(table, "_terms"))
        segments = _segments(self._subscriptions.sets, sets, times)
        first, inverse = distinct_rows([sets, segments, severity, terms])
        columns = (sets[first], times[first], severity[first], terms[first])
        numbers = [
            self._number(number, moment, urgency, texts[place])
            for number, moment, urgency, place in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ]
        return np.array(numbers, np.int64)[inverse]

    def _number(self, number: int, moment: int, severity: int, terms: object) -> int:
        """The audience that a set of grants comes to at a moment; the same few come every time."""
        sets = self._subscriptions.sets
        known = (number, moment if sets.changes(number) else None, severity, terms)
        found = self._numbers.get(known)
        if found is None:
            allowed = self._release.allowed(sets.lists_at(number, moment), severity, _terms(terms))
            found = self._numbers[known] = self._audiences.number(allowed)
        return found


_READ = (
    *("_subject_hi", "_subject_lo", "_subject_len", "_origins", "_countries", "_domains"),
    *("timestamp", "_severity", "_terms", "_rule", "_last"),
)


class _Release:
    """What lists want, and what terms allow them, for one report type."""

    def __init__(self, report_type: ReportType, lists: Mapping[int, ReportList]) -> None:
        self._takers = {
            each.id: (int(each.least_severity), each.national_cert)
            for each in lists.values()
            if each.takes(report_type)
        }

    def allowed(self, lists: Sequence[int], severity: int, terms: Terms) -> list[int]:
        """Of these lists those that get a row of that severity and those terms."""
        return [
            list_id
            for list_id in lists
            if list_id in self._takers
            and self._takers[list_id][0] <= severity
            and terms.allows(list_id, national_cert=self._takers[list_id][1])
        ]


NOBODY = Terms(owners=False, national_certs=False, lists=frozenset(), statistics=False)


@lru_cache(maxsize=4096)
def _terms(text: object) -> Terms:
    """A row without terms goes to nobody; there should be none such."""
    return Terms.from_text(text) if isinstance(text, str) else NOBODY


def _times(table: pa.Table) -> Ints:
    moments = one_array(table, "timestamp").cast(pa.timestamp("us", tz="UTC"))
    times: Ints = moments.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return times


def _microseconds(moment: dt.datetime) -> int:
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _segments(sets: GrantSets, numbers: Ints, times: Ints) -> Ints:
    """Number the spans of time in which nothing begins or ends; 0 where that does not matter."""
    distinct, inverse = np.unique(numbers, return_inverse=True)
    first, last = int(times.min()), int(times.max())
    changing = [number for number in distinct.tolist() if sets.changes_within(number, first, last)]
    moments = sorted(
        {moment for number in changing for grant in sets.grants(number) for moment in grant[1:]}
    )
    segments: Ints = np.searchsorted(np.array(moments, np.int64), times, side="right")
    return np.where(np.isin(distinct, changing)[inverse], segments, 0)
