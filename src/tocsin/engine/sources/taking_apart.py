"""Rows that hold several events: each item of a list of theirs becomes one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.catalogue.reading import Step
from tocsin.engine.sources.cell_forms import networks
from tocsin.engine.sources.json_paths import Json, follow, parsed, split_path, text_of

MOST_EVENTS = 1_000
"""A row of more is rejected: one line must not fill the memory."""

MOST_BYTES = 1 << 25
"""Nor does a row count, its bytes taken as often as it has events."""

MOST_MORE = 1 << 20
"""So many events beyond the first of their rows fit into a slice."""

TOO_MANY = f"more than {MOST_EVENTS} events in a row, or too many in this part of the file"

Rows = NDArray[np.int64]


class Room:
    """How many more events the groups of a slice may have than rows."""

    def __init__(self) -> None:
        self.left = MOST_MORE

    def take(self, count: int) -> None:
        """So many are there for good."""
        self.left -= count


class Events:
    """The events of some rows; at first each row is one.

    sizes: bytes of each row.

    rows: the row of each event, ascending, `(n,)`. uneven: events a column of which had not as
    many items as the column that it goes along with; it says nothing there. lists: of each event
    the column among whose items it was, in the last step that found it in one.
    """

    def __init__(self, cells: pa.Table, sizes: Sequence[int], room: Room) -> None:
        self.rows: Rows = np.arange(cells.num_rows)
        self.uneven = 0
        self._cells = cells
        self._sizes = sizes
        self._room = room
        self._items: dict[str, list[Json]] = {}
        self.lists: list[str | None] = [None] * cells.num_rows
        self._read: dict[str, list[Json]] = {}
        self._stepped: set[str] = set()
        self._crowded: set[int] = set()

    @property
    def are_rows(self) -> bool:
        """Whether each row is one event, as it stands."""
        return not self._items

    @property
    def crowded(self) -> NDArray[np.bool_]:
        """The rows that hold more events than any may; all but one event of theirs are missing."""
        found = np.zeros(self._cells.num_rows, np.bool_)
        found[list(self._crowded)] = True
        return found

    @property
    def parts(self) -> Rows:
        """The number of each event within its row, from 0."""
        first = np.searchsorted(self.rows, self.rows)
        parts: Rows = np.arange(len(self.rows)) - first
        return parts

    def texts(self, name: str) -> pa.Array:
        """The cells of a column or at the end of a path, null where there is nothing."""
        if name in self._cells.column_names and name not in self._items:
            column = self._cells.column(name).combine_chunks()
            return column if self.are_rows else column.take(pa.array(self.rows))
        return pa.array([text_of(value) for value in self._values(name)], pa.string())

    def once(self, name: str) -> pa.Array:
        """The cells of a column for the first event of each row, null for the others.

        Of a column that went along with others each event has its own.
        """
        if name in self._items:
            return self.texts(name)
        column = self._cells.column(name).combine_chunks()
        if self.are_rows:
            return column
        first = self.parts == 0
        return column.take(pa.array(self.rows, mask=~first))

    def untouched(self, names: Collection[str]) -> frozenset[str]:
        """The columns whose items are no events, and into which none of these paths leads."""
        known = self._cells.column_names
        found = (split_path(name, known) for name in (*names, *self._stepped))
        return frozenset(known) - {base for base, way in found if way} - self._stepped

    def take_apart(self, step: Step) -> None:
        """Make each item of the step's columns an event."""
        self._stepped.update(step.names)
        columns = [self._values(name) for name in step.names]
        along = {name: self._values(name) for name, _ in step.along}
        taken: list[int] = []
        items: list[Json] = []
        lists: list[str | None] = []
        beside: dict[str, list[Json]] = {name: [] for name in along}
        held = Counter(self.rows.tolist())
        more = len(self.rows) - len(held)
        for event, row in enumerate(self.rows.tolist()):
            named = [
                (item, name)
                for name, column in zip(step.names, columns, strict=True)
                for item in _items(column[event], step)
            ]
            found = [item for item, _ in named]
            extra = max(len(found), 1) - 1
            if extra and self._is_crowded(row, held[row] + extra, more + extra):
                self._crowded.add(row)
                named, found, extra = [], [], 0
            held[row] += extra
            more += extra
            found = found or [None]
            items += found
            taken += [event] * len(found)
            lists += [name for _, name in named] or [self.lists[event]]
            for name, by in step.along:
                beside[name] += self._beside(along[name][event], by, len(found))
        self._items = {
            name: [values[event] for event in taken] for name, values in self._items.items()
        }
        self._items |= {step.names[0]: items, **beside}
        self.rows = self.rows[taken]
        self.lists = lists

    def _is_crowded(self, row: int, events: int, more: int) -> bool:
        if events > MOST_EVENTS or more > self._room.left:
            return True
        return events * self._sizes[row] > MOST_BYTES

    def _beside(self, value: Json, by: str, count: int) -> Sequence[Json]:
        text = text_of(value)
        found = [] if text is None else _parted(text, by)
        if len(found) == count:
            return found
        self.uneven += count if found else 0
        return [None] * count

    def _values(self, name: str) -> list[Json]:
        known = {*self._cells.column_names, *self._items}
        base, way = split_path(name, known)
        if not base:
            return [None] * len(self.rows)
        if base in self._items:
            values = self._items[base]
        else:
            column = self._column(base)
            values = [column[row] for row in self.rows.tolist()]
        return [follow(value, way) for value in values] if way else values

    def _column(self, name: str) -> list[Json]:
        """What the rows say; an object is read once, however many paths lead into it."""
        if name not in self._read:
            cells = self._cells.column(name).to_pylist()
            self._read[name] = [parsed(cell) for cell in cells]
        return self._read[name]


def _items(value: Json, step: Step) -> Iterator[Json]:
    """The items of a cell; what is no list is its only item, what is missing has none."""
    if value is None:
        return
    if isinstance(value, list) and not step.by:
        yield from value
        return
    text = text_of(value)
    if step.networks and text is not None:
        yield from networks(text)
    elif step.by and text is not None:
        yield from _parted(text, step.by)
    else:
        yield value


def _parted(text: str, by: str) -> list[str]:
    return text.split() if by == " " else [part.strip() for part in text.split(by)]
