"""What events of other systems repeat in free text: passwords, and the honeypot's own address."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.fakes.small_home import SmallHome

MOMENT = "2026-11-22T04:12:09Z"
LINE = "login as root with s3cret from 192.0.2.10 at 198.51.100.7"
CODED = base64.b64encode(LINE.encode()).decode()

INTELMQ = {
    "time.source": MOMENT,
    "classification.type": "brute-force",
    "source.ip": "192.0.2.10",
    "extra.password": "s3cret",
    "extra": {"attempts": [LINE]},
    "raw": CODED,
}
IDEA = {
    "Format": "IDEA0",
    "ID": "4dd7cf5e-4a95-49f6-8f16-579f998012c0",
    "DetectTime": MOMENT,
    "Category": ["Attempt.Login"],
    "Source": [{"IP4": ["192.0.2.10"], "Proto": ["tcp", "ssh"]}],
    "Note": LINE,
    "Attach": [{"Content": LINE}],
}


@pytest.mark.parametrize(("source", "said"), [("intelmq", INTELMQ), ("idea", IDEA)])
def test_copies_of_what_came_in_are_kept_nowhere(
    tmp_path: Path, source: str, said: dict[str, object]
) -> None:
    small = SmallHome.make(tmp_path)
    text = f"extends: {source}\ntitle: t\ndescription: d\n"
    small.write_source("theirs", text + "filters: {reserved_allowed: [documentation]}\n")
    path = small.put("events.ndjson", json.dumps(said).encode() + b"\n")
    (record,) = small.collect(path, source="theirs").records
    (output,) = record.outputs
    (row,) = pq.read_table(small.home.lake / output.name).to_pylist()
    shown = json.dumps(row, default=str)
    assert not [word for word in ("s3cret", "198.51.100.7", CODED) if word in shown]
