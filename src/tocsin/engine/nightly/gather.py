"""Gathering: the events of a unit become rows, each event counted once.

An event that came twice (same `_id`) counts once; one that an earlier run has sent is left out.
Events with equal aggregation keys become one row, which shows the first of them whole and carries
`_first`, `_last` and `_count` of all. Four things part events that would otherwise be one row:

- whose the subject was (origins, countries, domains): a network that changed hands at noon must
  not tell its new owner of the morning;
- a validity boundary of one of its own subscribed networks, for the same reason;
- to whom their terms release them: an event that nobody may have must not silence, by being the
  stricter one, another witness of the same thing;
- the source port, in networks where many customers share an address: there up to N sightings
  stay rows of their own, since only port and time tell the customer.

Groups are found from the few columns that make them (`gather_groups`); then each lake file is
read once, for the rows that are shown, which are brought into the order of time and id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.entries import ReportType
from tocsin.engine.lake.parquet import write_pieces
from tocsin.engine.lake.schema import gathered_schema
from tocsin.engine.nightly.gather_groups import MOST_ROWS, Grouping, Groups, Segments
from tocsin.engine.nightly.lake_rows import LakeRows, file_of
from tocsin.engine.nightly.ranked import RankedRows
from tocsin.model.address import Ints


@dataclass(frozen=True, slots=True)
class GatherAccount:
    """The fate of a unit's events: `events == repeated + sent_before + merged + rows`."""

    events: int
    repeated: int
    sent_before: int
    merged: int
    rows: int

    @property
    def adds_up(self) -> bool:
        """Whether no event is lost and none counted twice."""
        return self.events == self.repeated + self.sent_before + self.merged + self.rows

    def to_json(self) -> dict[str, object]:
        """As the manifest keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class GatherInput:
    """What one unit is gathered from.

    `seen`: files with rows of the same type that earlier runs sent. `segments`: for a table of
    events the spans of time in which nothing changes hands, which part rows; None where nothing
    does. `shared_networks`: prefixes whose addresses many customers share, with how many
    sightings of a key stay rows of their own. `most_rows`: so many events are grouped at once;
    what comes out does not hang on it.
    """

    report_type: ReportType
    files: Sequence[Path]
    seen: Sequence[Path]
    segments: Segments | None
    shared_networks: Sequence[tuple[str, int]]
    memory_limit: str
    scratch: Path
    most_rows: int = MOST_ROWS


def gather(given: GatherInput, destination: Path) -> GatherAccount:
    """Gather one unit into a Parquet file, rows by time and id."""
    given.scratch.mkdir(parents=True, exist_ok=True)
    lake = LakeRows(given.report_type, given.files)
    groups = Grouping(
        lake=lake,
        seen=given.seen,
        segments=given.segments,
        shared_networks=given.shared_networks,
        memory_limit=given.memory_limit,
        scratch=given.scratch,
        most_rows=given.most_rows,
    ).run()
    shown = _shown_rows(lake, groups.places, given.scratch)
    rows = write_pieces(
        _completed(shown, groups, given.report_type),
        gathered_schema(given.report_type),
        destination,
    )
    groups.close()
    return GatherAccount(
        events=groups.events,
        repeated=groups.repeated,
        sent_before=groups.sent_before,
        merged=groups.events - groups.repeated - groups.sent_before - len(groups.places),
        rows=rows,
    )


def _shown_rows(lake: LakeRows, places: Ints, scratch: Path) -> Iterator[pa.Table]:
    """The rows at those places of the lake's files, in that order."""
    ranked = RankedRows(scratch)
    ranks = np.argsort(places)
    ascending = places[ranks]
    numbers = np.arange(len(lake.files) + 1)
    edges = np.searchsorted(file_of(ascending), numbers).tolist()
    for number in range(len(lake.files)):
        inside = slice(edges[number], edges[number + 1])
        if inside.start < inside.stop:
            for table, part in lake.rows_at(ascending[inside], number):
                ranked.add(table, ranks[inside][part])
    return ranked.pieces()


def _completed(
    shown: Iterator[pa.Table], groups: Groups, report_type: ReportType
) -> Iterator[pa.Table]:
    """The shown rows with what their groups as a whole say."""
    names = gathered_schema(report_type).names
    for rows, told in zip(shown, groups.pieces(), strict=True):
        said = _said(rows, told, report_type)
        columns = [said[name] if name in said else rows.column(name) for name in names]
        yield pa.table(columns, names=names)


def _said(rows: pa.Table, told: pa.Table, report_type: ReportType) -> Mapping[str, pa.ChunkedArray]:
    """Columns of the rows that a group says, where it is more than its first event."""
    counting = report_type.counting
    said = {name: told.column(name) for name in ("_terms", "_first", "_last", "_count")}
    if counting.count:
        # A single event keeps the cell as its source wrote it, be it empty.
        single = pc.equal(told.column("_count"), 1)
        said[counting.count] = pc.if_else(single, rows.column(counting.count), told.column("units"))
    if counting.first_seen:
        said[counting.first_seen] = pc.coalesce(told.column("counted_from"), told.column("_first"))
    if counting.last_seen:
        said[counting.last_seen] = pc.coalesce(told.column("counted_to"), told.column("_last"))
    return said
