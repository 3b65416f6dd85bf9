"""The one database of a process that searches run in, made when the first one does."""

from __future__ import annotations

from functools import lru_cache
from threading import Lock

from tocsin.engine.search.database import Database

MEMORY = "1GB"
THREADS = 2
SECONDS = 30.0
"""How long a search may take: clients wait for 45 seconds."""

_making = Lock()


def database() -> Database:
    """The database, of which there is one, however many threads ask."""
    with _making:
        return _made()


@lru_cache(maxsize=1)
def _made() -> Database:
    return Database(MEMORY, THREADS)
