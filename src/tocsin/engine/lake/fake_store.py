"""An object store with dials for everything that goes wrong with object stores."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tocsin.engine.files import atomic_path
from tocsin.engine.lake.store import LocalStore, missing
from tocsin.model.errors import StoreUnreachable

Lie = Literal["", "cut", "altered", "forgets", "empty list"]
"""cut: downloads end early. altered: downloads have the right size and a wrong byte.
forgets: uploads are said to be done and are not. empty list: it knows of no names."""


@dataclass(slots=True)
class Dials:
    """How the fake behaves; turn them at any time."""

    seconds: float = 0.0
    """How long every call takes."""
    refuse: int = 0
    """How many of the next calls are refused; what is asked again is then done."""
    lie: Lie = ""
    dead: bool = False


@dataclass(frozen=True, slots=True)
class FakeRemote:
    """A Remote in a directory. `calls` tells what was asked of it, in order."""

    root: Path
    dials: Dials = field(default_factory=Dials)
    sleep: Callable[[float], None] = time.sleep
    calls: list[tuple[str, str]] = field(default_factory=list)

    def upload(self, local: Path, name: str) -> None:
        """See Remote."""
        self._answer("upload", name)
        if self.dials.lie == "forgets":
            return
        with atomic_path(self.root / name) as temporary:
            shutil.copyfile(local, temporary)

    def download(self, name: str, local: Path) -> None:
        """See Remote."""
        self._answer("download", name)
        data = self._store.fetch(name).read_bytes()
        if self.dials.lie == "cut":
            data = data[: len(data) // 2]
        if self.dials.lie == "altered":
            data = bytes([data[0] ^ 1]) + data[1:]
        local.write_bytes(data)

    def names(self, folder: str) -> tuple[str, ...]:
        """See Remote."""
        self._answer("names", folder)
        return () if self.dials.lie == "empty list" else self._store.names(folder)

    def size(self, name: str) -> int:
        """See Remote."""
        self._answer("size", name)
        if self.dials.lie == "forgets":
            raise missing(name)
        return self._store.size(name)

    def remove(self, name: str) -> None:
        """See Remote."""
        self._answer("remove", name)
        self._store.remove(name)

    @property
    def _store(self) -> LocalStore:
        return LocalStore(self.root)

    def _answer(self, what: str, name: str) -> None:
        self.calls.append((what, name))
        if self.dials.seconds:
            self.sleep(self.dials.seconds)
        if self.dials.dead:
            raise StoreUnreachable("the object store is gone", where=name, todo="bring it back")
        if self.dials.refuse:
            self.dials.refuse -= 1
            raise StoreUnreachable("the object store is busy", where=name, todo="try again")
