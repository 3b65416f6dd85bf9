"""Episodes as records: judged, located and under terms like events that came in."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from tocsin.catalogue.correlations import AggregateKind, Correlation
from tocsin.catalogue.entries import Catalogue, Filters, Location, ReportType, Source
from tocsin.catalogue.rules import MAY_BE_FORGED, Evidence
from tocsin.engine.classify.correlation_find import Cell, Episode
from tocsin.engine.intake.allow_list import Allowed
from tocsin.engine.intake.judge import judge
from tocsin.engine.intake.known_networks import KnownNetworks
from tocsin.engine.intake.locate import Atlases
from tocsin.engine.intake.typed_group import Circumstances
from tocsin.engine.lake.coded import as_texts, by_codes
from tocsin.engine.nightly.withheld.several import CORRELATION, joined_sensors
from tocsin.engine.sources.raw import RawGroup
from tocsin.model.columns import ColumnKind
from tocsin.model.errors import CatalogueError
from tocsin.model.terms import Terms, strictest

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TIMES: Final = (AggregateKind.FIRST, AggregateKind.LAST)


@dataclass(frozen=True, slots=True)
class Made:
    """Records of one source, and what became of their episodes. `source`: for `_source`."""

    source: str
    table: pa.Table
    counts: Counter[str]


@dataclass(frozen=True)
class RecordMaker:
    """What all records of a run have in common. `received`: when the run was planned."""

    catalogue: Catalogue
    atlases: Atlases
    allowed: tuple[Allowed, ...]
    received: dt.datetime
    known: KnownNetworks

    def records(
        self, correlation: Correlation, report_type: str, day: dt.date, episodes: Sequence[Episode]
    ) -> Iterator[Made]:
        """The records of one type that episodes of a day become, by terms and sources."""
        alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Episode]] = defaultdict(list)
        for each in episodes:
            alike[each.terms, each.sources].append(each)
        found = self.catalogue.report_types[report_type]
        for (terms, sources), some in sorted(alike.items()):
            source = self._source(terms, sources)
            group = _group(correlation, found, day, some)
            given = Circumstances(
                catalogue=self.catalogue,
                source=source,
                atlases=self.atlases,
                allowed=self.allowed,
                known=self.known,
                received=self.received,
                historical=True,
            )
            judged = judge(group, found, "", given)
            counts = Counter({"records": judged.table.num_rows})
            counts.update({f"{r}:{report_type}": n for r, n in judged.verdicts.counts().items()})
            yield Made(source.name, judged.table.cast(as_texts(judged.table.schema)), counts)

    def _source(self, terms: Sequence[str], sources: Sequence[str]) -> Source:
        """What stands for all sources that an episode was seen by: the strictest of each."""
        known = [self._known(name) for name in sources]
        filters = [each.filters for each in known]
        return Source(
            name=sources[0] if len(sources) == 1 else CORRELATION,
            format=CORRELATION,
            title="Correlated observations",
            terms=strictest(Terms.from_text(text) for text in terms),
            location=Location.OVERWRITE,
            filters=Filters(
                reserved=any(each.reserved for each in filters),
                reserved_allowed=frozenset.intersection(
                    *(each.reserved_allowed for each in filters)
                ),
                allow_list=any(each.allow_list for each in filters),
            ),
            missing=("",),
        )

    def _known(self, name: str) -> Source:
        """A source, or what a source is that was taken out of the catalogue since."""
        try:
            return self.catalogue.source(name)
        except CatalogueError:
            return Source(name=name, format="", title="", terms=Terms())


def _group(
    correlation: Correlation, report_type: ReportType, day: dt.date, episodes: Sequence[Episode]
) -> RawGroup:
    cells = [_cells(correlation, report_type, each) for each in episodes]
    names = sorted({name for each in cells for name in each})
    rows = len(episodes)
    ids = b"".join(_identity(correlation, day, each) for each in episodes)
    sensors = [joined_sensors(each.sensors) or None for each in episodes]
    return RawGroup(
        targets=(report_type.id,),
        observation="",
        cells=pa.table({n: pa.array([each.get(n) for each in cells], pa.string()) for n in names}),
        lines=np.zeros(rows, np.int64),
        ids=pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), rows, [None, pa.py_buffer(ids)]),
        raws=[b""] * rows,
        sensors=pa.array(sensors, pa.string()),
        confirmed=np.zeros(rows, np.bool_),
        rules=by_codes(np.zeros(rows, np.int32), [correlation.mark]),
    )


def _cells(correlation: Correlation, report_type: ReportType, episode: Episode) -> dict[str, str]:
    """What the record says: of the group, worked out, and what the correlation itself says."""
    group = {n: cell for n, cell in episode.group.items() if report_type.column(n) is not None}
    moved = {target: episode.group[origin] for target, origin in correlation.columns.items()}
    said = {**group, **moved}
    for name, each in correlation.aggregates.items():
        cell = episode.aggregates[name]
        is_time = each.kind in _TIMES and isinstance(cell, int)
        said[name] = _moment(int(cell or 0)) if is_time else _fitting(cell, report_type, name)
    cells = {name: str(cell) for name, cell in said.items() if cell is not None}
    cells = {**correlation.says, **cells, "timestamp": _moment(episode.first)}
    if correlation.evidence is Evidence.ONE_WAY:
        cells["tag"] = ";".join([*filter(None, [cells.get("tag")]), MAY_BE_FORGED])
    return cells


def _fitting(cell: Cell, report_type: ReportType, name: str) -> Cell:
    """A rate as a whole number where the column holds only such."""
    column = report_type.column(name)
    whole = column is not None and column.kind is ColumnKind.INTEGER
    return round(cell) if whole and isinstance(cell, float) else cell


def _moment(microseconds: int) -> str:
    return (_EPOCH + dt.timedelta(microseconds=microseconds)).isoformat()


def _identity(correlation: Correlation, day: dt.date, episode: Episode) -> bytes:
    """The same for the same episode, whatever the correlation makes of it."""
    key: Sequence[tuple[str, Cell]] = episode.key
    said = json.dumps([correlation.id, day.isoformat(), key, episode.first])
    return hashlib.blake2b(said.encode(), digest_size=16).digest()
