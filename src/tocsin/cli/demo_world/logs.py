"""Writing the logs as each sensor would: in files of its own kind, size and clock format."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from tocsin.cli.demo_world import sources
from tocsin.cli.demo_world.days import DAY
from tocsin.cli.demo_world.events.services import TOASTER_HEADER, TOASTER_TYPE
from tocsin.cli.demo_world.events.words import Cell, Cells
from tocsin.cli.demo_world.kinds import Kind


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a sensor saw."""

    at: dt.datetime
    sensor: str
    kind: Kind
    cells: Cells


Header = Callable[[str], Sequence[str]]
"""Report type -> the columns of a report file of it."""


@dataclass(frozen=True, slots=True)
class Diary:
    """How the sensors of a source write NDJSON: `hours` a file, the file's ending, the clock."""

    hours: int
    ending: str
    clock: Callable[[dt.datetime], str | int]


def _iso(at: dt.datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _epoch(at: dt.datetime) -> int:
    return int(at.timestamp())


DIARIES: Final[Mapping[str, Diary]] = {
    sources.SINKHOLE: Diary(6, ".ndjson.gz", _iso),
    sources.HONEYPOTS: Diary(24, ".ndjson.zst", _plain),
    sources.MONITOR: Diary(24, ".ndjson.gz", _epoch),
    sources.SPAM_TRAP: Diary(12, ".ndjson", _iso),
    sources.SANDBOX: Diary(24, ".ndjson.zst", _plain),
}
"""The sources with sensors of their own; the others send report files."""

Texts = dict[str, list[str]]
"""File name -> its lines."""


def diary_files(source: str, events: Iterable[Event]) -> Texts:
    """The events of a source with sensors, by sensor and time of day; old ones come first."""
    diary = DIARIES[source]
    files: Texts = {}
    for event in sorted(events, key=lambda event: (event.sensor, event.at)):
        hour = 0 if event.at.date() < DAY else event.at.hour // diary.hours * diary.hours
        name = f"{event.sensor}-{DAY}T{hour:02}{diary.ending}"
        files.setdefault(name, []).append(json_line(event, diary.clock))
    return files


def json_line(event: Event, clock: Callable[[dt.datetime], str | int]) -> str:
    """One event as a line of tocsin-ndjson."""
    types = event.kind.report_types
    said: dict[str, object] = (
        {"report_type": types[0] if len(types) == 1 else list(types)}
        if types
        else {"observation": event.kind.observation}
    )
    said |= {"sensor": event.sensor, "timestamp": clock(event.at)}
    said |= {name: _as_text(cell, event.at) for name, cell in event.cells.items()}
    return json.dumps(said, ensure_ascii=False)


def report_files(source: str, events: Iterable[Event], header: Header) -> Texts:
    """The events of a source that sends report files, one file a type."""
    by_type: dict[str, list[Event]] = {}
    for event in events:
        by_type.setdefault(event.kind.name, []).append(event)
    sparing = source == sources.CIRCLE
    ending = "asn.csv.gz" if sparing else "geo.csv"
    return {
        f"{DAY}-{name}-{source}-{ending}": _csv_lines(
            sorted(of_type, key=lambda event: event.at),
            TOASTER_HEADER if name == TOASTER_TYPE else header(name),
            sparing=sparing,
        )
        for name, of_type in by_type.items()
    }


def _csv_lines(events: Sequence[Event], header: Sequence[str], *, sparing: bool) -> list[str]:
    """Header and rows; `sparing` quotes only where it must and writes `-` for what is missing."""
    missing = "-" if sparing else ""
    quoting = csv.QUOTE_MINIMAL if sparing else csv.QUOTE_NONNUMERIC
    lines = [_csv_line(header, quoting)]
    for event in events:
        cells = [_as_text(event.cells.get(name, missing), event.at) for name in header[1:]]
        lines.append(_csv_line([_plain(event.at), *cells], quoting))
    return lines


def _csv_line(row: Sequence[str | int], quoting: int) -> str:
    text = io.StringIO()
    # The quoting constants are plain integers in this version's stubs of csv.
    csv.writer(text, quoting=quoting, lineterminator="").writerow(row)  # type: ignore[arg-type]
    return text.getvalue()


def _as_text(cell: Cell, at: dt.datetime) -> str | int:
    return _plain(at + cell) if isinstance(cell, dt.timedelta) else cell


def write_log(path: Path, lines: Iterable[str]) -> None:
    """Write a file, compressed as its name says; the same lines, the same bytes."""
    data = "".join(f"{line}\n" for line in lines).encode()
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    elif path.suffix == ".zst":
        data = pa.Codec("zstd").compress(data, asbytes=True)
    path.write_bytes(data)
