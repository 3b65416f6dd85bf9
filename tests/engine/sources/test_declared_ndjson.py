"""NDJSON of others, read as its source declares."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.strategies.declared_files import declared, read_declared

IDEA = """\
each:
  - of: Source
  - of: [Source.IP4, Source.IP6]
columns:
  timestamp: DetectTime
  category: Category
  src_ip: Source.IP4
  src_port: Source.Port.0
  dst_ip: Target.0.IP4.0
"""


def _file(folder: Path, *rows: object) -> Path:
    path = folder / "rows.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_names_with_dots_and_paths_are_told_apart(tmp_path: Path) -> None:
    source = declared("ndjson", "columns: {src_ip: source.ip, port: source.port, tag: extra.tag}")
    row = {"source.ip": "192.0.2.1", "source": {"port": 80}, "extra": {"tag": ["a", "b"]}}
    (cells,) = read_declared(_file(tmp_path, row), source).cells
    assert {name: cells[name] for name in ("src_ip", "port", "tag")} == {
        "src_ip": "192.0.2.1",
        "port": "80",
        "tag": "a;b",
    }


def test_each_source_and_address_of_an_alert_is_an_event(tmp_path: Path) -> None:
    row = {
        "DetectTime": "2026-11-22T01:00:00Z",
        "Category": ["Recon.Scanning", "Test"],
        "Source": [
            {"IP4": ["192.0.2.1", "192.0.2.2"], "Port": [1, 2]},
            {"IP6": ["2001:db8::1"]},
        ],
        "Target": [{"IP4": ["198.51.100.1"]}],
    }
    told = read_declared(_file(tmp_path, row), declared("ndjson", IDEA))
    assert [cells["src_ip"] for cells in told.cells] == ["192.0.2.1", "192.0.2.2", "2001:db8::1"]
    assert [cells.get("src_port") for cells in told.cells] == ["1", "1", None]
    assert {cells["dst_ip"] for cells in told.cells} == {"198.51.100.1"}
    assert {cells["category"] for cells in told.cells} == {"Recon.Scanning;Test"}
    assert told.notes["more_events"] == 2


def test_a_row_of_others_cannot_choose_its_report_type(tmp_path: Path) -> None:
    row = {"report_type": "botnet_cc", "hostname_confirmed": True, "src_ip": "192.0.2.1"}
    source = declared("ndjson", "columns: {timestamp: t}")
    (group,) = read_declared(_file(tmp_path, row), source).groups
    assert group.targets == ()
    assert not group.confirmed.any()


def test_where_others_are_dropped_nothing_is_kept_that_is_not_named(tmp_path: Path) -> None:
    row = {"t": "2026-11-22", "payload": "secret", "http": {"url": "/", "body": "secret"}}
    source = declared("ndjson", "others: leave\ncolumns: {timestamp: t, http_url: http.url}")
    (cells,) = read_declared(_file(tmp_path, row), source).cells
    assert cells == {"timestamp": "2026-11-22", "http_url": "/"}


def test_the_name_of_the_sensor_may_be_made_of_any_column(tmp_path: Path) -> None:
    rows = [{"t": "1", "who": {"id": "pot-1"}}, {"t": "2", "sensor": "pot-2"}, {"t": "3"}]
    source = declared("ndjson", "columns: {timestamp: t, sensor: who.id}")
    (group,) = read_declared(_file(tmp_path, *rows), source).groups
    assert group.sensors.to_pylist() == ["pot-1", "pot-2", None]
    assert "sensor" not in group.cells.column_names


def test_what_is_no_object_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "rows.ndjson"
    path.write_text('{"a": 1}\n[1]\n{"a": \n', encoding="utf-8")
    told = read_declared(path, declared("ndjson", "columns: {timestamp: a}"))
    assert told.lines == [1]
    assert [line for line, _ in told.rejects] == [2, 3]


_ADDRESSES = st.lists(st.integers(0, 9).map(lambda n: f"192.0.2.{n}"), max_size=3)
_ALERTS = st.lists(
    st.fixed_dictionaries(
        {"DetectTime": st.just("2026-11-22T00:00:00Z")},
        optional={
            "Source": st.lists(
                st.fixed_dictionaries(
                    {}, optional={"IP4": _ADDRESSES, "IP6": _ADDRESSES, "Port": st.just([7])}
                ),
                max_size=3,
            )
        },
    ),
    min_size=1,
    max_size=8,
)


def _naive(alert: dict[str, list[dict[str, list[str]]]]) -> list[str | None]:
    """The addresses of an alert's events, None for an event without one."""
    found: list[str | None] = []
    for each in alert.get("Source") or [{}]:
        found += [*each.get("IP4", []), *each.get("IP6", [])] or [None]
    return found


@settings(
    deadline=None,
    max_examples=cases(60),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_ALERTS)
def test_events_are_what_a_naive_reading_makes(tmp_path: Path, alerts: list[object]) -> None:
    told = read_declared(_file(tmp_path, *alerts), declared("ndjson", IDEA))
    expected = [
        (line, address)
        for line, alert in enumerate(alerts, start=1)
        for address in _naive(alert)  # type: ignore[arg-type]
    ]
    assert sorted(
        ((line, cells.get("src_ip")) for line, cells, _ in told.events), key=repr
    ) == sorted(expected, key=repr)
    assert len(set(told.ids)) == len(told.ids)
