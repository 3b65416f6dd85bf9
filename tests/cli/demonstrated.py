"""The demonstration, made once for all tests that look at it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import pytest
from tests.fakes.made_once import made_once
from typer.testing import CliRunner

from tocsin.cli.main import application

EVENTS = 1500


class Listed(TypedDict):
    """One list of the demonstration's `lists`."""

    id: int
    name: str
    filter: str
    reports: int
    rows: int


@dataclass(frozen=True)
class Demonstration:
    """A home, what the command said, and what the files were after it."""

    home: Path
    said: dict[str, object]
    digests: dict[str, str]

    @property
    def lists(self) -> list[Listed]:
        lists = self.said["lists"]
        assert isinstance(lists, list)
        return lists

    def counts(self, *path: str) -> dict[str, int]:
        """The figures below some keys of what the command said."""
        value = self._below(path)
        assert isinstance(value, dict)
        return value

    def names(self, *path: str) -> list[str]:
        """The list below some keys of what the command said."""
        value = self._below(path)
        assert isinstance(value, list)
        return value

    def _below(self, path: tuple[str, ...]) -> object:
        value: object = self.said
        for key in path:
            assert isinstance(value, dict)
            value = value[key]
        return value


def run(home: Path, *options: str) -> tuple[int, str]:
    arguments = ["demo", "--no-portal", "--home", str(home), "--events", str(EVENTS), *options]
    result = CliRunner().invoke(application("demo"), arguments)
    return result.exit_code, result.stdout


@dataclass(frozen=True)
class Twice:
    """What people read the first time, the files after it, and all of the second time."""

    read: str
    digests: dict[str, str]
    second: Demonstration


def digests_of(home: Path) -> dict[str, str]:
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        # A lock holds the number of the process that had it; the service has a secret of its own.
        if path.is_file() and not {"locks", "service"} & set(path.parts)
    }


def demonstrate(home: Path) -> Twice:
    code, read = run(home)
    assert code == 0, read
    first = digests_of(home)
    code, said = run(home, "--json")
    assert code == 0, said
    return Twice(read, first, Demonstration(home, json.loads(said), digests_of(home)))


def demonstrated(factory: pytest.TempPathFactory) -> Twice:
    """Run twice at one place: the second run has to make every file again."""

    def make(folder: Path) -> Twice:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TOCSIN_WORKERS", "1")
            return demonstrate(folder / "demo-home")

    return made_once(factory, "demo", make)
