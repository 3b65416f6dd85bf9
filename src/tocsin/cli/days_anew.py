"""Making days anew that a recall takes rows from: the engine's findings and statistics follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from tocsin.cli.exit_codes import code_of
from tocsin.cli.nightly import night_of
from tocsin.cli.output import Output
from tocsin.cli.steps import stepwise
from tocsin.configuration.load import load_configuration
from tocsin.engine.home import Home
from tocsin.engine.judgements.values import Judgement
from tocsin.engine.nightly.package import Package, latest_published, packages
from tocsin.engine.nightly.plan import plan_of
from tocsin.engine.nightly.withheld.pinned import has_asked
from tocsin.model.errors import TocsinError, TransientError


@dataclass(frozen=True, slots=True)
class Anew:
    """Days whose newest revision asks the judgement now, and those that could not be made."""

    made: list[dt.date] = field(default_factory=list)
    failed: list[dt.date] = field(default_factory=list)


def make_anew(
    output: Output, home: Home, judgement: Judgement, first: dt.date, last: dt.date
) -> Anew:
    """Replay each finished day from `first` to `last`, oldest first, that has not asked it yet.

    Killed anywhere and called again: a revision that was begun is finished, none is made twice. A
    day that cannot be made is told, and the others are made all the same.
    """
    done = Anew()
    for package in list(_to_make(home, judgement, first, last)):
        try:
            with stepwise(output) as progress:
                night = night_of(home, load_configuration(home.configuration), progress)
                run = night.replay(package.day, None, judged_today=True)
        except TocsinError as error:
            done.failed.append(package.day)
            output.warn(f"{package.day} could not be made anew: {error.message()}")
            if isinstance(error, TransientError):
                output.finish(code_of(error))
        else:
            done.made.append(package.day)
            output.line(f"{package.day} was made anew, as {run.package.name}.")
    return done


def _to_make(home: Home, judgement: Judgement, first: dt.date, last: dt.date) -> Iterator[Package]:
    for day in sorted({each.day for each in packages(home.root) if first <= each.day <= last}):
        newest = latest_published(home.root, day)
        # What was given to nobody is no day to correct.
        if newest is not None and not plan_of(newest).partial and not has_asked(newest, judgement):
            yield newest
