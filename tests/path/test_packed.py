"""Packed files that change between the survey and the taking."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes.small_home import SmallHome, event, ndjson

from tocsin.engine.intake import collect as intake
from tocsin.engine.intake.batches import Batch, make_batches

FIRST, SECOND = ndjson([event(n) for n in range(5)]), ndjson([event(n) for n in range(9)])


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def collect_while(small: SmallHome, path: Path, then: bytes, patch: pytest.MonkeyPatch) -> int:
    """Take a file in that becomes another one after its survey; how many rows were accepted."""

    as_ever: Callable[..., list[Batch]] = make_batches

    def made(*args: object, **named: object) -> list[Batch]:
        path.write_bytes(then)
        return as_ever(*args, **named)

    with patch.context() as changed:
        changed.setattr(intake, "make_batches", made)
        collected = small.collect(path)
    assert len(collected.refused) == (not collected.records)
    assert all("changed while it was read" in each.why for each in collected.refused)
    return sum(piece.accepted for record in collected.records for piece in record.pieces)


@pytest.mark.parametrize("then", [gzip.compress(SECOND), gzip.compress(FIRST, 1), b"", b"\x1f\x8b"])
def test_a_packed_file_that_was_written_anew_is_given_up(
    small: SmallHome, monkeypatch: pytest.MonkeyPatch, then: bytes
) -> None:
    path = small.put("a.ndjson.gz", gzip.compress(FIRST))
    assert collect_while(small, path, then, monkeypatch) == 0
    path.write_bytes(gzip.compress(FIRST))
    (record,) = small.collect(path).records
    assert record.pieces[0].accepted == 5


def test_a_packed_file_that_has_grown_is_taken_as_it_was(
    small: SmallHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small.put("a.ndjson.gz", gzip.compress(FIRST))
    grown = gzip.compress(FIRST) + gzip.compress(SECOND[len(FIRST) :])
    assert collect_while(small, path, grown, monkeypatch) == 5
    (record,) = small.collect(path).records
    assert record.pieces[0].accepted == 4
