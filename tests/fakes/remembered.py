"""What many tests begin with is made once: the same step on the same home comes to the same files.

Tests of what follows on an intake or a night make thousands of them, of a few kinds. Those of the
intake and the night themselves make theirs anew each time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, cast

from tests.fakes.small_home import EVENING, Event, SmallHome, ndjson

from tocsin.engine.intake.collect import Collected

T = TypeVar("T")

_OWN = tempfile.TemporaryDirectory(prefix="tocsin-remembered-")

_APART = "service"
"""What the service keeps in a home; neither intake nor night reads it."""


@dataclass(frozen=True)
class RememberedHome(SmallHome):
    """A small home whose intakes of events are made once."""

    def collect_events(
        self, events: Sequence[Event], *, name: str = "", now: dt.datetime = EVENING
    ) -> Collected:
        number = len(list((self.home.root.parent / "files").glob("*")))
        file = self.put(name or f"events-{number}.ndjson", ndjson(events))
        step = ("collect", file.name, file.read_bytes(), now)
        return remembered(self.home.root, step, lambda: self.collect(file, now=now))


def remembered(home: Path, step: Sequence[object], make: Callable[[], T]) -> T:
    """What `make` gives, which changes nothing but the home, and depends on nothing but the home
    and the step. It is kept as pickle, and must not name files of the home."""
    kept = _folder() / _digest(home, step)
    if kept.exists():
        _replace(home, kept / "home")
        return cast(T, pickle.loads((kept / "value").read_bytes()))
    value = make()
    fresh = Path(tempfile.mkdtemp(dir=_folder()))
    _copy(home, fresh / "home")
    (fresh / "value").write_bytes(pickle.dumps(value))
    try:
        fresh.rename(kept)
    except OSError:  # another worker made it meanwhile
        shutil.rmtree(fresh)
    return value


@lru_cache(maxsize=1)
def _folder() -> Path:
    """With `TOCSIN_TEST_MADE` all workers share it, and runs one after the other."""
    if shared := os.environ.get("TOCSIN_TEST_MADE"):
        folder = Path(shared) / "remembered"
        folder.mkdir(exist_ok=True)
        return folder
    return Path(_OWN.name)


def _digest(home: Path, step: Sequence[object]) -> str:
    digest = hashlib.sha256(repr(step).encode())
    for path in sorted(_files(home)):
        digest.update(f"\0{path.relative_to(home)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(home: Path) -> Iterator[Path]:
    for top in home.iterdir():
        if top.is_file():
            yield top
        elif top.name != _APART:
            yield from (path for path in top.rglob("*") if path.is_file())


def _replace(home: Path, by: Path) -> None:
    for top in home.iterdir():
        if top.is_file():
            top.unlink()
        elif top.name != _APART:
            shutil.rmtree(top)
    _copy(by, home)


def _copy(home: Path, to: Path) -> None:
    apart = shutil.ignore_patterns(_APART)
    shutil.copytree(
        home,
        to,
        ignore=lambda folder, names: apart(folder, names) if folder == str(home) else set(),
        dirs_exist_ok=True,
    )
