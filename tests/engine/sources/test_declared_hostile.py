"""What others may write into files whose source declares how they are read, and what it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.strategies.declared_files import Told, declared, read_declared

from tocsin.catalogue.entries import Source
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.sources import taking_apart
from tocsin.engine.sources.declared import check_reading
from tocsin.model.errors import CatalogueError

CATALOGUE = load_catalogue()


def _told(folder: Path, name: str, content: str) -> Told:
    path = folder / "rows"
    path.write_text(content, encoding="utf-8")
    return read_declared(path, CATALOGUE.source(name))


def _alert(**said: object) -> str:
    alert = {"DetectTime": "2026-11-22T00:00:00Z", "Category": ["Attempt.Login"], **said}
    return json.dumps(alert) + "\n"


@pytest.mark.parametrize(
    "cell",
    ['[{"IP4": ["\\ud800"]}]', "[" * 900 + "]" * 900, '{"IP4": ' * 500 + "1" + "}" * 500, "[1,"],
)
def test_json_within_a_cell_that_cannot_be_read_stays_text(tmp_path: Path, cell: str) -> None:
    told = _told(tmp_path, "idea", _alert(Source=cell))
    assert len(told.events) == 1
    quoted = cell.replace('"', '""')
    header = "IP Address,Port,Country,Region,State,Domain,ASN,AS Name,Channel,AS Description\n"
    assert len(_told(tmp_path, "period-cc", f'{header}"{quoted}",1,,,,,,,,\n').rejects) == 0


def test_a_row_cannot_be_large_and_many_events_at_once(tmp_path: Path) -> None:
    many = [f"192.0.{n // 250}.{n % 250}" for n in range(900)]
    small = _alert(Source=[{"IP4": many}])
    large = _alert(Source=[{"IP4": many}], Note="x" * 900_000)
    told = _told(tmp_path, "idea", small + large)
    assert len(told.events) == 900
    assert told.rejects == [(2, "too_many_events")]


def test_events_of_a_slice_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_apart, "MOST_MORE", 5)
    rows = [_alert(Source=[{"IP4": ["192.0.2.1", "192.0.2.2", "192.0.2.3"]}]) for _ in range(4)]
    told = _told(tmp_path, "idea", "".join(rows))
    assert len(told.events) == 6
    assert told.rejects == [(3, "too_many_events"), (4, "too_many_events")]


def test_what_paths_lead_into_is_not_kept_beside(tmp_path: Path) -> None:
    alert = _alert(Source=[{"IP4": ["192.0.2.1"]}], Target=[{"IP4": ["203.0.113.7"]}], Note="n")
    ((_, cells, _),) = _told(tmp_path, "idea", alert).events
    assert cells["dst_ip"] == "203.0.113.7"
    assert cells["Note"] == "n"
    assert {"Source", "Target", "Node"}.isdisjoint(cells)


def test_a_range_in_an_alert_is_its_addresses(tmp_path: Path) -> None:
    told = _told(tmp_path, "idea", _alert(Source=[{"IP4": ["192.0.2.7-192.0.2.8"]}]))
    assert [cells["src_ip"] for cells in told.cells] == ["192.0.2.7", "192.0.2.8"]


URLHAUS = '"1","2026-11-22 11:54:23","{}","online","","malware_download","elf","",""\n'


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://192.0.2.99:81/a.sh", "192.0.2.99"),
        ("HTTP://192.0.2.99/a.sh?x", "192.0.2.99"),
        ("http://192.0.2.99:x@198.51.100.7/bin.sh", None),
        ("http://192.0.2.99@198.51.100.7/", None),
        ("http://h.example/192.0.2.99", None),
    ],
)
def test_only_the_host_of_a_url_is_its_subject(
    tmp_path: Path, url: str, address: str | None
) -> None:
    ((_, cells, _),) = _told(tmp_path, "urlhaus", URLHAUS.format(url)).events
    assert cells.get("ip") == address
    assert cells["url"] == url


@pytest.mark.parametrize(
    ("value", "address", "port"),
    [
        ("192.0.2.66:5555", "192.0.2.66", "5555"),
        ("[2001:db8::1]:443", "2001:db8::1", "443"),
        ("2001:db8::1:443", None, None),
        ("http://192.0.2.66:x@198.51.100.7/", None, None),
        ("c2.example.org", None, None),
    ],
)
def test_an_indicator_tells_its_own_address(
    tmp_path: Path, value: str, address: str | None, port: str | None
) -> None:
    row = f'"2026-11-22 09:10:00", "1", "{value}", "x", "botnet_cc"' + ', ""' * 10 + "\n"
    ((_, cells, _),) = _told(tmp_path, "threatfox", row).events
    assert (cells.get("ip"), cells.get("port")) == (address, port)


@pytest.mark.parametrize("said", [{"report_type": "Botnet Report"}, {"observation": "seen twice"}])
def test_our_words_mean_nothing_in_rows_of_others(tmp_path: Path, said: dict[str, object]) -> None:
    alert = _alert(Source=[{"IP4": ["192.0.2.1"]}], hostname_confirmed=True, **said)
    told = _told(tmp_path, "idea", alert)
    assert len(told.events) == 1
    assert [(group.targets, group.observation) for group in told.groups] == [((), "")]
    assert not told.groups[0].confirmed.any()


def test_a_long_cell_is_read_wherever_it_stands(tmp_path: Path) -> None:
    long = "x" * 200_000
    path = tmp_path / "rows"
    path.write_text(f'a,b\n1,"{long}"\n', encoding="utf-8")
    for said in ("columns: {timestamp: a}", "comment: '#'\ncolumns: {timestamp: a}"):
        ((_, cells, _),) = read_declared(path, declared("csv", said)).events
        assert cells == {"timestamp": "1", "b": long}


def test_a_large_range_is_not_cut_into_what_is_small_enough(tmp_path: Path) -> None:
    header = "Date,Time,C&C,C&C Port,C&C ASN,C&C Geo,Channel,TGT,TGT ASN,TGT Geo,Command\n"
    row = "2026-11-22,01:00:00,192.0.2.66,1,,,#x,{},,,scan\n"
    ranges = ["8.0.0.1-15.255.255.254", "203.0.113.1-203.0.113.4"]
    told = _told(tmp_path, "period-scan", header + "".join(map(row.format, ranges)))
    assert [(cells["target"], cells["event_of_row"]) for cells in told.cells] == [
        ("8.0.0.1-15.255.255.254", "0"),
        ("203.0.113.1", "0"),
        ("203.0.113.2/31", "1"),
        ("203.0.113.4", "2"),
    ]


def test_an_expression_that_re2_refuses_is_told_before_anything_is_begun() -> None:
    source: Source = declared("csv", r"columns: {timestamp: {of: a, match: '(?P<cell>\pQ)'}}")
    with pytest.raises(CatalogueError, match="no regular expression of RE2's"):
        check_reading(source)
