"""What comes late, and brings nothing new."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import cast

from tests.fakes.small_home import DAY, NIGHT, SmallHome, event, report_names

NEXT = DAY + dt.timedelta(days=1)


def test_a_late_file_of_which_all_was_sent_makes_no_report(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    small.collect_events([event(1), event(2, "192.0.2.99")], name="a.ndjson")
    small.night()
    again = [event(2, "192.0.2.99")]
    small.collect_events(again, name="b.ndjson", now=NIGHT + dt.timedelta(hours=6))
    run = small.night(NEXT)
    unit = cast("dict[str, dict[str, int]]", run.manifest["units"])["event4_sinkhole-delayed"]
    assert (unit["events"], unit["sent_before"], unit["rows"]) == (1, 1, 0)
    assert not any("delayed" in name for name in report_names(run))
