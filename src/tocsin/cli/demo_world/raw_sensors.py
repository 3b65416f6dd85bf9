"""Raw files of sensors of every kind that Tocsin ships a source for.

Each source's own example is a file of such a sensor; some also saw a burst. They belong to sources
of the demonstration's own, since it is of addresses that nobody else is believed to see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_files
from tocsin.cli.demo_world.bursts import BURSTS

PREFIX: Final = "raw-"
"""How the demonstration's names of these sources begin."""

_OF_ANOTHER_TIME: Final = "period-"
"""Formats of feeds that have ended; their examples are of their time."""


@dataclass(frozen=True, slots=True)
class RawSensor:
    """A source that ships, its name in the demonstration, and its file."""

    ships_as: str
    source: str
    file: str
    content: str


def raw_sensors() -> tuple[RawSensor, ...]:
    """All of them, in the order of their names."""
    examples = load_files(SHIPPED, None).examples
    return tuple(
        RawSensor(name, f"{PREFIX}{name}", said["file"], _content(name, said["content"]))
        for name, said in sorted(examples.items())
        if said.get("content") and not name.startswith(_OF_ANOTHER_TIME)
    )


def _content(name: str, example: str) -> str:
    burst = BURSTS.get(name)
    return example if burst is None else example + "".join(f"{line}\n" for line in burst())


def write_raw_sources(catalogue: Path) -> None:
    """Describe them in a home's catalogue folder."""
    folder = catalogue / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    for each in raw_sensors():
        text = (
            f"extends: {each.ships_as}\n"
            f"title: Raw files of {each.ships_as}, of the Example Observatory\n"
            f"files: []\n"
            "filters: {reserved_allowed: [documentation]}\n"
        )
        (folder / f"{each.source}.yaml").write_text(text, encoding="utf-8")


def write_raw_files(folder: Path) -> Mapping[str, tuple[Path, ...]]:
    """Write their files below a folder; the files by the name of the source."""
    written: dict[str, tuple[Path, ...]] = {}
    for each in raw_sensors():
        path = folder / each.source / each.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(each.content, encoding="utf-8")
        written[each.source] = (path,)
    return written
