"""Finished reports: which there are, what is in them, and putting them out as files.

Only runs that are published count; of several revisions of a day the newest, unless another is
asked for. Every reading checks the report's SHA-256.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from tocsin.engine.files import atomic_path, read_object
from tocsin.engine.nightly.package import Package, State, packages
from tocsin.engine.nightly.slices import Slice, read_slice, slice_chunks
from tocsin.model.errors import RunError, UsageError

_FILE_NAME = re.compile(r"\d{4}-\d\d-\d\d-[a-z0-9_]+-[a-z0-9-]+\.csv")
_PACK_NAME = re.compile(r"packs/[a-z0-9_]+(-delayed)?\.pack")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can name, so that the same report makes the same zip."""


@dataclass(frozen=True, slots=True)
class FinishedReport:
    """A report of a published run: where its bytes are, and what it is about."""

    package: Package
    report_type: str
    delayed: bool
    partial: bool
    pack: Path
    slice: Slice

    @property
    def file(self) -> str:
        """The report's name."""
        return self.slice.file

    @property
    def day(self) -> dt.date:
        """The day that the report is about."""
        return self.package.day

    def to_json(self) -> dict[str, object]:
        """As commands print it."""
        return {
            "file": self.file,
            "day": self.day.isoformat(),
            "revision": self.package.revision,
            "partial": self.partial,
            "report_type": self.report_type,
            "delayed": self.delayed,
            "list": self.slice.list,
            "list_name": self.slice.list_name,
            "filter": self.slice.filter,
            "rows": self.slice.rows,
            "bytes": self.slice.length,
            "sha256": self.slice.sha256,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports: None takes all. `list` is a list's id or its name."""

    day: dt.date | None = None
    report_type: str | None = None
    list: str | None = None
    revision: int | None = None

    def takes(self, report: FinishedReport) -> bool:
        """Whether the report is one of them, its day and revision aside."""
        of_list = self.list in (None, str(report.slice.list), report.slice.list_name)
        return of_list and self.report_type in (None, report.report_type)


def finished_days(root: Path) -> list[dt.date]:
    """The days that have a published run in the home at `root`, oldest first."""
    return sorted({package.day for package in _published(root)})


def newest_day(root: Path) -> dt.date | None:
    """The newest day that was run when it was over; if there is none, the newest of all."""
    published = list(_published(root))
    whole = [package.day for package in published if not _is_partial(package)]
    return max(whole or [package.day for package in published], default=None)


def revisions_of(root: Path, day: dt.date) -> list[int]:
    """The published revisions of a day, oldest first."""
    return sorted(package.revision for package in _published(root) if package.day == day)


def list_reports(root: Path, wanted: Wanted) -> list[FinishedReport]:
    """The reports that are wanted, by day, then as their packs hold them.

    UsageError if the wanted revision is not published.
    """
    found = {}
    for package in _published(root):
        if wanted.day in (None, package.day) and wanted.revision in (None, package.revision):
            found[package.day] = package
    if wanted.revision is not None and not found:
        raise UsageError(
            f"there is no published revision {wanted.revision} of {wanted.day or 'any day'}",
            where=str(root / "runs"),
            todo="leave --revision out for the newest",
        )
    reports = [report for package in found.values() for report in reports_of(package)]
    return [report for report in reports if wanted.takes(report)]


def find_report(root: Path, file: str, revision: int | None = None) -> FinishedReport:
    """The report of that file name; UsageError if there is none."""
    try:
        day = dt.date.fromisoformat(file[:10])
    except ValueError:
        day = None
    if day is not None:
        for report in list_reports(root, Wanted(day=day, revision=revision)):
            if report.file == file:
                return report
    raise UsageError(
        f"there is no report {file!r} of a finished run",
        where=str(root / "runs"),
        todo="tocsin reports list names those that there are",
    )


def reports_of(package: Package) -> list[FinishedReport]:
    """The reports of a published run, as its manifest lists them."""
    path = package.path / "manifest.json"
    manifest = read_object(path)
    partial = bool(manifest.get("partial"))
    try:
        entries = cast("list[Mapping[str, object]]", manifest["reports"])
        return [_finished(package, entry, partial) for entry in entries]
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"the manifest does not list its reports as Tocsin writes them: {error}",
            where=str(path),
            todo=f"make the day again: tocsin replay --date {package.day}",
        ) from error


def read_report(package: Package, file: str) -> bytes:
    """A report of a published run, whole and checked; UsageError for a name it does not have."""
    for report in reports_of(package):
        if report.file == file:
            return read_slice(report.pack, report.slice)
    raise UsageError(f"{package.name} has no report {file!r}", where=str(package.path))


def first_lines(report: FinishedReport, rows: int) -> list[str]:
    """The header and at most so many rows, after the whole report has been checked."""
    kept = b""
    wanted = rows + 1
    for piece in slice_chunks(report.pack, report.slice):
        if kept.count(b"\n") < wanted:
            kept += piece
    # Lines first, text then: a piece may end within a character.
    lines = kept.split(b"\n", wanted)[: min(wanted, report.slice.rows + 1)]
    return [line.decode() for line in lines]


def export_reports(
    reports: Iterable[FinishedReport],
    directory: Path,
    *,
    zipped: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> list[Path]:
    """Write each report as a file of its own name into `directory`; the paths, in order.

    A file is there whole and checked or not at all, and replaces one of the same name. `zipped`:
    each in a `.zip` of its own. `advance` is called with 1 after each.
    """
    written = []
    for report in reports:
        pieces = slice_chunks(report.pack, report.slice)
        written.append(put_out(directory, report.file, pieces, zipped=zipped))
        advance(1)
    return written


def put_out(directory: Path, name: str, pieces: Iterable[bytes], *, zipped: bool) -> Path:
    """Write a file of that name, or with `zipped` a zip of it, into `directory`; its path.

    It is there whole or not at all: what the pieces raise leaves nothing behind.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / (f"{name}.zip" if zipped else name)
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        if zipped:
            _write_zip(name, pieces, stream)
        else:
            stream.writelines(pieces)
    return path


def _published(root: Path) -> Iterator[Package]:
    return (package for package in packages(root) if package.state() is State.PUBLISHED)


def _is_partial(package: Package) -> bool:
    return bool(read_object(package.path / "manifest.json").get("partial"))


def _finished(package: Package, entry: Mapping[str, object], partial: bool) -> FinishedReport:
    file, pack = str(entry["file"]), str(entry["pack"])
    # The names become paths: a manifest that somebody changed must not lead out of them.
    if not _FILE_NAME.fullmatch(file) or not _PACK_NAME.fullmatch(pack):
        raise ValueError(f"{file!r} in {pack!r}")
    return FinishedReport(
        package=package,
        report_type=str(entry["report_type"]),
        delayed=bool(entry["delayed"]),
        partial=partial,
        pack=package.path / pack,
        slice=Slice(
            file=file,
            list=int(str(entry["list"])),
            list_name=str(entry["list_name"]),
            filter=str(entry["filter"]),
            rows=int(str(entry["rows"])),
            offset=int(str(entry["offset"])),
            length=int(str(entry["length"])),
            sha256=str(entry["sha256"]),
        ),
    )


def _write_zip(name: str, pieces: Iterable[bytes], stream: IO[bytes]) -> None:
    entry = zipfile.ZipInfo(name, _ZIP_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    # The system that made it would else be in the bytes.
    entry.create_system = 3
    with zipfile.ZipFile(stream, "w") as archive, archive.open(entry, "w") as inner:
        for piece in pieces:
            inner.write(piece)
