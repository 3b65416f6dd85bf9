"""What an event says of the list it was taken from, and which sensor saw it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.strategies.declared_files import declared, read_declared

LISTS = """\
each:
  - of: [seen.tcp, seen.udp]
columns:
  kind: {event: list}
  protocol: {event: list, match: '^seen\\.(?P<cell>[a-z]+)$'}
  ip: seen.tcp.dst
"""


def _file(folder: Path, *rows: object) -> Path:
    path = folder / "rows.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_an_event_may_say_among_whose_items_it_was(tmp_path: Path) -> None:
    first = {"seen": {"tcp": [{"dst": "192.0.2.1"}, {"dst": "192.0.2.2"}], "udp": []}}
    second = {"seen": {"udp": [{"dst": "192.0.2.3"}]}}
    told = read_declared(_file(tmp_path, first, second, {"a": 1}), declared("ndjson", LISTS))
    found = [(each.get("ip"), each.get("kind"), each.get("protocol")) for each in told.cells]
    assert found == [
        ("192.0.2.1", "seen.tcp", "tcp"),
        ("192.0.2.2", "seen.tcp", "tcp"),
        ("192.0.2.3", "seen.udp", "udp"),
        (None, None, None),
    ]


def test_of_several_steps_the_last_that_found_it_in_a_list_counts(tmp_path: Path) -> None:
    said = "each: [{of: a}, {of: [b, c]}]\ncolumns: {kind: {event: list}, x: a, y: b}"
    rows = {"a": [{"n": 1}, {"n": 2}], "c": [{"n": 3}]}, {"a": [{"n": 4}]}
    told = read_declared(_file(tmp_path, *rows), declared("ndjson", said))
    assert [each.get("kind") for each in told.cells] == ["c", "c", "a"]


def test_a_row_that_is_not_taken_apart_was_in_no_list(tmp_path: Path) -> None:
    said = "columns: {kind: {event: list}, x: a}"
    told = read_declared(_file(tmp_path, {"a": 1}), declared("ndjson", said))
    assert [each.get("kind") for each in told.cells] == [None]


def test_a_source_says_what_its_rows_call_the_sensor(tmp_path: Path) -> None:
    rows = {"identity": "ns1", "x": 1}, {"sensor": "ns2", "x": 2}, {"x": 3}
    source = declared("ndjson", "columns: {sensor: identity, x: x}")
    (group,) = read_declared(_file(tmp_path, *rows), source).groups
    assert group.sensors.to_pylist() == ["ns1", "ns2", None]
    assert "sensor" not in group.cells.column_names
