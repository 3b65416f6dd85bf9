"""A run says how often each suppression counted, and the sums agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from tests.fakes.small_home import SmallHome, default_lists, event


def test_each_suppression_is_counted_under_its_id(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    lists = default_lists()
    common = {"lists": [1, 3], "kind": "fixed", "before": "2026-11-23"}
    lists["suppressions"] = [
        {"id": "one", "address": "192.0.2.10", **common},
        {"id": "two", "address": "192.0.2.11", **common},
        {"id": "idle", "address": "192.0.2.12", **common},
    ]
    small.write_lists(lists)
    small.collect_events([event(1), event(2, "192.0.2.11"), event(3, "192.0.2.11", dst_port=81)])
    manifest = cast("dict[str, Any]", small.night().manifest)
    unit = manifest["units"]["event4_sinkhole"]
    assert unit["suppressed_by"] == {"one": 1, "two": 2}
    assert unit["suppressed"] == sum(unit["suppressed_by"].values()) == 3
    assert manifest["totals"]["suppressed"] == 3
