"""The report that a name means: in which run, which slice of which pack."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tocsin.engine.files import read_object, sha256_of
from tocsin.engine.lake.layout import Unit
from tocsin.engine.nightly.package import Package, State, packages
from tocsin.engine.nightly.slices import Slice, read_slice
from tocsin.model.errors import RunError, UsageError

_NAME = re.compile(r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})-[a-z0-9_]+-.+\.csv")
_LIST_THEM = "tocsin reports list names those that there are"


@dataclass(frozen=True, slots=True)
class FoundReport:
    """A report of a finished run. `partial`: of a day that was not over yet."""

    package: Package
    unit: Unit
    slice: Slice
    pack: Path
    partial: bool

    def lines(self) -> list[bytes]:
        """Header and rows as the pack has them, checked; a row is a line."""
        return read_slice(self.pack, self.slice).split(b"\n")[:-1]


def find_report(root: Path, name: str, revision: int | None) -> FoundReport:
    """Find a report by its file name, or by the path of a file that it was exported to.

    `root`: of the home. `revision`: of the run; None means the one that an exported file is of,
    or the newest. UsageError for what cannot be a report, RunError if there is none such.
    """
    path = Path(name)
    day = _day_of(path.name)
    found = list(_reports_named(root, day, path.name))
    if revision is not None:
        found = [report for report in found if report.package.revision == revision]
    if not found:
        of = f"revision {revision} of the run" if revision is not None else "no finished run"
        what = (
            f"{of} of {day} has no report {path.name}"
            if revision is not None
            else (f"{of} of {day} has a report {path.name}")
        )
        raise RunError(what, where=str(root), todo=_LIST_THEM)
    if path.is_file():
        return _the_same(path, found)
    return found[-1]


def _day_of(name: str) -> dt.date:
    match = _NAME.fullmatch(name)
    if match is not None:
        try:
            return dt.date.fromisoformat(match["day"])
        except ValueError:
            pass
    raise UsageError(f"{name!r} is no report's file name", todo=_LIST_THEM)


def _the_same(path: Path, found: list[FoundReport]) -> FoundReport:
    """Of the revisions of a report the newest that is equal to the file."""
    checksum = sha256_of(path)
    same = [report for report in found if report.slice.sha256 == checksum]
    if not same:
        raise RunError(
            "the file is not the report as it was published: its bytes differ",
            where=str(path),
            todo="export it again, or give the bare file name instead of the path",
        )
    return same[-1]


def _reports_named(root: Path, day: dt.date, name: str) -> Iterator[FoundReport]:
    """The finished revisions' reports of that name, oldest first."""
    for package in packages(root):
        if package.day != day or package.state() is not State.PUBLISHED:
            continue
        manifest = read_object(package.path / "manifest.json")
        for said in cast("list[Mapping[str, object]]", manifest["reports"]):
            if said["file"] == name:
                yield _report(package, said, partial=bool(manifest["partial"]))


def _report(package: Package, said: Mapping[str, object], *, partial: bool) -> FoundReport:
    cut = Slice(
        file=cast("str", said["file"]),
        list=cast("int", said["list"]),
        list_name=cast("str", said["list_name"]),
        filter=cast("str", said["filter"]),
        rows=cast("int", said["rows"]),
        offset=cast("int", said["offset"]),
        length=cast("int", said["length"]),
        sha256=cast("str", said["sha256"]),
    )
    unit = Unit(cast("str", said["report_type"]), cast("bool", said["delayed"]))
    return FoundReport(package, unit, cut, package.path / cast("str", said["pack"]), partial)
