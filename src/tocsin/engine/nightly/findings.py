"""Findings: what subscribers have to fix, as a ledger that every day makes out of the last.

A finding is a (subject, port, report type, infection); its id is a hash of these four and is
promised stable. The port is the one a service listens on; a caller's own port changes with each
call and would make every call a finding.

Each row is evidence for a date, that of its last event. Evidence of the day itself is a sighting.
Evidence of an earlier date (a row that came late, a row of a longer window that saw nothing new)
completes the record: it counts only if it is later than what was known, and it takes back a
`fixed` that was concluded from a silence that has turned out to be none.

A day counts as absence only if a source that reported the finding reported that type on that
day, and nothing new of it came. After `absent_days` such days the finding is fixed; evidence of a
later date than that is a relapse.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import pyarrow as pa

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.lake.parquet import read_parquet, write_parquet
from tocsin.engine.nightly.connection import Room, folder_in
from tocsin.engine.nightly.day_ranges import deal_out, step_ranges
from tocsin.engine.nightly.finding_ids import finding_id
from tocsin.engine.nightly.findings_step import Rules
from tocsin.engine.nightly.ledger_file import FINDINGS, FORMAT
from tocsin.engine.nightly.statistics import Published, units_of
from tocsin.engine.nightly.terms_applied import source_token

__all__ = ("FINDINGS", "FORMAT", "KEEP_DAYS", "Published", "finding_id", "next_findings")

KEEP_DAYS = 400
"""How long a fixed finding stays in the ledger."""

_ANY_ROOM = Room()


def next_findings(
    previous: pa.Table | None,
    published: Published,
    catalogue: Catalogue,
    day: dt.date,
    *,
    reported: Collection[tuple[str, str]],
    absent_days: int = 7,
    keep_days: int = KEEP_DAYS,
    room: Room = _ANY_ROOM,
) -> pa.Table:
    """The ledger of a day out of the ledger before it and the day's published rows.

    `previous`: a table of FINDINGS, None for the first day. `published`: report type, whether
    delayed, and Parquet file of each unit. `reported`: (source, report type) of what came for
    this day. Returns a table of FINDINGS, sorted by subject; nothing but the arguments counts,
    not even the order of rows. RunError if `previous` has another format.
    """
    with folder_in(room) as folder:
        before = folder / "before.parquet" if previous is not None else None
        if before is not None:
            write_parquet(previous, before)
        dealt = deal_out(units_of(published, catalogue), before, folder)
        rules = Rules(day, absent_days, keep_days, with_tokens(reported))
        step_ranges(dealt, rules, folder / "after.parquet")
        return read_parquet(folder / "after.parquet").cast(FINDINGS)


def with_tokens(reported: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """By name, and by the token that stands in the rows of a source that is not named."""
    return frozenset(reported) | {(source_token(source), name) for source, name in reported}
