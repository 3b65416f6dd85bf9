"""The rows of a slice with what their sessions tell: whole columns, no loop over rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.sources.raw import RawGroup
from tocsin.engine.sources.sessions import MOST_CELL, SessionJoin, Sessions, session_key

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Joined:
    """What the sessions tell, by column, for the rows of each group.

    unknown: rows of sessions of which nobody has told.
    """

    cells: tuple[Mapping[str, pa.Array], ...]
    unknown: int


def join_sessions(groups: Sequence[RawGroup], join: SessionJoin, carried: Sessions) -> Joined:
    """Tell each row what rows before it have told of its session.

    `groups`: all rows of a slice, in any order. `carried`: what was told before the slice.
    """
    if not groups:
        return Joined((), 0)
    rows = _SortedRows(groups, join)
    columns = {name: rows.spread(cells) for name, cells in _columns(rows, join, carried)}
    edges = np.cumsum([0, *map(len, groups)]).tolist()
    cells = tuple(
        {name: column.slice(begin, end - begin) for name, column in columns.items()}
        for begin, end in pairwise(edges)
    )
    return Joined(cells, int((~rows.known(carried)).sum()))


def column_of(group: RawGroup, name: str) -> pa.Array:
    """A column of a group as one array, nulls if it has none of that name."""
    if name not in group.cells.column_names:
        return pa.nulls(len(group), pa.string())
    column = group.cells.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


class _SortedRows:
    """The rows that are of a session, by session and then by line.

    order: the number of each of them among all rows. sessions: each one's session as a number;
    keys: the sessions' names. opened: where the row is that opened the session last, -1 for none.
    """

    def __init__(self, groups: Sequence[RawGroup], join: SessionJoin) -> None:
        self._groups = groups
        self._rows = sum(map(len, groups))
        sensors = pa.concat_arrays([group.sensors for group in groups])
        numbers, self.keys = _numbered(sensors, self._column(join.key))
        lines = np.concatenate([group.lines for group in groups])
        named = np.flatnonzero(numbers >= 0)
        self.order: Places = named[np.lexsort((lines[named], numbers[named]))]
        self.sessions = numbers[self.order]
        edges = np.flatnonzero(np.diff(self.sessions, prepend=-1))
        self._begins = np.repeat(edges, np.diff(np.append(edges, len(self.order))))
        self._events = self._column(join.event)
        self.opened = self.last(self.are(join.opens))

    def _column(self, name: str) -> pa.Array:
        return pa.concat_arrays([column_of(group, name) for group in self._groups])

    def are(self, events: Collection[str]) -> Flags:
        """Which rows are such events."""
        found = pc.is_in(self._events, value_set=pa.array(sorted(events), pa.string()))
        flags: Flags = found.to_numpy(zero_copy_only=False)[self.order]
        return flags

    def cells(self, name: str) -> pa.Array:
        """A column of all rows, as sessions keep it."""
        return pc.utf8_slice_codeunits(self._column(name), 0, MOST_CELL)

    def last(self, flags: Flags) -> Places:
        """For each row the place of the last of these of its session, itself among them; or -1."""
        places = np.arange(len(flags))
        last = np.maximum.accumulate(np.where(flags, places, -1))
        found: Places = np.where(last >= self._begins, last, -1)
        return found

    def carries(self, carried: Sessions) -> Flags:
        """Which rows know of their session from before the slice."""
        there = np.array([key in carried for key in self.keys], np.bool_)
        flags: Flags = there[self.sessions] & (self.opened < 0)
        return flags

    def known(self, carried: Sessions) -> Flags:
        """Which rows' sessions have been opened."""
        flags: Flags = (self.opened >= 0) | self.carries(carried)
        return flags

    def at(self, cells: pa.Array, places: Places, where: Flags) -> pa.Array:
        """For each row the cell of the row at that place, null where not `where`."""
        return cells.take(pa.array(self.order[places], mask=~where))

    def by_session(self, texts: Sequence[str | None], where: Flags) -> pa.Array:
        """For each row the text of its session, null where not `where`."""
        return pa.array(texts, pa.string()).take(pa.array(self.sessions, mask=~where))

    def spread(self, cells: pa.Array) -> pa.Array:
        """A column of these rows as one of all rows, in the order of the groups."""
        places = np.full(self._rows, -1)
        places[self.order] = np.arange(len(self.order))
        return cells.take(pa.array(places, mask=places < 0))


def _columns(
    rows: _SortedRows, join: SessionJoin, carried: Sessions
) -> Iterator[tuple[str, pa.Array]]:
    carries, known = rows.carries(carried), rows.known(carried)
    told = [carried.get(key, {}) for key in rows.keys]
    for cell, name in join.takes.items():
        opening = rows.at(rows.cells(cell), rows.opened, rows.opened >= 0)
        before = rows.by_session([each.get(name) for each in told], carries)
        yield name, pc.coalesce(opening, before)
    for cell, name in sorted({pair for each in join.adds.values() for pair in each.items()}):
        events = [event for event, each in join.adds.items() if each.get(cell) == name]
        cells = rows.cells(cell)
        says = np.asarray(cells.is_valid())[rows.order]
        added = rows.last(rows.are(events) & says)
        here = known & (added > rows.opened)
        before = rows.by_session([each.get(name) for each in told], carries & ~here)
        yield name, pc.coalesce(rows.at(cells, added, here), before)


def _numbered(sensors: pa.Array, sessions: pa.Array) -> tuple[Places, list[str]]:
    """Each row's session as a number, -1 for none; and the sessions' names by number."""
    of_sensor, sensor_words = _encoded(sensors)
    of_session, session_words = _encoded(sessions)
    wide = len(session_words)
    pairs, numbers = np.unique(of_sensor * wide + of_session, return_inverse=True)
    keys = [
        session_key(sensor_words[pair // wide], session_words[pair % wide])
        for pair in pairs.tolist()
    ]
    named = np.array([bool(key) for key in keys], np.bool_)
    return np.where(named[numbers], numbers, -1).astype(np.int64), keys


def _encoded(texts: pa.Array) -> tuple[Places, list[str | None]]:
    encoded = texts.dictionary_encode(null_encoding="encode")
    codes: Places = encoded.indices.to_numpy().astype(np.int64)
    return codes, encoded.dictionary.to_pylist()
