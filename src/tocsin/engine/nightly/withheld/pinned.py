"""The judgements of a run, as they were when it was planned, or as a replay is told to take them.

A replay that takes today's judgements still holds back exactly what the run held back: the runs
after it have taken that over, and would send it a second time, or never.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from tocsin.engine.files import sha256_of, write_atomically
from tocsin.engine.home import Home
from tocsin.engine.judgements.book import Book, judgements_bytes, read_judgements
from tocsin.engine.judgements.values import Judgement, Kind, What, micros
from tocsin.engine.nightly.observed import Distrusted, Unbelieved
from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.plan import Plan
from tocsin.model.errors import RunError


def _path(package: Package) -> Path:
    return package.path / "judgements.json"


def judgements_in(package: Package) -> tuple[Judgement, ...]:
    """Those that lie in a package."""
    return read_judgements(_path(package))


def digest_of(judgements: Sequence[Judgement]) -> str:
    """What a plan names them by; empty if there are none."""
    return hashlib.sha256(judgements_bytes(judgements)).hexdigest() if judgements else ""


def pin_judgements(package: Package, judgements: Sequence[Judgement]) -> list[Path]:
    """Put them into a package that is being planned; the file, if there is one."""
    path = _path(package)
    if not judgements:
        path.unlink(missing_ok=True)
        return []
    write_atomically(path, judgements_bytes(judgements))
    return [path]


def pinned_judgements(package: Package, plan: Plan) -> tuple[Judgement, ...]:
    """The judgements of a planned run. RunError if they are not those that it was planned with."""
    path = _path(package)
    if not plan.judgements:
        return ()
    if not path.is_file() or sha256_of(path) != plan.judgements:
        raise RunError(
            "the judgements of the run are not those that it was planned with",
            where=str(path),
            todo="restore the run's folder from a backup",
        )
    return read_judgements(path)


def has_asked(package: Package, judgement: Judgement) -> bool:
    """Whether a run was planned with this judgement."""
    return any(each.id == judgement.id for each in judgements_in(package))


def for_replay(before: Package, home: Home) -> tuple[Judgement, ...]:
    """Today's judgements for a run that is made again, with the holds that it had."""
    holds = [each for each in judgements_in(before) if each.kind is Kind.HOLD]
    return (*holds, *(each for each in Book(home).read() if each.kind is not Kind.HOLD))


def unbelieved(judgements: Iterable[Judgement]) -> Unbelieved:
    """What of observations is left out because of judgements: they are no records yet."""
    counting = [each for each in judgements if each.ended is None]
    return Unbelieved(
        sensors=_distrusted(counting, What.SENSOR),
        sources=_distrusted(counting, What.SOURCE),
        rules=[
            (each.value, micros(each.end))
            for each in counting
            if each.kind is Kind.WITHDRAWAL and each.what is What.RULE
        ],
    )


def _distrusted(judgements: Iterable[Judgement], what: What) -> list[Distrusted]:
    return [
        (each.value, micros(each.start) if each.start else 0, micros(each.end))
        for each in judgements
        if each.kind is Kind.DISTRUST and each.what is what
    ]
