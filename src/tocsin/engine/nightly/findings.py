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
from collections.abc import Collection, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from tocsin.catalogue.entries import Catalogue, ReportType, SubjectKind
from tocsin.engine.intake.hosts import network_texts
from tocsin.engine.lake.schema import MOMENT
from tocsin.engine.nightly.connection import Room, connected
from tocsin.engine.nightly.finding_ids import finding_id, finding_ids
from tocsin.engine.nightly.findings_sql import LEDGER, SIGHTINGS, TABLES
from tocsin.engine.nightly.terms_applied import source_token
from tocsin.model.address import Addresses
from tocsin.model.errors import RunError
from tocsin.model.terms import Terms

__all__ = ("FINDINGS", "FORMAT", "KEEP_DAYS", "Published", "finding_id", "next_findings")

FORMAT = b"1"
"""Number of the ledger's form, in its metadata."""

FINDINGS = pa.schema(
    [
        ("id", pa.binary(16)),
        ("report_type", pa.string()),
        ("subject", pa.string()),
        ("subject_hi", pa.uint64()),
        ("subject_lo", pa.uint64()),
        ("subject_len", pa.uint8()),
        ("port", pa.int64()),
        ("infection", pa.string()),
        ("severity", pa.uint8()),
        ("first_seen", MOMENT),
        ("last_seen", MOMENT),
        ("last_day", pa.date32()),
        ("days_seen", pa.int64()),
        ("events", pa.int64()),
        ("sources", pa.list_(pa.string())),
        ("state", pa.string()),
        ("absent_days", pa.int64()),
        ("fixed_on", pa.date32()),
        ("relapsed_on", pa.date32()),
        ("relapses", pa.int64()),
    ],
    metadata={b"tocsin.format": FORMAT},
)
"""One finding a row, by subject. `subject_*` is null for a name; `infection` is empty for none,
`port` null. `severity` is that of the latest evidence, `last_day` its date. `days_seen` counts
dates with evidence. `events` are all events told; in a type whose window is longer than a day,
where the rows of two nights tell of the same events, the most that one row told. `state` is
`open` or `fixed`; `absent_days` counts since the latest evidence; `fixed_on` is the day of the
last such verdict, `relapsed_on` the date of the evidence against it."""

KEEP_DAYS = 400
"""How long a fixed finding stays in the ledger."""

Published = Sequence[tuple[str, bool, Path]]
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
    before = FINDINGS.empty_table() if previous is None else previous
    if before.schema.metadata is None or before.schema.metadata.get(b"tocsin.format") != FORMAT:
        raise RunError(
            "the findings of the day before have a format that this Tocsin does not read",
            todo="use the Tocsin that wrote them",
        )
    with connected(room) as connection:
        connection.execute(TABLES)
        connection.register("previous", before)
        connection.register("reported", _reported(reported))
        for name, _, path in published:
            _add_sightings(connection, catalogue.report_types[name], path, day)
        known = {"day": day, "absent_days": absent_days, "keep_days": keep_days}
        connection.execute(LEDGER, known)
        ledger: pa.Table = connection.sql("SELECT * FROM ledger").to_arrow_table()
    return _sorted(_named(ledger.cast(FINDINGS.remove_metadata())))


def _reported(reported: Collection[tuple[str, str]]) -> pa.Table:
    """By name, and by the token that stands in the rows of a source that is not named."""
    named = {(source_token(source), name) for source, name in reported}
    pairs = sorted(named.union(reported))
    return pa.table(
        {
            "source": pa.array([source for source, _ in pairs], pa.string()),
            "report_type": pa.array([name for _, name in pairs], pa.string()),
        }
    )


def _add_sightings(
    connection: duckdb.DuckDBPyConnection, report_type: ReportType, path: Path, day: dt.date
) -> None:
    if report_type.subject.kind is SubjectKind.NONE:
        return
    connection.register("published", ds.dataset(path, format="parquet"))
    found = connection.execute("SELECT DISTINCT _terms FROM published").fetchall()
    allowed = sorted(text for (text,) in found if Terms.from_text(text).allows_anybody)
    connection.register("allowed", pa.table({"_terms": pa.array(allowed, pa.string())}))
    name = "NULL::VARCHAR"
    if report_type.subject.kind is SubjectKind.DOMAIN:
        name = f'lower("{report_type.subject.column}")'
    port = report_type.subject_port
    if port == report_type.source_port:
        port = ""
    sql = SIGHTINGS.format(
        report_type=report_type.id,
        windowed=report_type.window_days > 1,
        name=name,
        port=f'"{port}"' if port else "NULL::BIGINT",
        infection='"infection"' if report_type.column("infection") else "''",
    )
    connection.execute(sql, {"day": day})
    connection.unregister("published")
    connection.unregister("allowed")


def _named(ledger: pa.Table) -> pa.Table:
    """Findings that are new get their subject as text, and their id."""
    new = ledger.filter(pc.is_null(ledger.column("id")))
    old = ledger.filter(pc.is_valid(ledger.column("id")))
    subjects = _subjects(new)
    keys = [new.column(name).combine_chunks() for name in ("port", "report_type", "infection")]
    ids = finding_ids(subjects, *keys)
    new = new.set_column(0, FINDINGS.field("id"), ids)
    new = new.set_column(2, FINDINGS.field("subject"), subjects)
    return pa.concat_tables([old, new])


def _subjects(ledger: pa.Table) -> pa.StringArray:
    """Each finding's subject as text: the name it has, or its address or prefix."""
    names = ledger.column("subject").combine_chunks()
    hi, lo, lengths = (
        pc.fill_null(ledger.column(name), 0).to_numpy()
        for name in ("subject_hi", "subject_lo", "subject_len")
    )
    texts = network_texts(Addresses(hi, lo), lengths)
    return pc.if_else(pc.is_null(ledger.column("subject_hi")).combine_chunks(), names, texts)


_ORDER = ("subject_hi", "subject_lo", "subject_len", "subject", "report_type", "port", "infection")


def _sorted(ledger: pa.Table) -> pa.Table:
    order = pc.sort_indices(ledger, [(name, "ascending", "at_end") for name in _ORDER])
    return ledger.take(order).combine_chunks().replace_schema_metadata(FINDINGS.metadata)
