"""Who is who in ARIN's data, and what lies in what, while the files are read a second time.

Millions of handles: they are kept in a database of its own in the directory of temporary files,
which nobody else sees and which is gone when it is closed. In memory are 16 MiB of it, and the
answers that were asked for last.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tocsin.service.subscribers.abuse_contacts.reading.arin_record import Kind, Record
from tocsin.service.subscribers.abuse_contacts.reading.ranges import Span
from tocsin.service.subscribers.mail_addresses import mail_address

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16384;
CREATE TABLE contact (handle TEXT PRIMARY KEY, mailboxes TEXT) WITHOUT ROWID;
CREATE TABLE organisation (handle TEXT PRIMARY KEY, name TEXT, country TEXT, abuse TEXT)
    WITHOUT ROWID;
CREATE TABLE network (handle TEXT PRIMARY KEY, spans TEXT, organisation TEXT, parent TEXT,
    abuse TEXT) WITHOUT ROWID;
"""
_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Organisation:
    """abuse: handles of its contacts for abuse; a customer of another one has none."""

    name: str = ""
    country: str = ""
    abuse: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Above:
    """A network that others lie in."""

    spans: tuple[Span, ...]
    organisation: str
    parent: str
    abuse: tuple[str, ...]


class Holders:
    """What records say of each other. Of two with the same handle the first one's word stands."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.executescript(_TABLES)
        self.counts = dict.fromkeys(Kind, 0)
        self.organisation = lru_cache(_KEPT)(self._organisation)
        self.above = lru_cache(_KEPT)(self._above)
        self._addresses = lru_cache(_KEPT)(self._addresses_of)

    def remember(self, record: Record) -> None:
        """Keep what later records may hang on. Networks that nobody holds are nobody's parents."""
        self.counts[record.kind] += 1
        row: tuple[str, ...]
        match record.kind:
            case Kind.CONTACT:
                table, row = "contact", (record.handle, "\n".join(record.mailboxes))
            case Kind.ORGANISATION:
                row = (record.handle, record.name, record.country, "\n".join(record.abuse))
                table = "organisation"
            case Kind.NETWORK if record.is_held:
                spans = "\n".join(f"{first:x} {last:x}" for first, last in record.spans)
                whose = (record.organisation, record.parent, "\n".join(record.abuse))
                table, row = "network", (record.handle, spans, *whose)
            case _:
                return
        marks = ", ".join("?" * len(row))
        self._database.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)

    def addresses(self, handles: Iterable[str]) -> tuple[str, ...]:
        """The mail addresses of contacts, in their order, each once; what is none is left out."""
        return tuple(dict.fromkeys(each for one in handles for each in self._addresses(one)))

    def close(self) -> None:
        """Let it all go."""
        self._database.close()

    def _organisation(self, handle: str) -> Organisation:
        row = self._row("SELECT name, country, abuse FROM organisation WHERE handle = ?", handle)
        if row is None:
            return Organisation()
        return Organisation(row[0], row[1], _parts(row[2]))

    def _above(self, handle: str) -> Above | None:
        row = self._row(
            "SELECT spans, organisation, parent, abuse FROM network WHERE handle = ?", handle
        )
        if row is None:
            return None
        spans = tuple(_span(each) for each in _parts(row[0]))
        return Above(spans, row[1], row[2], _parts(row[3]))

    def _addresses_of(self, handle: str) -> tuple[str, ...]:
        row = self._row("SELECT mailboxes FROM contact WHERE handle = ?", handle)
        return (
            tuple(address for each in _parts(row[0]) if (address := _address(each))) if row else ()
        )

    def _row(self, asked: str, handle: str) -> tuple[str, ...] | None:
        found: tuple[str, ...] | None = self._database.execute(asked, (handle,)).fetchone()
        return found


def _parts(said: str) -> tuple[str, ...]:
    return tuple(said.split("\n")) if said else ()


def _span(said: str) -> Span:
    first, _, last = said.partition(" ")
    return int(first, 16), int(last, 16)


def _address(said: str) -> str:
    try:
        return mail_address(said)
    except ValueError:
        return ""
