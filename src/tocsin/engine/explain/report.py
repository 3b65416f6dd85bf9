"""The report that is meant: by its file name, or by a file that it was exported to."""

from __future__ import annotations

from pathlib import Path

from tocsin.engine.files import sha256_of
from tocsin.engine.nightly.package import State, packages
from tocsin.engine.reports import FinishedReport, find_report, reports_of
from tocsin.model.errors import RunError


def report_meant(root: Path, name: str, revision: int | None) -> FinishedReport:
    """Find a report by its file name or by the path of an exported file.

    `root`: of the home. `revision`: of the run; None means the newest, or for an exported file
    the one that it is of. UsageError if there is no such report; RunError for a file that is not
    as its report was published.
    """
    path = Path(name)
    if not path.is_file():
        return find_report(root, path.name, revision)
    candidates = _of_all_revisions(root, path.name)
    if revision is not None or not candidates:
        candidates = [find_report(root, path.name, revision)]
    checksum = sha256_of(path)
    same = [report for report in candidates if report.slice.sha256 == checksum]
    if same:
        return same[-1]
    raise RunError(
        "the file is not the report as it was published: its bytes differ",
        where=str(path),
        todo="export it again, or give the bare file name instead of the path",
    )


def _of_all_revisions(root: Path, file: str) -> list[FinishedReport]:
    """The reports of that name in every published revision of their day, oldest first."""
    return [
        report
        for package in packages(root)
        if file.startswith(package.day.isoformat()) and package.state() is State.PUBLISHED
        for report in reports_of(package)
        if report.file == file
    ]
