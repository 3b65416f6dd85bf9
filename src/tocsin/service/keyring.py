"""The secrets of the installation by number: the first, and those that replaced it.

What is derived for long (ids of links, keys of the API) is kept with the number of its secret, so
that a new secret changes nothing that was given out. New ones are made with the newest.
"""

from __future__ import annotations

import os
import secrets as randomness
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from tocsin.model.errors import ConfigurationError
from tocsin.service import installation
from tocsin.service.secret import Secret, read_secret

FIRST = 1


def secrets() -> Mapping[int, Secret]:
    """All of them by number; the first is the secret of the installation."""
    folder = _folder()
    return {FIRST: installation.secret(), **_later(folder, _numbers(folder))}


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
    """Make a new secret, which new things are derived with from now on; its number.

    Two at the same time make two: a file that is there is never written over.
    """
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".new-") as written:
        # Only its owner may read it, from the beginning.
        written.write(randomness.token_bytes(32).hex().encode() + b"\n")
        written.flush()
        os.fsync(written.fileno())
        number = newest() + 1
        while not _named(Path(written.name), folder / str(number)):
            number += 1
    _sync(folder)
    return number


def _named(written: Path, path: Path) -> bool:
    try:
        path.hardlink_to(written)
    except FileExistsError:
        return False
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folder() -> Path:
    return installation.home().service / "secrets"


def _numbers(folder: Path) -> tuple[int, ...]:
    # Looked at each time, so that a secret that another process made is known at once.
    names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    return tuple(sorted(int(each) for each in names if each.isascii() and each.isdecimal()))


@lru_cache(maxsize=4)
def _later(folder: Path, numbers: tuple[int, ...]) -> Mapping[int, Secret]:
    return {each: read_secret(folder / str(each)) for each in numbers}
