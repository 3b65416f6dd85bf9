"""The step of the ledger by one day: what was known of each finding, the evidence, and the verdict.

All arrays are `(n,)`, one entry a finding. Dates are days and moments microseconds since 1970;
NEVER stands for what there is not.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.engine.nightly.distinct import one_array
from tocsin.engine.nightly.findings_evidence import Evidence
from tocsin.engine.nightly.source_sets import SourceSets
from tocsin.model.address import Flags, Ints

NEVER = np.iinfo(np.int64).min
"""As a date or a moment: before all others."""

ALWAYS = np.iinfo(np.int64).max
"""As a date or a moment: after all others."""

_UNKNOWN = {
    "severity": -1,
    "first_seen": ALWAYS,
    "last_seen": NEVER,
    "last_day": NEVER,
    "days_seen": 0,
    "events": 0,
    "sources": 0,
    "fixed": 0,
    "absent_days": 0,
    "fixed_on": NEVER,
    "relapsed_on": NEVER,
    "relapses": 0,
}
_NO_EVIDENCE = {"latest": NEVER, "severity": -1, "first": ALWAYS, "last": NEVER}


@dataclass(frozen=True)
class State:
    """Findings as the ledger has them. `sources`: numbers of sets; `fixed`: 1, or 0 for open."""

    severity: Ints
    first_seen: Ints
    last_seen: Ints
    last_day: Ints
    days_seen: Ints
    events: Ints
    sources: Ints
    fixed: Ints
    absent_days: Ints
    fixed_on: Ints
    relapsed_on: Ints
    relapses: Ints

    @classmethod
    def of(cls, ledger: pa.Table, sets: SourceSets) -> State:
        """The rows of a ledger."""
        fixed = pc.equal(one_array(ledger, "state"), "fixed").cast(pa.int64())
        found = {"fixed": fixed.to_numpy(), "sources": sets.of_lists(one_array(ledger, "sources"))}
        for name in _UNKNOWN.keys() - found.keys():
            found[name] = _filled(ledger, name)
        return cls(**found)

    def at(self, rows: Ints) -> State:
        """Some rows of it; -1 stands for a finding that is not known."""
        if not len(self.last_day):
            return State(
                **{name: np.broadcast_to(none, len(rows)) for name, none in _UNKNOWN.items()}
            )
        return State(
            **{name: np.append(getattr(self, name), none)[rows] for name, none in _UNKNOWN.items()}
        )


def _filled(ledger: pa.Table, name: str) -> Ints:
    column = one_array(ledger, name)
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    numbers: Ints = pc.fill_null(column.cast(pa.int64()), _UNKNOWN[name]).to_numpy()
    return numbers


def for_all(evidence: Evidence, findings: int) -> Evidence:
    """Evidence for each of so many findings, in their order; `days` is 0 where there is none."""
    if len(evidence.groups) == findings:
        return evidence
    found = {}
    for field in fields(Evidence):
        values: Ints = np.full(findings, _NO_EVIDENCE.get(field.name, 0), np.int64)
        values[evidence.groups] = getattr(evidence, field.name)
        found[field.name] = values
    return Evidence(**found | {"groups": np.arange(findings)})


@dataclass(frozen=True, slots=True)
class Rules:
    """What the step of a day goes by. `reported`: source and report type of what came for it."""

    day: dt.date
    absent_days: int
    keep_days: int
    reported: frozenset[tuple[str, str]]

    @property
    def number(self) -> int:
        """The day, in days since 1970."""
        return (self.day - dt.date(1970, 1, 1)).days


def next_state(
    old: State, new: Evidence, sources: Ints, *, windowed: Flags, awaited: Flags, rules: Rules
) -> tuple[State, Flags]:
    """The findings a day later, and which of them stay in the ledger.

    `sources`: who reported it, before or today. `windowed`: it is of a type of which the rows of
    two nights tell of the same events. `awaited`: one of its sources reported its type today.
    """
    is_new, fixed = new.days > 0, old.fixed > 0
    last_day = np.maximum(old.last_day, new.latest)
    # How long the silence was at the end of yesterday, and what of an earlier verdict stands.
    silence = np.minimum(old.absent_days, np.maximum(rules.number - last_day - 1, 0))
    absent = np.where(is_new, silence, old.absent_days)
    relapsed = is_new & fixed & (last_day > old.fixed_on)
    # A verdict that has been taken back was none; one that a relapse ended was.
    belied = is_new & fixed & ~relapsed & (absent < rules.absent_days)
    stays_fixed = fixed & ~relapsed & ~belied
    absent = absent + (awaited & ~is_new & ~fixed)
    becomes_fixed = ~stays_fixed & (absent >= rules.absent_days)
    fixed_on = np.where(belied, NEVER, old.fixed_on)
    state = State(
        severity=_severity(old, new, is_new),
        first_seen=np.minimum(old.first_seen, new.first),
        last_seen=np.maximum(old.last_seen, new.last),
        last_day=last_day,
        days_seen=old.days_seen + new.days,
        events=np.where(windowed, np.maximum(old.events, new.most), old.events + new.total),
        sources=sources,
        fixed=(stays_fixed | becomes_fixed).astype(np.int64),
        absent_days=absent,
        fixed_on=np.where(becomes_fixed, rules.number, fixed_on),
        relapsed_on=np.where(relapsed, last_day, old.relapsed_on),
        relapses=old.relapses + relapsed,
    )
    return state, ~(stays_fixed & (fixed_on < rules.number - rules.keep_days))


def _severity(old: State, new: Evidence, is_new: Flags) -> Ints:
    """That of the latest evidence; of the same date, the greatest."""
    of_same_date = np.maximum(old.severity, new.severity)
    of_latest = np.where(is_new, new.severity, of_same_date)
    return np.where(new.latest >= old.last_day, of_latest, old.severity)
