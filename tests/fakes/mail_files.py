"""Mail as traps and providers write it, and what an intake makes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pyarrow.parquet as pq
from tests.fakes.small_home import SmallHome

from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_files
from tocsin.engine.intake.ledger import PieceAccount

MORNING = dt.datetime(2026, 11, 23, 6, tzinfo=dt.UTC)
SERVER = "mx1.traps.example.org"
TRAP = "pot-seven@traps.example.org"


def received(address: str = "192.0.2.11", by: str = SERVER, second: int = 1) -> str:
    """The header that a Postfix of ours writes."""
    return (
        f"Received: from x (unknown [{address}]) by {by} (Postfix) with ESMTP id 4X\n"
        f"\tfor <{TRAP}>; Sun, 22 Nov 2026 05:12:{second:02d} +0000 (UTC)\n"
    )


def mail(body: str, *, head: str | None = None, more: str = "") -> str:
    """A message to the trap; head: its Received headers, more: further headers."""
    top = f"Delivered-To: {TRAP}\n" + (received() if head is None else head)
    return f"{top}From: Offers <offers@example.net>\nSubject: Cheap\n{more}\n{body}\n"


def mbox(*messages: str) -> bytes:
    """Messages as one mbox."""
    begin = "From offers@example.net Sun Nov 22 05:12:01 2026\n"
    whole = "".join(f"{begin}{message.rstrip(chr(10))}\n\n" for message in messages)
    return whole.encode("utf-8", "surrogateescape")


def take(
    small: SmallHome, content: bytes, name: str = "trap.mbox", source: str = "spam-trap"
) -> PieceAccount:
    """What became of a file's rows."""
    path = small.put(name, content)
    collected = small.collect(path, source=source, now=MORNING, switched_off=("reserved",))
    assert collected.refused == []
    (record,) = collected.records
    (piece,) = record.pieces
    assert piece.adds_up
    return piece


def take_example(small: SmallHome, source: str) -> PieceAccount:
    """What became of the example of a source that ships."""
    said = load_files(SHIPPED, None).examples[source]
    return take(small, said["content"].encode(), said["file"], source)


def everything(small: SmallHome) -> Iterator[dict[str, object]]:
    """All rows of the lake."""
    for path in sorted(small.home.lake.rglob("*.parquet")):
        yield from pq.read_table(path).to_pylist()


def rows(small: SmallHome, kind: str) -> list[dict[str, object]]:
    """The rows of a report type or kind of observation, in the order of their lines."""
    files = [path for path in small.home.lake.rglob("*.parquet") if kind in path.parts]
    found = [row for path in files for row in pq.read_table(path).to_pylist()]
    return sorted(found, key=lambda row: (int(str(row["_line"])), str(row.get("url"))))


def cells(small: SmallHome, kind: str, *names: str) -> list[tuple[object, ...]]:
    """Some of their cells."""
    return [tuple(row[name] for name in names) for row in rows(small, kind)]
