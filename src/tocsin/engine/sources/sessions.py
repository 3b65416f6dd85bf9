"""Sessions: what a log says once of a connection, and all rows of that connection should know.

A honeypot names the two ends of a connection when it is opened; the rows that follow (a login, a
download) have no more than the session's name. Whose address it was is then found only with the
port, which a network that shares addresses cannot do without.

What a row knows of its session is what rows before it have told: the one that opened it, and
those that added something since. So it does not matter where a content is cut into slices, nor
whether a session began in an earlier content, as long as that is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

MOST_NAME = 128
"""A longer name of a session or sensor is none that is followed; characters."""

MOST_CELL = 256
"""What a session hands to its rows is cut here; characters."""

Cells = Mapping[str, str]
Sessions = Mapping[str, Cells]
"""By session (`session_key`): what its rows get, by column."""


@dataclass(frozen=True, slots=True)
class SessionJoin:
    """Which rows of a log tell of their session, and what.

    key: the cell that names the session, which no other of the same sensor has. event: the cell
    that says what a row is. opens, closes: what stands there in rows that open and close a session.
    takes: cell of the opening row -> the column in which the session's rows get it. adds: the same
    of later rows, by what they are. time: the cell with the time of a row.
    """

    key: str
    event: str
    opens: frozenset[str]
    closes: frozenset[str]
    takes: Mapping[str, str]
    adds: Mapping[str, Mapping[str, str]]
    time: str = "timestamp"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that has been opened: when, as its source wrote it, and what it tells its rows.

    closed: whether a later content closed it.
    """

    opened: str
    cells: Cells
    closed: bool = False

    @classmethod
    def from_json(cls, said: object) -> OpenSession:
        """Read what `dataclasses.asdict` made; once it told nothing of the end."""
        plain = cast("Mapping[str, object]", said)
        cells = cast("Cells", plain["cells"])
        return cls(str(plain["opened"]), cells, plain.get("closed") is True)


@dataclass(frozen=True, slots=True)
class SessionsFound:
    """What one pass over a content found of sessions that are not its own alone.

    began: the time of its first row, as written. asked: by slice, the sessions of its rows that
    were not opened in the content so far, with what the content has added to them. opened: those
    that it opened and did not close. added: what it added to those opened before it. closed: those
    opened before it and closed in it.
    """

    began: str
    asked: tuple[Sessions, ...]
    opened: Mapping[str, OpenSession]
    added: Sessions
    closed: tuple[str, ...]

    @classmethod
    def from_json(cls, said: object) -> SessionsFound | None:
        """Read what `dataclasses.asdict` made; None as it is."""
        if said is None:
            return None
        plain = cast("Mapping[str, object]", said)
        opened = cast("Mapping[str, object]", plain["opened"])
        return cls(
            began=str(plain["began"]),
            asked=tuple(cast("list[Sessions]", plain["asked"])),
            opened={key: OpenSession.from_json(session) for key, session in opened.items()},
            added=cast("Sessions", plain["added"]),
            closed=tuple(cast("list[str]", plain["closed"])),
        )


def session_key(sensor: str | None, session: str | None) -> str:
    """One name for a session of a sensor; "" if a row has none, or one that is not followed.

    What begins as an object or list does is no name: cells of columns hold those as JSON. (A list
    of plain values is in a cell as its values are, and names what they would.)
    """
    if not session or session[0] in "{[" or max(len(session), len(sensor or "")) > MOST_NAME:
        return ""
    return _joined(sensor or "", session)


@lru_cache(maxsize=1 << 12)
def _joined(sensor: str, session: str) -> str:
    """Neighbouring rows are often of one session."""
    return json.dumps([sensor, session])
