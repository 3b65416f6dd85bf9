"""The rows of a gathered unit: what its groups say, and the lake's rows that they show.

A gathered unit is no copy of its events but a small file of groups: where the first event of each
lies in the lake's files, and what the group as a whole says. Whoever needs rows reads the columns
it needs out of the lake, once, in the order of time and id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.entries import ReportType
from tocsin.engine.lake.parquet import CODED, read_row_groups
from tocsin.engine.lake.schema import MOMENT
from tocsin.engine.nightly.distinct import single
from tocsin.engine.nightly.lake_rows import PLACE, LakeRows, file_of
from tocsin.engine.nightly.ranked import ranked_rows
from tocsin.model.address import Ints

GROUPS = pa.schema(
    [
        (PLACE, pa.int64()),
        ("_terms", CODED),
        *((name, MOMENT) for name in ("_first", "_last")),
        *((name, pa.int64()) for name in ("_count", "units")),
        *((name, MOMENT) for name in ("counted_from", "counted_to")),
    ]
)
"""What a group says: the place of its first event, the strictest of its terms, its span, its
events, and of the type's counting columns the sum of counts and the span that sources tell."""


@dataclass(frozen=True)
class GatheredRows:
    """The rows of one unit. `groups`: a file of GROUPS by time and id; `scratch`: see ranked."""

    lake: LakeRows
    groups: Path
    scratch: Path

    def pieces(self, names: Sequence[str]) -> Iterator[pa.Table]:
        """Those columns of all rows, ROW_GROUP rows at a time, in the order of time and id."""
        counting = self.lake.report_type.counting
        said = _said_columns(self.lake.report_type)
        of_lake = [name for name in names if name not in said or name == counting.count]
        places = self._places()
        shown = ranked_rows(self._shown(places, of_lake), len(places), self.scratch)
        for rows, told in zip(shown, self._told(), strict=True):
            whole = _completed(rows, told, self.lake.report_type)
            yield pa.table([whole[name] for name in names], names=list(names))

    def _told(self) -> Iterator[pa.Table]:
        return read_row_groups(self.groups, coded=["_terms"])

    def _places(self) -> Ints:
        found = [
            single(told.column(PLACE)).to_numpy() for told in read_row_groups(self.groups, [PLACE])
        ]
        return np.concatenate([np.zeros(0, np.int64), *found])

    def _shown(self, places: Ints, names: Sequence[str]) -> Iterator[tuple[pa.Table, Ints]]:
        """The lake's rows at those places with their ranks: file by file, earlier rows first."""
        ranks = np.argsort(places)
        ascending = places[ranks]
        edges = np.searchsorted(file_of(ascending), np.arange(len(self.lake.files) + 1)).tolist()
        spans = [(edges[n], edges[n + 1], n) for n in range(len(self.lake.files))]
        first_rank = {n: int(ranks[begin:end].min()) for begin, end, n in spans if begin < end}
        for number in sorted(first_rank, key=first_rank.__getitem__):
            inside = slice(edges[number], edges[number + 1])
            yield from self.lake.rows_at(ascending[inside], ranks[inside], number, names)


def _said_columns(report_type: ReportType) -> Collection[str]:
    counting = report_type.counting
    told = (counting.count, counting.first_seen, counting.last_seen)
    return {"_terms", "_first", "_last", "_count", *filter(None, told)}


def _completed(
    rows: pa.Table, told: pa.Table, report_type: ReportType
) -> Mapping[str, pa.ChunkedArray]:
    """The columns of the rows, those among them that a group says as it says them."""
    counting = report_type.counting
    columns = {name: rows.column(name) for name in rows.column_names}
    columns |= {name: told.column(name) for name in ("_terms", "_first", "_last", "_count")}
    if counting.count in columns:
        # A single event keeps the cell as its source wrote it, be it empty.
        alone = pc.equal(told.column("_count"), 1)
        columns[counting.count] = pc.if_else(alone, columns[counting.count], told.column("units"))
    if counting.first_seen:
        columns[counting.first_seen] = pc.coalesce(
            told.column("counted_from"), told.column("_first")
        )
    if counting.last_seen:
        columns[counting.last_seen] = pc.coalesce(told.column("counted_to"), told.column("_last"))
    return columns
