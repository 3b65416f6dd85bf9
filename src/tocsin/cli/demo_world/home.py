"""The demonstration's directory: made anew each time, and never one that somebody else made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Final

from tocsin.cli.demo_world import sources
from tocsin.cli.demo_world.organisations import SHARED_NETWORK, snapshot
from tocsin.cli.demo_world.raw_sensors import write_raw_sources
from tocsin.engine.home import Home
from tocsin.model.errors import HomeError

MARKER: Final = ".tocsin-demo"
_SMALL_BATCH: Final = 7_500
_MARK: Final = "tocsin demo made this directory, and removes all of it when it is run again.\n"


def fresh_home(root: Path) -> Home:
    """A new home at `root`; an earlier demonstration there is removed.

    HomeError if there is anything there that no demonstration made.
    """
    _clear(root)
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    (root / MARKER).write_text(_MARK, encoding="utf-8")
    return Home.open(root, create=True)


def furnish(home: Home, events: int) -> None:
    """Put in what an operator would: sources, policy, settings, and who subscribes.

    `events`: how many there will be about, for batches of a size that two cores can share.
    """
    sources.write_sources(home.catalogue)
    write_raw_sources(home.catalogue)
    sources.write_policy(home.policy)
    network, sightings = SHARED_NETWORK
    settings = (
        "# Far smaller batches than are worth it, so that there is something to watch.\n"
        f"slice_records = {max(_SMALL_BATCH, events // 8)}\n\n"
        "# Many customers of the ISP share these addresses; so many sightings a day stay rows.\n"
        f'[shared_networks]\n"{network}" = {sightings}\n\n'
        "# The portal, which shows all letters and lets people ask for networks of examples.\n"
        "[service]\ndemonstration = true\n\n"
        "[proof]\ndocumentation_allowed = true\nloopback_allowed = true\n"
    )
    home.configuration.write_text(settings, encoding="utf-8")
    home.lists.write_text(json.dumps(snapshot(), indent=2) + "\n", encoding="utf-8")


def _clear(root: Path) -> None:
    """Empty what an earlier demonstration made; the marker goes last, in case this is killed."""
    if root.is_symlink() or (root.exists() and not root.is_dir()):
        raise _not_ours(root)
    if not root.exists():
        return
    entries = [entry for entry in root.iterdir() if entry.name != MARKER]
    if entries and not (root / MARKER).is_file():
        raise _not_ours(root)
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _not_ours(root: Path) -> HomeError:
    return HomeError(
        "the demonstration did not make this, so it will not remove it",
        where=str(root),
        todo="name a new or empty directory with --home",
    )
