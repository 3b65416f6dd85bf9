"""Surveys of many contents, on as many processes as are worth it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

from tocsin.catalogue.reading import Reading
from tocsin.engine.execute import KeptProcesses, run_tasks
from tocsin.engine.files import canonical_json, read_object, write_atomically
from tocsin.engine.sources.raw import Member, Sealed, Slice, Survey
from tocsin.engine.sources.sessions import SessionsFound
from tocsin.engine.sources.survey import survey
from tocsin.model.errors import InputError

_WORTH_PROCESSES = 1 << 25
"""Bytes on disk; with fewer, starting processes takes longer than what they save."""


@dataclass(frozen=True, slots=True)
class SurveyTask:
    """A content to survey. `known`, `reading`: as `survey` takes them. `path`: for the result."""

    member: Member
    format: str
    known: Mapping[int, str]
    slice_rows: int
    most_bytes: int
    path: Path
    reading: Reading | None = None


Result = Survey | InputError


def survey_all(
    tasks: Sequence[SurveyTask], processes: KeptProcesses, *, on_done: Callable[[int], None]
) -> list[Result]:
    """What each survey found, or why it could not; `on_done` hears how many are done."""
    results: dict[int, Result] = {}

    def done(number: int, error: InputError | None) -> None:
        path = tasks[number].path
        results[number] = error or _survey_from(path)
        path.unlink(missing_ok=True)
        on_done(len(results))

    sizes = {task.member.path: _size(task.member.path) for task in tasks}
    if sum(sizes.values()) >= _WORTH_PROCESSES:
        processes.run_tasks(_survey, tasks, on_done=done)
    else:
        run_tasks(_survey, tasks, workers=1, on_done=done)
    return [results[number] for number in range(len(tasks))]


def _survey(task: SurveyTask) -> InputError | None:
    """The result lies in a file: what a worker hands back should be small."""
    try:
        found = survey(
            task.member,
            task.format,
            known=task.known,
            slice_records=task.slice_rows,
            most_bytes=task.most_bytes,
            reading=task.reading,
        )
    except InputError as error:
        return error
    said = {**asdict(found), "header": found.header.decode("latin-1")}
    write_atomically(task.path, canonical_json(said))
    return None


def _survey_from(path: Path) -> Survey:
    said = read_object(path)
    slices = cast("list[dict[str, object]]", said["slices"])
    sealed = cast("dict[str, object] | None", said["sealed"])
    return replace(
        Survey(**said),  # type: ignore[arg-type]  # as it was written a moment ago
        header=str(said["header"]).encode("latin-1"),
        slices=tuple(Slice(**each) for each in slices),  # type: ignore[arg-type]  # as above
        sealed=None if sealed is None else Sealed(int(str(sealed["size"])), str(sealed["digest"])),
        sessions=SessionsFound.from_json(said["sessions"]),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
