"""Following the sessions of a content in one pass: what each of its slices has to be told.

A slice is read without the others, so it is handed what its rows need of sessions that were
opened before it. Numbers are bounded, since whoever connects to a honeypot makes sessions: rows
whose session is not kept go in without its cells, and are counted when they are read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tocsin.engine.sources.raw import Slice
from tocsin.engine.sources.session_rows import RowReader, SessionRow
from tocsin.engine.sources.sessions import Cells, OpenSession, SessionJoin, SessionsFound

MOST_FOLLOWED = 1 << 16
"""Sessions of a content that are remembered at a time; closed ones are the first to go."""

MOST_HANDED_ON = 1 << 18
"""Times that a slice of a content is told of a session."""

_LOOKED_AT_FOR_TIME = 100


@dataclass(slots=True)
class _Session:
    """A session so far. opened: "" if it was not opened in this content."""

    opened: str
    is_here: bool
    cells: dict[str, str]


@dataclass(slots=True)
class _Needs:
    """What a slice has to be told: of sessions opened in its content, and before it."""

    known: dict[str, Cells] = field(default_factory=dict)
    asked: dict[str, Cells] = field(default_factory=dict)


class SessionSurvey:
    """Follows the records of a content in their order."""

    def __init__(self, join: SessionJoin) -> None:
        self._rows = RowReader(join)
        # A plain dict looks for its first item among all that were removed before it.
        self._open: OrderedDict[str, _Session] = OrderedDict()
        self._closed: OrderedDict[str, _Session] = OrderedDict()
        self._gone: dict[str, None] = {}
        self._slices = [_Needs()]
        self._seen: set[str] = set()
        self._left = MOST_HANDED_ON
        self._number = 0
        self._began = ""

    def add(self, records: Sequence[bytes], starts: Sequence[int]) -> None:
        """Follow the next records; `starts`: numbers of the records at which slices begin."""
        begins = set(starts[len(self._slices) :])
        for number, record in enumerate(records, self._number):
            if number in begins:
                self._slices.append(_Needs())
                self._seen.clear()
            if not self._began and number < _LOOKED_AT_FOR_TIME:
                self._began = self._rows.time(record)
            row = self._rows.read(record)
            if row is not None:
                self._follow(row)
        self._number += len(records)

    def forget(self) -> None:
        """What came so far had been taken in earlier: nobody has to be told of it."""
        self._slices = [_Needs()]
        self._seen.clear()

    def found(self, slices: Sequence[Slice]) -> tuple[tuple[Slice, ...], SessionsFound]:
        """The slices with what they are told, and what is left of sessions behind the content."""
        needs = self._slices if slices else []
        told = zip(slices, needs, strict=True)
        return (
            tuple(replace(part, sessions=need.known) for part, need in told),
            SessionsFound(
                began=self._began,
                asked=tuple(need.asked for need in needs),
                opened={
                    key: OpenSession(session.opened, session.cells)
                    for key, session in self._open.items()
                    if session.is_here
                },
                added={
                    key: session.cells
                    for sessions in (self._open, self._closed)
                    for key, session in sessions.items()
                    if not session.is_here
                },
                closed=tuple(self._gone),
            ),
        )

    def _follow(self, row: SessionRow) -> None:
        key = row.key
        if row.opens:
            self._seen.add(key)
            for sessions in (self._open, self._closed):
                sessions.pop(key, None)
            self._open[key] = _Session(row.time, True, dict(row.cells))
        else:
            if key not in self._seen:
                self._seen.add(key)
                self._note_need(key)
            if row.cells:
                self._add(key, row.cells)
        if row.closes:
            self._close(key)
        if len(self._open) + len(self._closed) > MOST_FOLLOWED:
            (self._closed or self._open).popitem(last=False)

    def _note_need(self, key: str) -> None:
        if not self._left:
            return
        self._left -= 1
        session = self._session(key)
        if session is not None and session.is_here:
            self._slices[-1].known[key] = dict(session.cells)
        else:
            self._slices[-1].asked[key] = dict(session.cells) if session else {}

    def _add(self, key: str, cells: Cells) -> None:
        session = self._session(key)
        if session is None:
            session = self._open[key] = _Session("", False, {})
        session.cells.update(cells)

    def _close(self, key: str) -> None:
        session = self._open.pop(key, None)
        if session is not None:
            # Rows may come after it: a download ends when it ends.
            self._closed[key] = session
        if (session is None or not session.is_here) and len(self._gone) < MOST_FOLLOWED:
            self._gone[key] = None

    def _session(self, key: str) -> _Session | None:
        return self._open.get(key) or self._closed.get(key)
