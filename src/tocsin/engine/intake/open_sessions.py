"""Sessions that go on beyond the content in which they were opened.

A log is cut at midnight, or every quarter of an hour, and sessions are not. What an intake leaves
open is kept with the ledger, so that the next content of the source is told of it. It stays there
when that content has closed it: taken again, the content has to be told of it once more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from tocsin.catalogue.entries import Source
from tocsin.engine.intake.times import parse_time
from tocsin.engine.sources.raw import Survey
from tocsin.engine.sources.sessions import OpenSession, Sessions

MOST_KEPT = 1 << 14
"""Sessions of a source that are kept: those opened last, and closed ones are the first to go."""

_AHEAD = dt.timedelta(days=1)


class OpenSessions:
    """The sessions of a source that a content left open, content after content."""

    def __init__(self, source: Source, known: Mapping[str, OpenSession]) -> None:
        self._zone = ZoneInfo(source.zone)
        self._max_age = source.max_age
        self._open = dict(known)

    def follow(self, surveys: Sequence[Survey]) -> list[Survey]:
        """Tell each content of the sessions that were open before it, in the order of their times.

        The contents keep their places: a log's newest file may be named before its older ones.
        """
        told = list(surveys)
        for number in sorted(range(len(told)), key=lambda number: self._began(told[number])):
            told[number] = self._tell(told[number])
        return told

    def _began(self, survey: Survey) -> dt.datetime:
        sessions = survey.sessions
        moment = self._moment(sessions.began) if sessions else None
        return moment or dt.datetime.max.replace(tzinfo=dt.UTC)

    def _tell(self, survey: Survey) -> Survey:
        found = survey.sessions
        if found is None:
            return survey
        slices = tuple(
            replace(part, sessions={**self._answers(asked), **part.sessions})
            for part, asked in zip(survey.slices, found.asked, strict=True)
        )
        for key, cells in found.added.items():
            if before := self._open.get(key):
                self._open[key] = replace(before, cells={**before.cells, **cells})
        for key in found.closed:
            if before := self._open.get(key):
                self._open[key] = replace(before, closed=True)
        for key, session in found.opened.items():
            self._open[key] = self._with_what_followed(key, session)
        return replace(survey, slices=slices, sessions=None)

    def _answers(self, asked: Sessions) -> Sessions:
        return {
            key: {**self._open[key].cells, **cells}
            for key, cells in asked.items()
            if key in self._open
        }

    def _with_what_followed(self, key: str, session: OpenSession) -> OpenSession:
        """A session; if its beginning is told once more, with what later contents have told."""
        before = self._open.get(key)
        if before is None or before.opened != session.opened:
            return session
        return replace(before, cells={**before.cells, **session.cells})

    def kept(self, received: dt.datetime) -> dict[str, OpenSession]:
        """Those that may go on: no older than the source's events may be, and not too many.

        Age is told from the newest of them, so that old logs are followed as new ones are.
        """
        opened = {key: self._moment(session.opened) for key, session in self._open.items()}
        times = {
            key: moment for key, moment in opened.items() if moment and moment <= received + _AHEAD
        }
        newest = min(received, max(times.values(), default=received))
        young = [key for key, moment in times.items() if moment >= newest - self._max_age]
        young.sort(key=lambda key: (not self._open[key].closed, times[key], key))
        return {key: self._open[key] for key in sorted(young[-MOST_KEPT:])}

    def _moment(self, text: str) -> dt.datetime | None:
        try:
            return parse_time(text, self._zone)
        except (ValueError, OverflowError):
            return None
