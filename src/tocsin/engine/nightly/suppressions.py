"""Withholding rows that a person has called wrong or repaired, from the lists that asked for it."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, cast

import numpy as np
import pyarrow as pa

from tocsin.catalogue.entries import ReportType
from tocsin.engine.nightly.audience import Audiences
from tocsin.engine.nightly.distinct import one_array
from tocsin.engine.nightly.snapshot import Snapshot
from tocsin.engine.nightly.subscribers import Suppression
from tocsin.model.address import MASK_64, Ints, Network

_COLUMNS: Final = ("_subject_hi", "_subject_lo", "_subject_len", "_rule", "_last")


class Suppressions:
    """The suppressions of a snapshot by subject.

    A list of a national CERT is never meant, even if one names it: what an owner has settled for
    itself does not end what the country's CERT is to know.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._lists = {
            each.id: frozenset(
                number for number in each.lists if not snapshot.lists[number].national_cert
            )
            for each in snapshot.suppressions
        }
        self._by_subject: dict[Network, list[Suppression]] = defaultdict(list)
        for each in sorted(snapshot.suppressions, key=lambda one: one.id):
            self._by_subject[each.subject].append(each)
        self._lower_halves = np.array(
            sorted({subject.first & MASK_64 for subject in self._by_subject}), np.uint64
        )

    def apply(
        self, table: pa.Table, report_type: ReportType, rows: Ints, audiences: Audiences
    ) -> tuple[Ints, Mapping[str, int]]:
        """The rows' audiences without lists that shall not get them, and how often each counted.

        A row of a report that several suppressions mean counts for the first of them by id.
        """
        result, counts = rows.copy(), Counter[str]()
        candidates = self._candidates(table, rows)
        for row, cells in zip(
            candidates.tolist(), _cells(table, report_type, candidates), strict=True
        ):
            left = self._left(audiences.members[int(rows[row])], cells, report_type, counts)
            result[row] = audiences.number(left)
        return result, dict(sorted(counts.items()))

    def _candidates(self, table: pa.Table, rows: Ints) -> Ints:
        """Rows that somebody gets and whose subject may be a suppressed one."""
        if not len(self._lower_halves):
            return np.zeros(0, np.int64)
        lower = one_array(table, "_subject_lo")
        filled = lower.fill_null(0).to_numpy(zero_copy_only=False)
        known = np.isin(filled, self._lower_halves) & np.asarray(lower.is_valid())
        return np.flatnonzero(known & (rows != 0))

    def _left(
        self,
        members: tuple[int, ...],
        cells: Mapping[str, object],
        report_type: ReportType,
        counts: Counter[str],
    ) -> Sequence[int]:
        left = set(members)
        for each in self._by_subject.get(_subject(cells), ()):
            if _means(each, cells, report_type):
                withheld = left & self._lists[each.id]
                counts.update({each.id: len(withheld)} if withheld else {})
                left -= withheld
        return sorted(left)


def _cells(table: pa.Table, report_type: ReportType, rows: Ints) -> list[dict[str, object]]:
    names = [*_COLUMNS, *([report_type.subject_port] if report_type.subject_port else [])]
    cells: list[dict[str, object]] = table.select(names).take(pa.array(rows)).to_pylist()
    return cells


def _subject(cells: Mapping[str, object]) -> Network:
    hi, lo, length = (cast("int", cells[name]) for name in _COLUMNS[:3])
    return Network((hi << 64) | lo, length)


def _means(each: Suppression, cells: Mapping[str, object], report_type: ReportType) -> bool:
    last = cells["_last"]
    port = cells.get(report_type.subject_port)
    return (
        isinstance(last, dt.datetime)
        and each.hides_time(last)
        and each.hides_type(report_type)
        and each.rule in (None, cells["_rule"])
        and each.port in (None, port)
    )
