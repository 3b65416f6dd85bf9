"""What the digests of some pieces add up to, in memory that does not grow with the input."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.entries import Catalogue, ReportType, Source, SubjectKind
from tocsin.engine.intake.digest import Digest, Sorted
from tocsin.engine.intake.judge import FUTURE_LIMIT
from tocsin.engine.look.addresses import SIGHTINGS, AddressTally
from tocsin.engine.look.frequent import Frequent

_EXAMPLES_KEPT = 3
_EXAMPLE_BYTES = 512
_MOST_UNKNOWN = 1_000
_LONGEST = 200
_INFECTIONS = ("infection", "family", "tag")


@dataclass(frozen=True, slots=True)
class Example:
    """A rejected row: where it begins, why, and the beginning of its bytes."""

    file: str
    line: int
    reason: str
    detail: str
    raw: bytes


@dataclass(slots=True)
class Tally:
    """Adds up digests. `now` is the clock reading that rows are called old or early by.

    too_old: rows that a report would no longer take. early: rows ahead of the clock by more
    than their source's tolerance; far_ahead: those of them that would be rejected.
    """

    now: dt.datetime
    rows: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    set_aside: Frequent[str] = field(default_factory=Frequent)
    unknown_columns: set[str] = field(default_factory=set)
    examples: dict[str, list[Example]] = field(default_factory=lambda: defaultdict(list))
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    too_old: int = 0
    early: int = 0
    far_ahead: int = 0
    by_area: Counter[str] = field(default_factory=Counter)
    by_type: Counter[str] = field(default_factory=Counter)
    by_severity: Counter[int] = field(default_factory=Counter)
    observations: Frequent[str] = field(default_factory=Frequent)
    asns: Frequent[int] = field(default_factory=Frequent)
    countries: Frequent[str] = field(default_factory=Frequent)
    infections: Frequent[str] = field(default_factory=Frequent)
    domains: Frequent[str] = field(default_factory=Frequent)
    addresses: AddressTally = field(default_factory=AddressTally)

    @property
    def adds_up(self) -> bool:
        """Whether every row is kept, dropped or rejected, and none twice."""
        return self.rows == self.kept + self.dropped.total() + self.rejected.total()

    def add(self, digest: Digest, source: Source, catalogue: Catalogue) -> None:
        """Add one piece, read as that source's under that catalogue."""
        account = digest.account
        self.rows += account.rows
        self.kept += account.accepted
        self.dropped.update(account.dropped)
        self.rejected.update(account.rejected)
        self.notes.update(account.notes)
        self.set_aside.add(account.set_aside)
        if len(self.unknown_columns) < _MOST_UNKNOWN:
            self.unknown_columns.update(account.unknown_columns)
        self._add_examples(digest)
        for part in digest.tables:
            self._add_times(part.table.column("timestamp"), source)
            report_type = catalogue.report_types.get(part.report_type)
            if report_type is None:
                self.observations.add({part.kind[:_LONGEST]: part.table.num_rows})
            else:
                self._add_records(part, report_type)

    def _add_examples(self, digest: Digest) -> None:
        for reject in digest.rejects:
            known = self.examples[reject.reason]
            if len(known) < _EXAMPLES_KEPT:
                raw = reject.raw[:_EXAMPLE_BYTES]
                name = digest.account.name
                known.append(Example(name, reject.line, reject.reason, reject.detail, raw))

    def _add_times(self, times: pa.ChunkedArray, source: Source) -> None:
        bounds = pc.min_max(times).as_py()
        self.first = _of_both(min, self.first, bounds["min"])
        self.last = _of_both(max, self.last, bounds["max"])
        self.too_old += _count(pc.less(times, pa.scalar(self.now - source.max_age)))
        self.early += _count(pc.greater(times, pa.scalar(self.now + source.tolerance)))
        self.far_ahead += _count(pc.greater(times, pa.scalar(self.now + FUTURE_LIMIT)))

    def _add_records(self, part: Sorted, report_type: ReportType) -> None:
        table, rows = part.table, part.table.num_rows
        self.by_type[report_type.id] += rows
        self.by_area[report_type.area] += rows
        self.by_severity.update(_numbers(table.column("_severity")))
        asn = _of_subject(table, report_type, "asn", "_origins")
        country = _of_subject(table, report_type, "geo", "_countries")
        self.asns.add(_numbers(asn))
        self.countries.add(_words(country))
        self.infections.add(_words(_infections(table)))
        if report_type.subject.kind is SubjectKind.DOMAIN:
            self.domains.add(_words(pc.list_flatten(table.column("_domains"))))
        columns = [
            table.column("_subject_hi"),
            table.column("_subject_lo"),
            table.column("_subject_len"),
            table.column("timestamp"),
            asn,
            country,
        ]
        self.addresses.add(pa.table(columns, schema=SIGHTINGS))


def _of_both(
    choose: Callable[[dt.datetime, dt.datetime], dt.datetime],
    known: dt.datetime | None,
    found: dt.datetime | None,
) -> dt.datetime | None:
    return choose(known, found) if known and found else known or found


def _count(flags: pa.ChunkedArray) -> int:
    return int(pc.sum(flags).as_py() or 0)


def _numbers(column: pa.ChunkedArray) -> Mapping[int, int]:
    """How often each number is there."""
    counted = pc.value_counts(column.drop_null())
    numbers, counts = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
    return dict(zip(numbers, counts, strict=True))


def _words(column: pa.ChunkedArray) -> Mapping[str, int]:
    """How often each word is there; of a hostile one, which may be megabytes, the beginning."""
    texts = column.drop_null().cast(pa.string())  # what rules say is coded
    counted = pc.value_counts(pc.utf8_slice_codeunits(texts, 0, _LONGEST))
    words, counts = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
    return {word: count for word, count in zip(words, counts, strict=True) if word}


def _of_subject(
    table: pa.Table, report_type: ReportType, place: str, owned: str
) -> pa.ChunkedArray:
    """The subject's AS or country per row: as its column shows it, else the first who is told."""
    column = report_type.subject.column
    name = column.removesuffix("ip") + place
    if column.endswith("ip") and report_type.column(name):
        return table.column(name)
    lists = table.column(owned)
    first = pc.if_else(pc.greater(pc.list_value_length(lists), 0), lists, None)
    return pc.list_element(first, 0)


def _infections(table: pa.Table) -> pa.ChunkedArray:
    named = [table.column(name) for name in _INFECTIONS if name in table.column_names]
    return pc.coalesce(*named) if named else pa.chunked_array([], pa.string())
