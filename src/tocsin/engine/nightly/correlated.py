"""The files of records that a run's correlations made, as part of what the run reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from tocsin.engine.files import as_written, canonical_json, read_object, write_atomically
from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.planned import PlannedFile


@dataclass(frozen=True, slots=True)
class Correlated:
    """What the step made: files of the lake, and what became of the observations."""

    files: tuple[PlannedFile, ...] = ()
    account: tuple[dict[str, object], ...] = ()


def _path(package: Package) -> Path:
    return package.path / "correlated" / "files.json"


def write_correlated(package: Package, files: Iterable[PlannedFile], account: object) -> Path:
    """Keep what the step made; the path of what was written."""
    path = _path(package)
    said = {"files": [asdict(file) for file in files], "account": account}
    write_atomically(path, canonical_json(said))
    return path


def read_correlated(package: Package) -> Correlated:
    """What `write_correlated` kept; nothing where the step has not been done."""
    path = _path(package)
    if not path.exists():
        return Correlated()
    said = read_object(path)
    with as_written(path):
        files = cast("list[dict[str, object]]", said["files"])
        account = cast("list[dict[str, object]]", said["account"])
        return Correlated(
            tuple(PlannedFile(**each) for each in files),  # type: ignore[arg-type] # our own file
            tuple(account),
        )
