"""Rows in the words of others become events in ours, as their source declares it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.build_rules import SENSOR
from tocsin.catalogue.entries import Source
from tocsin.catalogue.reading import ColumnFrom, Reading
from tocsin.engine.joined_texts import joined
from tocsin.engine.sources.cell_forms import FORMS
from tocsin.engine.sources.identity import derived_ids
from tocsin.engine.sources.raw import MOST_REJECT_BYTES, RawGroup, ReadSlice, Reject
from tocsin.engine.sources.slice_reading import without_missing
from tocsin.engine.sources.taking_apart import TOO_MANY, Events, Room


def shaped(read: ReadSlice, source: Source, reading: Reading, day: str) -> ReadSlice:
    """The same rows, their cells under our names; a row may be several events then.

    day: that of the file, for rows that are timed by it.
    """
    shaper = _Shaper(source, reading, day)
    groups = [shaper.group(group) for group in read.groups]
    return replace(
        read,
        groups=tuple(group for group in groups if len(group)),
        rejects=(*read.rejects, *shaper.rejects),
        notes=dict(Counter(read.notes) + shaper.notes),
    )


class _Shaper:
    def __init__(self, source: Source, reading: Reading, day: str) -> None:
        self.rejects: list[Reject] = []
        self.notes: Counter[str] = Counter()
        self._reading = reading
        self._day = day
        self._missing = pa.array(source.missing, pa.string())
        self._room = Room()

    def group(self, group: RawGroup) -> RawGroup:
        steps = self._reading.steps
        sizes = [len(raw) for raw in group.raws] if steps else []
        events = Events(group.cells, sizes, self._room)
        for step in self._reading.steps:
            events.take_apart(step)
        crowded = events.crowded
        if crowded.any():
            for row in np.flatnonzero(crowded).tolist():
                self._reject(group, row)
            return self.group(group.take(np.flatnonzero(~crowded)))
        self._room.take(len(events.rows) - len(group))
        self.notes["uneven_items"] += events.uneven
        self.notes["more_events"] += len(events.rows) - len(group)
        return self._shaped(group, events)

    def _reject(self, group: RawGroup, row: int) -> None:
        raw = group.raws[row][:MOST_REJECT_BYTES]
        self.rejects.append(Reject(int(group.lines[row]), "too_many_events", TOO_MANY, raw))

    def _shaped(self, group: RawGroup, events: Events) -> RawGroup:
        count = len(events.rows)
        whole = group
        if not events.are_rows:
            whole = replace(group.take(events.rows), rows=events.rows)
        cells = {column.column: self._cells(column, events) for column in self._reading.columns}
        cells |= self._others(group, events, cells)
        sensors = cells.pop(SENSOR, None)
        return replace(
            whole,
            sensors=whole.sensors if sensors is None else pc.coalesce(sensors, whole.sensors),
            targets=self._reading.report_types,
            observation="",
            cells=pa.table(cells),
            ids=self._ids(group, events),
            # A word of ours, of which the files of others know nothing.
            confirmed=np.zeros(count, np.bool_),
        )

    def _others(
        self, group: RawGroup, events: Events, named: Collection[str]
    ) -> dict[str, pa.Array]:
        """The columns that keep their names beside those that are made of them."""
        if self._reading.others_left:
            return {}
        left = events.untouched(self._reading.named) - self._reading.taken
        kept = [n for n in group.cells.column_names if n in left and n not in named]
        return {name: self._trimmed(events.once(name)) for name in kept}

    def _ids(self, group: RawGroup, events: Events) -> pa.FixedSizeBinaryArray:
        day = self._day if self._reading.by_file_day else ""
        if events.are_rows and not day:
            return group.ids
        ids = group.ids.take(pa.array(events.rows))
        return derived_ids(ids, day, events.parts.tolist())

    def _cells(self, column: ColumnFrom, events: Events) -> pa.Array:
        constant = self._day if column.file_day else column.value
        if constant:
            return pa.repeat(pa.scalar(constant), len(events.rows))
        if column.event_number:
            return pa.array(events.parts).cast(pa.string())
        if column.event_list:
            found = pa.array(events.lists, pa.string())
        else:
            found = self._trimmed(_joined(column, [events.texts(name) for name in column.names]))
        if column.is_plain:
            return found
        if column.match:
            found = pc.struct_field(pc.extract_regex(found, column.match), "cell")
        if column.words:
            words = dict(column.words)
            found = _by_distinct(found, lambda cell: words.get(cell, cell))
        if column.form:
            found = _by_distinct(found, FORMS[column.form])
        return without_missing(found, self._missing)

    def _trimmed(self, texts: pa.Array) -> pa.Array:
        return without_missing(pc.utf8_trim_whitespace(texts), self._missing)


def _joined(column: ColumnFrom, texts: list[pa.Array]) -> pa.Array:
    if column.joined is not None:
        return joined(texts, column.joined)
    return texts[0] if len(texts) == 1 else pc.coalesce(*texts)


def _by_distinct(texts: pa.Array, make: Callable[[str], str]) -> pa.Array:
    """What is made of each cell; nothing stays nothing."""
    coded = texts.dictionary_encode()
    made = [None if cell is None else make(cell) for cell in coded.dictionary.to_pylist()]
    return pa.array(made, pa.string()).take(coded.indices)
