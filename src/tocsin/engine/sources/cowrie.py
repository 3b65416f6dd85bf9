"""Cowrie's JSON log: an SSH and Telnet honeypot, one event a line (docs/operators/cowrie.md).

Names of events and cells are those of Cowrie's reference of output events; its first versions wrote
numbers for events, as Kippo did before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.entries import Source
from tocsin.engine.sources import tocsin_ndjson
from tocsin.engine.sources.blocks import Bytes
from tocsin.engine.sources.cowrie_columns import CONNECT, EVENT, OLD_EVENTS, in_our_columns
from tocsin.engine.sources.json_rows import JsonFault, read_object
from tocsin.engine.sources.raw import (
    MOST_REJECT_BYTES,
    RawGroup,
    ReadSlice,
    Reject,
    Slice,
    Survey,
)
from tocsin.engine.sources.session_join import Joined, column_of, join_sessions
from tocsin.engine.sources.sessions import SessionJoin

COWRIE: Final = "cowrie"
OBSERVED_AS: Final = "connection"
"""What a connection is among the observations: nothing was tried yet, and nobody is told of it."""


TRIED: Final = "session_tags"
"""The column in which rows of a session have the login that was tried, from that on."""


def _written(event: str) -> frozenset[str]:
    """All ways in which Cowrie has called an event."""
    return frozenset({event, *(old for old, now in OLD_EVENTS.items() if now == event)})


SESSIONS: Final = SessionJoin(
    key="session",
    event=EVENT,
    opens=_written(CONNECT),
    closes=_written("cowrie.session.closed"),
    takes=MappingProxyType(
        {
            "src_ip": "src_ip",
            "src_port": "src_port",
            "dst_ip": "dst_ip",
            "dst_port": "dst_port",
            "protocol": "service",
            "timestamp": "start_time",
        }
    ),
    adds=MappingProxyType(
        {
            event: MappingProxyType(told)
            for name, told in (
                ("cowrie.client.version", {"version": "client_version"}),
                # Where a session ends it counts whether anybody tried to log in.
                ("cowrie.login.failed", {EVENT: TRIED}),
                ("cowrie.login.success", {EVENT: TRIED}),
            )
            for event in sorted(_written(name))
        }
    ),
)


def is_cowrie(line: bytes) -> bool:
    """Whether a line is one of Cowrie's."""
    try:
        value = read_object(line.decode())
    except UnicodeDecodeError:
        return False
    if isinstance(value, JsonFault) or SESSIONS.key not in value:
        return False
    if "report_type" in value or "observation" in value:
        return False  # a row of our own format, which tells where it goes
    event = str(value.get(EVENT))
    return event.startswith("cowrie.") or event in OLD_EVENTS


def read_slice(
    content: Bytes, part: Slice, survey: Survey, *, source: Source, report_type: str
) -> ReadSlice:
    """Read one slice: events for the rules of the source, connections as observations.

    `content` stands at the slice's first byte. Raises InputError if the content is not what was
    surveyed. Rows whose session nobody has told of are noted as `session_unknown`.
    """
    # No event of Cowrie's names a report type; rules are asked, and be there none.
    read = tocsin_ndjson.read_slice(
        content, part, survey, source=source, report_type=report_type, foreign=True
    )
    events = list(read.groups)
    joined = join_sessions(events, SESSIONS, part.sessions)
    rejects = [reject for group in events for reject in _without_event(group)]
    return replace(
        read,
        groups=tuple(
            each for pair in zip(events, joined.cells, strict=True) for each in _parted(*pair)
        ),
        rejects=(*read.rejects, *rejects),
        notes=_with_unknown(read, joined),
    )


def _with_unknown(read: ReadSlice, joined: Joined) -> dict[str, int]:
    unknown = {"session_unknown": joined.unknown} if joined.unknown else {}
    return {**read.notes, **unknown}


def _without_event(group: RawGroup) -> Iterator[Reject]:
    """The rows that are none of Cowrie's events."""
    missing = np.asarray(column_of(group, EVENT).is_null())
    for row in np.flatnonzero(missing).tolist():
        raw = group.raws[row][:MOST_REJECT_BYTES]
        yield Reject(int(group.lines[row]), "no_event", f"{EVENT} is missing", raw)


def _parted(group: RawGroup, session: Mapping[str, pa.Array]) -> Iterator[RawGroup]:
    """The rows under our columns: those for the rules, and the connections."""
    events = column_of(group, EVENT)
    whole = group.with_cells(in_our_columns(group, session))
    connects = np.asarray(pc.is_in(events, value_set=pa.array(sorted(SESSIONS.opens))))
    named = np.asarray(events.is_valid())
    for rows, observation in ((named & ~connects, ""), (connects, OBSERVED_AS)):
        if rows.any():
            found = whole if rows.all() else whole.take(np.flatnonzero(rows))
            yield replace(found, observation=observation)
