"""The catalogue of a home, read again only when one of its files has changed."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.home import Home

Seen = tuple[tuple[str, int, int], ...]

_loading = threading.Lock()


def home_catalogue(home: Home) -> Catalogue:
    """What ships and the home's own files, together; CatalogueError tells all mistakes."""
    return cached_catalogue(home.catalogue)


def cached_catalogue(folder: Path) -> Catalogue:
    """What ships and the files of that folder, which need not exist."""
    seen = files_seen(folder)
    # Reading takes seconds of a processor: one thread does it, and the others wait for that.
    with _loading:
        return _load(folder, seen)


def files_seen(folder: Path) -> Seen:
    """What tells a changed file from an unchanged one: name, time of change, size."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    stats = [(path, path.stat()) for path in files]
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in stats)


# A night has its own beside the home's, and so has each day that is made anew.
@lru_cache(maxsize=4)
def _load(folder: Path, _seen: Seen) -> Catalogue:
    return load_catalogue(folder)
