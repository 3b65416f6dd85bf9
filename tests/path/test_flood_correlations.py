"""Floods in flows: a download that is as fast as one accuses nobody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fakes.small_home import EVENING, SmallHome, report_names

FLOW = {
    "type": "FLOW",
    "first": "2026-11-22T04:12:09.265",
    "src4_addr": "192.0.2.20",
    "dst4_addr": "203.0.113.80",
    "src_port": 443,
    "dst_port": 51000,
    "in_packets": 72_000,
    "in_bytes": 105_120_000,
}
OURS = """\
extends: nfdump
title: Our flows
description: Flows of the tests.
filters:
  reserved_allowed: [documentation]
"""


@pytest.mark.parametrize(
    ("proto", "flags", "told"),
    [(6, "...AP.SF", False), (6, "...A....", False), (6, "......S.", True), (17, "........", True)],
)
def test_only_what_is_no_connection_counts_as_a_flood(
    tmp_path: Path, proto: int, flags: str, told: bool
) -> None:
    small = SmallHome.make(tmp_path)
    small.write_source("our-flows", OURS)
    row = json.dumps(FLOW | {"proto": proto, "tcp_flags": flags}).encode()
    small.collect(small.put("nfdump.ndjson", row), source="our-flows", now=EVENING)
    names = report_names(small.night())
    assert ("2026-11-22-event4_ddos_participant-alpha-asn.csv" in names) is told
