"""What single lines of a log say of sessions, read as quickly as a survey has to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tocsin.engine.sources.json_rows import (
    JsonFault,
    JsonObject,
    cell_text,
    has_lone_surrogate,
    needs_exact,
    read_exact,
    read_object,
)
from tocsin.engine.sources.sessions import MOST_CELL, MOST_NAME, SessionJoin, session_key

SENSOR = "sensor"


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A row of a session. cells: what it tells of it. time: as written, if it opens it."""

    key: str
    opens: bool = False
    closes: bool = False
    time: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)


class RowReader:
    """Reads lines of one kind of log.

    Rows that tell something are read exactly, as the reader of slices reads them. Of others only
    the session's name is wanted. In a flat object it can be searched for: what looks like a key
    within a text has backslashes before its quotes. Keys themselves may be written with escapes.
    """

    def __init__(self, join: SessionJoin) -> None:
        self._join = join
        self._telling = frozenset(event.encode() for event in (*join.opens, *join.adds))
        self._closing = frozenset(event.encode() for event in join.closes)
        self._event, self._key, self._sensor = map(_Wanted, (join.event, join.key, SENSOR))

    def read(self, record: bytes) -> SessionRow | None:
        """What a line says; None if it is of no session, or none that can be read."""
        if record.count(b"{") != 1 or b"\\u" in record:
            return self._exactly(record)
        event, key, sensor = (each.of(record) for each in (self._event, self._key, self._sensor))
        if event is None or key is None or sensor is None or event in self._telling:
            return self._exactly(record)
        try:
            name = session_key(sensor.decode(), key.decode())
        except UnicodeDecodeError:
            return None
        return SessionRow(name, closes=event in self._closing) if name else None

    def time(self, record: bytes) -> str:
        """The time of a row as it is written, "" if it has none."""
        value = _object(record)
        return (_cell(value, self._join.time) or "")[:MOST_NAME] if value else ""

    def _exactly(self, record: bytes) -> SessionRow | None:
        value = _object(record)
        join = self._join
        key = session_key(_cell(value, SENSOR), _cell(value, join.key)) if value else ""
        if value is None or not key:
            return None
        event = _cell(value, join.event) or ""
        opens = event in join.opens
        told = join.takes if opens else join.adds.get(event, {})
        cells = {name: cell[:MOST_CELL] for of, name in told.items() if (cell := _cell(value, of))}
        time = (_cell(value, join.time) or "")[:MOST_NAME] if opens else ""
        return SessionRow(key, opens, event in join.closes, time, cells)


class _Wanted:
    """A cell that is searched for in lines."""

    def __init__(self, name: str) -> None:
        quoted = re.escape(name.encode())
        self._name = b'"%b"' % name.encode()
        self._pattern = re.compile(rb'"%b"[ \t]*:[ \t]*"([^"\\]*)"' % quoted)

    def of(self, record: bytes) -> bytes | None:
        """The cell, b"" if the line has none, None if it cannot be told by a search."""
        found = self._pattern.search(record)
        if found is not None:
            return found[1]
        return None if self._name in record else b""


def _object(record: bytes) -> JsonObject | None:
    """The object of a line that the reader of slices would accept, and as that would read it."""
    try:
        text = record.decode()
    except UnicodeDecodeError:
        return None
    value = read_object(text)
    if isinstance(value, JsonFault) or (b"\\u" in record and has_lone_surrogate([value])):
        return None
    return read_exact(text) if any(map(needs_exact, value.values())) else value


def _cell(value: JsonObject, name: str) -> str | None:
    return cell_text(value.get(name))
