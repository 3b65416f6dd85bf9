"""The spool: a folder per source into which sensors drop files; taken ones move to `done`.

spool/<source>/...           waiting; names beginning with a dot or ending in .part or .tmp
                             are still being written and left alone
spool/<source>/.done/<day>/  taken in, kept until pruned
spool/<source>/.failed/<day>/ turned away, each with NAME.why.txt beside it
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from pathlib import Path

from tocsin.engine.files import write_atomically

DONE = ".done"
FAILED = ".failed"
_LONGEST_BESIDE = 100
_UNFINISHED = (".part", ".tmp", ".partial")


def waiting(spool: Path, source: str) -> list[Path]:
    """Files of a source that are ready to be taken, the oldest first."""
    folder = spool / source
    if not folder.is_dir():
        return []
    ready = [
        path
        for path in folder.iterdir()
        if path.is_file()
        and not path.is_symlink()
        and not path.name.startswith(".")
        and not path.name.endswith(_UNFINISHED)
    ]
    return sorted(ready, key=lambda path: (path.stat().st_mtime_ns, path.name))


def due(files: Iterable[Path], now: dt.datetime, *, patience: dt.timedelta, enough: int) -> bool:
    """Whether to take the waiting files now: one has waited long enough, or they are many bytes."""
    stats = [path.stat() for path in files]
    if not stats:
        return False
    oldest = min(stat.st_mtime for stat in stats)
    waited = now.timestamp() - oldest
    return waited >= patience.total_seconds() or sum(stat.st_size for stat in stats) >= enough


def fingerprint(path: Path) -> tuple[int, int] | None:
    """Size and time of the last change, None for a file that is gone."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_size, stat.st_mtime_ns


def move_done(path: Path, today: dt.date) -> None:
    """Out of the way, but kept until pruned."""
    _move(path, DONE, today)


def move_failed(path: Path, today: dt.date, why: str) -> None:
    """Out of the way, with the reason beside it."""
    place = _move(path, FAILED, today)
    # A name may be as long as names can be; the reason's needs some room.
    beside = place.with_name(f"{place.name[:_LONGEST_BESIDE]}.why.txt")
    write_atomically(beside, f"{why}\n".encode(errors="backslashreplace"))


def _move(path: Path, where: str, today: dt.date) -> Path:
    folder = path.parent / where / today.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / path.name
    number = 1
    while place.exists():
        number += 1
        place = folder / f"{path.name}.{number}"
    os.replace(path, place)  # noqa: PTH105 - both lie on the spool's device: a rename, not a copy
    return place
