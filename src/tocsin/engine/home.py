"""The one directory that holds all state, and who may work in it at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tocsin.engine.files import write_atomically
from tocsin.model.errors import Busy, HomeError

FORMAT = 1
"""Number of the layout below; `tocsin upgrade` will move an older one on."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where everything lies. Make one with `Home.open`."""

    root: Path

    @classmethod
    def open(cls, root: Path, *, create: bool) -> Home:
        """The home at `root`, made if wanted.

        HomeError if it is missing and not to be made, is no directory, may not be written to,
        or is of another format.
        """
        home = cls(root)
        if not root.exists() and not create:
            raise HomeError(
                "there is no Tocsin home here yet",
                where=str(root),
                todo="collect something first, or name another directory with --home",
            )
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            home._check_format(create=create)
        except (PermissionError, FileExistsError, NotADirectoryError) as error:
            raise HomeError(
                f"the home cannot be used: {error.strerror}",
                where=str(root),
                todo="give the right to write there, or name another directory with --home",
            ) from error
        return home

    def _check_format(self, *, create: bool) -> None:
        marker = self.root / "FORMAT"
        if not marker.exists():
            strangers = [
                entry.name for entry in self.root.iterdir() if not entry.name.startswith(".")
            ]
            known = {"tocsin.toml", "lists.json", "spool", "catalogue", "policy", "FORMAT"}
            if set(strangers) - known:
                raise HomeError(
                    "this directory holds other things and no Tocsin home",
                    where=str(self.root),
                    todo="name an empty or new directory with --home",
                )
            if create:
                write_atomically(marker, f"{FORMAT}\n".encode())
            return
        found = marker.read_text(encoding="utf-8", errors="replace").strip()
        if found != str(FORMAT):
            raise HomeError(
                f"the home has format {found!r}, this Tocsin reads {FORMAT}",
                where=str(marker),
                todo="use the Tocsin that wrote it",
            )

    @property
    def configuration(self) -> Path:
        """The operator's settings."""
        return self.root / "tocsin.toml"

    @property
    def spool(self) -> Path:
        """Where sensors drop files: one folder per source."""
        return self.root / "spool"

    @property
    def atlases(self) -> Path:
        """Compiled maps of the address space, one folder each."""
        return self.root / "atlas"

    @property
    def maps(self) -> Path:
        """Maps as their publishers gave them, one folder each."""
        return self.root / "maps"

    @property
    def ledger(self) -> Path:
        """What was taken in, batch by batch."""
        return self.root / "ledger"

    @property
    def lake(self) -> Path:
        """Observations, records and published rows."""
        return self.root / "lake"

    @property
    def cache(self) -> Path:
        """Copies of what was read from a lake elsewhere; may be emptied between commands."""
        return self.root / "cache"

    @property
    def rejects(self) -> Path:
        """Rows that could not be taken, with reason and line."""
        return self.root / "rejects"

    @property
    def runs(self) -> Path:
        """One package per day and revision."""
        return self.root / "runs"

    @property
    def statistics(self) -> Path:
        """The cubes of every day."""
        return self.root / "statistics"

    @property
    def findings(self) -> Path:
        """The ledger of what subscribers have to fix, day by day."""
        return self.root / "findings"

    @property
    def policy(self) -> Path:
        """The operator's lists: allowed networks, shared-address networks, judgements."""
        return self.root / "policy"

    @property
    def catalogue(self) -> Path:
        """The operator's own report types and sources, and provisional types."""
        return self.root / "catalogue"

    @property
    def lists(self) -> Path:
        """The snapshot of organisations and lists that the night takes by default."""
        return self.root / "lists.json"

    @property
    def service(self) -> Path:
        """Database, secret and mail of the service; the engine never looks into it."""
        return self.root / "service"

    @property
    def snapshots(self) -> Path:
        """Lists files that the service wrote, each named by its version."""
        return self.root / "snapshots"

    @property
    def intake_work(self) -> Path:
        """Scratch space of the intake at work; empty between commands."""
        return self.root / "work" / "collect"

    @property
    def night_work(self) -> Path:
        """Scratch space of the night's run at work; empty between commands."""
        return self.root / "work" / "nightly"

    @property
    def locks(self) -> Path:
        """Lock files; the kernel frees them when their holder dies."""
        return self.root / "locks"

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the lock of that name; Busy, at once, if another process does."""
        self.locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.locks / name
        with path.open("a+") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                stream.seek(0)
                holder = stream.read().strip() or "unknown"
                raise Busy(
                    f"another {name} is at work here (process {holder})",
                    where=str(self.root),
                    todo="wait until it has ended",
                ) from None
            stream.seek(0)
            stream.truncate()
            stream.write(f"{os.getpid()}\n")
            stream.flush()
            yield
