"""A source may leave in the file what it does not name; then nothing of it is kept anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fakes.kept_text import kept_text
from tests.fakes.small_home import SmallHome

from tocsin.engine.intake.ledger import Ledger

SOURCE = """\
title: A partner
format: {form}
terms: {{tlp: amber}}
reading:
  others: {others}
  report_types: [event4_sinkhole]
  columns: {{timestamp: time, src_ip: who}}
"""
CSV = b"time,who,secret\n2026-11-22T01:00:00Z,192.0.2.1,hunter2\nnever,192.0.2.1,hunter2\n"
ROWS = [
    {"time": "2026-11-22T01:00:00Z", "who": "192.0.2.1", "secret": "hunter2", "deep": {"x": 1}},
    {"time": "never", "who": "192.0.2.1", "secret": "hunter2"},
]
NDJSON = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS) + b'{"secret": "hunter2"\n'


@pytest.mark.parametrize(("form", "content"), [("csv", CSV), ("ndjson", NDJSON)])
@pytest.mark.parametrize("others", ["keep", "leave"])
def test_what_is_not_named_is_kept_or_left(
    tmp_path: Path, form: str, content: bytes, others: str
) -> None:
    small = SmallHome.make(tmp_path)
    small.write_source("partner", SOURCE.format(form=form, others=others))
    small.collect(small.put("rows", content), source="partner", switched_off=("reserved",))
    ((piece,),) = (record.pieces for record in Ledger(small.home.ledger).records())
    assert piece.adds_up
    assert (piece.accepted, piece.rejected["bad_time"]) == (1, 1)
    assert ("hunter2" in kept_text(small)) == (others == "keep")
