"""What takes long to make is made once, also where several workers run the tests of a file."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

import pytest

T = TypeVar("T")


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], T]) -> T:
    """What `make` gives for an empty directory; the first worker makes it, the others wait for it.

    It is handed on as pickle: a value that names files below that directory. With
    `TOCSIN_TEST_MADE`, a directory, runs of the tests one after the other share it.
    """
    shared = _shared(factory)
    kept = shared / f"{name}.pickle"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            folder = shared / f"made-{name}"
            folder.mkdir()
            value = make(folder)
            kept.write_bytes(pickle.dumps(value))
        return cast(T, pickle.loads(kept.read_bytes()))


def _shared(factory: pytest.TempPathFactory) -> Path:
    if given := os.environ.get("TOCSIN_TEST_MADE"):
        return Path(given)
    base = factory.getbasetemp()
    # With several workers each has a directory of its own below that of the run.
    return base.parent if base.name.startswith("popen-") else base
