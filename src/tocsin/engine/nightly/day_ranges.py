"""A day's published rows and the ledger before it, worked on range by range.

Memory is bounded by a range and the number of workers, whatever the day (rows of one subject,
and those without any, lie in one range): first the units' files are dealt out to ranges of
subjects, then each range is counted, and its findings taken a step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tocsin.engine.execute import run_tasks
from tocsin.engine.files import scratch_file
from tocsin.engine.nightly.arrivals import putting_together
from tocsin.engine.nightly.findings_range import next_range
from tocsin.engine.nightly.findings_step import Rules
from tocsin.engine.nightly.ledger_file import (
    ledger_subjects,
    read_ledger_range,
    write_ledger,
    write_range,
)
from tocsin.engine.nightly.range_rows import Parts, RangeRows, subject_codes
from tocsin.engine.nightly.spread import UnitRows, spread, spread_tasks
from tocsin.engine.nightly.statistics_counts import count_range, count_rare_tags
from tocsin.engine.nightly.subject_ranges import RANGE_ROWS, Cuts, cut_ranges

_WORTH_SPREADING, _WORTH_WORKING = 4_000_000, 400_000
"""With fewer rows to deal out, or to work on, starting processes takes longer than doing it."""


@dataclass(frozen=True, slots=True)
class Dealt:
    """A day's rows dealt out to files in `folder`, and the ranges in which there is anything."""

    parts: Parts
    cuts: Cuts
    ranges: tuple[int, ...]
    before: Path | None
    folder: Path
    workers: int


def deal_out(
    units: Sequence[UnitRows],
    before: Path | None,
    folder: Path,
    *,
    workers: int = 1,
    range_rows: int = RANGE_ROWS,
) -> Dealt:
    """Cut the space of subjects and deal the rows out. `before`: the ledger of the day before.

    RunError if that has another format.
    """
    subjects = [unit.subjects for unit in units]
    if before is not None:
        subjects.append(ledger_subjects(before))
    cuts = cut_ranges(subjects, range_rows)
    rows = sum(each.rows for each in subjects)
    tasks = spread_tasks(units, cuts, folder)
    counts = run_tasks(spread, tasks, workers=workers if rows >= _WORTH_SPREADING else 1)
    there = {number for of_part in counts for number in range(cuts.ranges) if of_part[number]}
    ranges = range(cuts.ranges) if before is not None else sorted(there)
    parts = tuple((task.unit, task.destination) for task in tasks)
    at_work = workers if rows >= _WORTH_WORKING else 1
    return Dealt(parts, cuts, tuple(ranges), before, folder, at_work)


@dataclass(frozen=True, slots=True)
class RangeTask:
    """One range of a day. Without `rules` it is counted, and findings are left alone."""

    dealt: Dealt
    number: int
    rules: Rules | None

    @property
    def counts(self) -> Path:
        """Where its figures go, a table of COUNTS."""
        return self.dealt.folder / f"counts-{self.number}.arrow"

    @property
    def ledger(self) -> Path:
        """Where its findings go."""
        return self.dealt.folder / f"ledger-{self.number}.arrow"


def count_ranges(dealt: Dealt) -> list[Path]:
    """Count every range, and leave findings alone; the files with the figures."""
    tasks = [RangeTask(dealt, number, None) for number in dealt.ranges]
    run_tasks(work_on_range, tasks, workers=dealt.workers)
    return [task.counts for task in tasks]


def step_ranges(dealt: Dealt, rules: Rules, ledger: Path) -> list[Path]:
    """Count every range, and write the ledger a step later; the files with the figures."""
    tasks = [RangeTask(dealt, number, rules) for number in dealt.ranges]

    def write(numbers: Iterable[int]) -> None:
        write_ledger((tasks[number].ledger for number in numbers), ledger)

    # The ledger is one file and one process writes it, while others work on later ranges.
    with putting_together(len(tasks), write) as arrived:
        run_tasks(
            work_on_range, tasks, workers=dealt.workers, on_done=lambda number, _: arrived(number)
        )
    return [task.counts for task in tasks]


def work_on_range(task: RangeTask) -> None:
    """Count a range, and take its findings a step."""
    dealt = task.dealt
    read = RangeRows.read(dealt.parts, task.number)
    before = read_ledger_range(dealt.before, dealt.cuts, task.number)
    today = read.rows.select(["hi", "lo", "length", "name"])
    known = before.select(["subject_hi", "subject_lo", "subject_len", "subject"])
    codes = subject_codes(pa.concat_tables([today, known.rename_columns(today.column_names)]))
    of_rows, of_known = codes[: read.rows.num_rows], codes[read.rows.num_rows :]
    _write_counts(count_range(read, of_rows), task.counts)
    if task.rules is not None:
        write_range(next_range(read, of_rows, before, of_known, task.rules), task.ledger)


def _write_counts(counts: pa.Table, path: Path) -> None:
    with scratch_file(path), pa.ipc.new_file(path, counts.schema) as writer:
        writer.write_table(counts)


# --- tags that are too many -----------------------------------------------------------------

Kept = Mapping[tuple[str, bool], Collection[str]]
"""The tags that have a figure of their own, by report type and whether delayed."""


@dataclass(frozen=True, slots=True)
class RareTask:
    """The rare tags of one range, in the units that have too many tags."""

    dealt: Dealt
    number: int
    kept: Kept

    @property
    def counts(self) -> Path:
        """Where the figures go, a table of COUNTS."""
        return self.dealt.folder / f"rare-{self.number}.arrow"


def count_rare(dealt: Dealt, kept: Kept) -> list[Path]:
    """Count the rows with tags that are not kept, in the units that `kept` names."""
    tasks = [RareTask(dealt, number, kept) for number in dealt.ranges]
    run_tasks(count_rare_of_range, tasks, workers=dealt.workers)
    return [task.counts for task in tasks]


def count_rare_of_range(task: RareTask) -> None:
    """Count one range's."""
    parts = [
        (unit, path)
        for unit, path in task.dealt.parts
        if (unit.report_type, unit.delayed) in task.kept
    ]
    read = RangeRows.read(parts, task.number)
    subjects = subject_codes(read.rows.select(["hi", "lo", "length", "name"]))
    _write_counts(count_rare_tags(read, subjects, task.kept), task.counts)
