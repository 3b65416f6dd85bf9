"""Files whose source declares how they are read, and reading them whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tocsin.catalogue.entries import Filters, Source
from tocsin.catalogue.reading import build_reading
from tocsin.engine.sources.compression import members, open_member
from tocsin.engine.sources.formats import FORMATS
from tocsin.engine.sources.raw import RawGroup
from tocsin.engine.sources.survey import survey
from tocsin.model.terms import Terms

MOST = 1 << 30


@dataclass
class Told:
    """What a file said. events: line, number of the row's event, cells, id."""

    events: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    groups: list[RawGroup] = field(default_factory=list)
    rows: int = 0

    @property
    def cells(self) -> list[dict[str, str]]:
        return [cells for _, cells, _ in self.events]

    @property
    def lines(self) -> list[int]:
        return [line for line, _, _ in self.events]

    @property
    def ids(self) -> list[str]:
        return [identity for _, _, identity in self.events]


def declared(format_name: str, said: str, *, repeats: bool = False) -> Source:
    """A source of that format whose `reading` is the YAML."""
    return Source(
        "partner",
        format_name,
        "A partner",
        Terms(),
        filters=Filters(repeats=repeats),
        reading=build_reading(yaml.safe_load(said)),
    )


def read_declared(
    path: Path, source: Source, *, day: str = "2026-11-22", slice_records: int = 250_000
) -> Told:
    """Survey a file, read every slice, and check the sums on the way."""
    (member,) = members(path)
    found = survey(
        member,
        source.format,
        known={},
        slice_records=slice_records,
        most_bytes=MOST,
        reading=source.reading,
    )
    told = Told(rows=found.records)
    for part in found.slices:
        with open_member(member, most_bytes=MOST) as content:
            content.read(part.offset)
            read = FORMATS[source.format].read_slice(
                content, part, found, source=source, report_type=day
            )
        more = read.notes.get("more_events", 0)
        events = sum(map(len, read.groups))
        assert read.rows == part.records
        assert read.rows + more == events + len(read.rejects) + sum(read.dropped.values())
        told.dropped.update(read.dropped)
        told.notes.update(read.notes)
        told.rejects += [(one.line, one.reason) for one in read.rejects]
        told.groups += read.groups
    for group in told.groups:
        for number, cells in enumerate(group.cells.to_pylist()):
            there = {name: cell for name, cell in cells.items() if cell is not None}
            told.events.append((int(group.lines[number]), there, group.ids[number].as_py().hex()))
    return told
