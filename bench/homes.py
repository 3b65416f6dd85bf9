"""Homes to measure in: the world's, with the large files linked rather than copied."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bench.world.make import World
from bench.world.scale import Scale
from tocsin.engine.home import Home


def fresh_home(world: World, place: Path) -> Home:
    """A home with atlas, catalogue and lists, and no events."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(world.home, place, copy_function=os.link)
    return Home.open(place, create=False)


def home_with_records(world: World, scale: Scale, place: Path) -> Home:
    """A home whose lake holds a day of records, and no run has taken them."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(world.day(scale) / "home", place, copy_function=os.link)
    return Home.open(place, create=False)


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
