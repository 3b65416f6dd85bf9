"""The secrets of the installation by number: the first, and those that replaced it.

What is derived for long (ids of links, keys of the API) is kept with the number of its secret, so
that a new secret changes nothing that was given out. New ones are made with the newest.
"""

from __future__ import annotations

import secrets as randomness
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from tocsin.engine.files import write_atomically
from tocsin.model.errors import ConfigurationError
from tocsin.service import installation
from tocsin.service.secret import Secret, read_secret

FIRST = 1


def secrets() -> Mapping[int, Secret]:
    """All of them by number; the first is the secret of the installation."""
    folder = _folder()
    changed = folder.stat().st_mtime_ns if folder.exists() else 0
    return {FIRST: installation.secret(), **_later(folder, changed)}


def newest() -> int:
    """The number of the one with which new things are derived."""
    return max(secrets())


def secret(number: int) -> Secret:
    """One of them; ConfigurationError if it is gone."""
    found = secrets().get(number)
    if found is None:
        raise ConfigurationError(
            f"secret number {number} is gone",
            where=str(_folder()),
            todo="restore it from a backup; what was given out with it cannot be checked without",
        )
    return found


def rotate() -> int:
    """Make a new secret, which new things are derived with from now on; its number."""
    number = newest() + 1
    path = _folder() / str(number)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    write_atomically(path, randomness.token_bytes(32).hex().encode() + b"\n")
    path.chmod(0o600)
    return number


def _folder() -> Path:
    return installation.home().service / "secrets"


@lru_cache(maxsize=4)
def _later(folder: Path, changed: int) -> Mapping[int, Secret]:  # noqa: ARG001 - tells versions apart
    return {int(each.name): read_secret(each) for each in folder.glob("[0-9]*")}
