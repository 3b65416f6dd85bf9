"""The bench of a night's mails, small: every message arrives once, and is counted."""

from __future__ import annotations

from pathlib import Path

from bench.figures import delivery
from bench.measure import measure
from bench.sink import Sink
from bench.watch import Look, Watch


def test_a_small_outbox_goes_to_the_sink_once_each_with_all_signatures(tmp_path: Path) -> None:
    place = str(tmp_path / "home")
    measure(delivery.fill, "", place, 60)
    found = measure(delivery.ours, "", place, "zip, OpenPGP, DKIM", 60)
    # It has compared what came with what was sent by itself.
    assert found.number("mails") == 60


def test_what_is_told_is_of_the_time_when_all_was_warm() -> None:
    watch = Watch(Sink(25))
    looks = ((0, 0, 0), (5, 150, 4), (6, 250, 5), (7, 350, 5.5), (8, 450, 6), (9, 451, 2))
    watch.looks = [Look(float(at), came, float(used)) for at, came, used in looks]
    assert watch.found() == {"rate": 100.0, "milliseconds_each": 5.0}


def test_where_too_few_come_it_is_told_of_all_of_the_time() -> None:
    watch = Watch(Sink(25))
    watch.looks = [Look(0.0, 0, 0.0), Look(2.0, 60, 3.0)]
    assert watch.found() == {"rate": 30.0, "milliseconds_each": 50.0}
