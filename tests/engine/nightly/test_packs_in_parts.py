"""A pack whose lines memory does not hold at a time has the bytes of one whose lines it holds."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.nightly.published_worlds import DAY, MIDNIGHT, matched, report_type, row
from tests.engine.nightly.test_packs import AUDIENCES, COLUMNS, LISTS

from tocsin.engine.nightly import line_store, pack_sinks, packs, shares
from tocsin.engine.nightly.packs import PackInfo, PackWriter, write_pack
from tocsin.engine.nightly.slices import read_slice

SINKHOLE = report_type("event4_sinkhole", COLUMNS, subject="src_ip")
_ROWS = st.lists(
    st.tuples(st.integers(0, len(AUDIENCES) - 1), st.text('ab,"\n', max_size=40)), max_size=40
)


@given(
    said=_ROWS,
    pieces=st.integers(1, 9),
    segment=st.sampled_from([1, 200, 1 << 20]),
    direct_from=st.sampled_from([0, 1 << 20]),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_bytes_do_not_hang_on_what_memory_holds(
    tmp_path: Path, said: list[tuple[int, str]], pieces: int, segment: int, direct_from: int
) -> None:
    rows = [
        row(
            number,
            at=MIDNIGHT + dt.timedelta(seconds=number),
            audience=audience,
            src_ip=f"192.0.2.{number}",
            tag=tag,
        )
        for number, (audience, tag) in enumerate(said)
    ]
    table = matched(SINKHOLE, rows)
    whole = write_pack(
        table, AUDIENCES, LISTS, SINKHOLE, day=DAY, delayed=False, directory=tmp_path / "whole"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_store, "SEGMENT_BYTES", segment)
        patch.setattr(shares, "MOST_PAIRS", 3)
        patch.setattr(packs, "_CHUNK", 64)
        patch.setattr(pack_sinks, "_WRITE_BYTES", 100)
        patch.setattr(pack_sinks, "DIRECT_FROM", direct_from)
        patch.setattr(os, "pwritev", _cut_short)
        writer = PackWriter(
            AUDIENCES, LISTS, SINKHOLE, day=DAY, delayed=False, directory=tmp_path / "parts"
        )
        step = -(-len(rows) // pieces) or 1
        for first in range(0, len(rows), step):
            writer.add(table.slice(first, step))
        parts = writer.done()
    assert _content(parts) == _content(whole)
    assert all(read_slice(parts.path, each) for each in parts.slices) if parts else True
    assert not list((tmp_path / "parts").glob(".*")) if parts else True


def _content(info: PackInfo | None) -> tuple[bytes, bytes] | None:
    return (info.path.read_bytes(), info.index.read_bytes()) if info else None


def _cut_short(file: int, buffers: list[memoryview], offset: int) -> int:
    """As where a signal or a full disk ends a call early."""
    size = max(1, sum(map(len, buffers)) // 2)
    return os.pwrite(file, b"".join(buffers)[:size], offset)
