"""A packed file is known again by its packed bytes, and what it has grown by is left alone."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.strategies.source_files import MOST

from tocsin.engine.sources.compression import members, open_member
from tocsin.engine.sources.seal import Seal
from tocsin.engine.sources.survey import survey
from tocsin.model.errors import InputError

ROWS = b"".join(b'{"report_type":"special","n":%d}\n' % number for number in range(20_000))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "a.ndjson.gz"
    made.write_bytes(gzip.compress(ROWS[:9_000]) + gzip.compress(ROWS[9_000:]) + b"\0" * 512)
    return made


def grown(packed: bytes) -> bytes:
    return packed + gzip.compress(b'{"report_type":"special"}\n')


def repacked(_: bytes) -> bytes:
    return gzip.compress(ROWS, 1)


def rewritten(_: bytes) -> bytes:
    return gzip.compress(ROWS.replace(b'"n":7}', b'"n":8}'))


@pytest.mark.parametrize(
    ("change", "holds"), [(bytes, True), (grown, True), (repacked, False), (rewritten, False)]
)
def test_a_seal_holds_while_the_packed_bytes_are_those_of_the_survey(
    path: Path, change: Callable[[bytes], bytes], holds: bool
) -> None:
    (member,) = members(path)
    found = survey(member, "tocsin-ndjson", known={}, most_bytes=MOST)
    assert found.sealed is not None
    assert found.sealed.size == path.stat().st_size
    path.write_bytes(change(path.read_bytes()))
    seal = Seal(found.sealed)
    data, ended = b"", False
    with (
        contextlib.suppress(InputError),
        open_member(member, most_bytes=MOST, seal=seal) as content,
    ):
        data = content.read(found.size)
        ended = not content.read(1)
    assert (ended and seal.holds) == holds
    assert not holds or data == ROWS


def test_what_is_not_packed_has_no_seal(tmp_path: Path) -> None:
    plain = tmp_path / "a.ndjson"
    plain.write_bytes(ROWS)
    (member,) = members(plain)
    assert survey(member, "tocsin-ndjson", known={}, most_bytes=MOST).sealed is None
