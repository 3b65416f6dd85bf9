"""Events as Cowrie writes them, in documentation space."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

DAY = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)

Row = Mapping[str, object]


def cowrie(event: str, second: float, session: str, **cells: object) -> Row:
    """One event of a session, `second` seconds after the midnight that begins the day."""
    moment = DAY + dt.timedelta(seconds=second)
    return {
        "eventid": f"cowrie.{event}",
        "src_ip": "192.0.2.10",
        "session": session,
        "sensor": "pot-1",
        "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        **cells,
    }


def connect(second: float, session: str, port: int, **cells: object) -> Row:
    """The event that opens a session."""
    ends = {"src_port": port, "dst_ip": "203.0.113.5", "dst_port": 2222, "protocol": "ssh"}
    return cowrie("session.connect", second, session, **{**ends, **cells})


def login(second: float, session: str, **cells: object) -> Row:
    """A password that was tried."""
    return cowrie("login.failed", second, session, username="root", password="x", **cells)


def closed(second: float, session: str, **cells: object) -> Row:
    """The end of a session."""
    return cowrie("session.closed", second, session, duration=1.5, **cells)


def download(second: float, session: str, url: str, **cells: object) -> Row:
    """A file that was loaded."""
    said = {"url": url, "outfile": "dl/1", "shasum": "e3b0c442"}
    return cowrie("session.file_download", second, session, **{**said, **cells})


def log(*rows: Row) -> bytes:
    """The rows as a log."""
    return lines(rows)


def lines(rows: Sequence[Row]) -> bytes:
    """The rows as a log, as Cowrie writes JSON."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)
