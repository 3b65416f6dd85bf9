"""The bench of a night's mails, small: every message arrives once, and is counted."""

from __future__ import annotations

from pathlib import Path

from bench.figures import delivery
from bench.measure import measure


def test_a_small_outbox_goes_to_the_sink_once_each_with_all_signatures(tmp_path: Path) -> None:
    place = str(tmp_path / "home")
    measure(delivery.fill, "", place, 60)
    found = measure(delivery.ours, "", place, "zip, OpenPGP, DKIM", 60)
    # It has compared what came with what was sent by itself.
    assert found.number("mails") == 60
    assert found.number("rate") > 0
