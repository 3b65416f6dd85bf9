"""The reports of 2009 to 2014 as they were: every row accounted for, counts as a plain reader's."""

from __future__ import annotations

import csv
import datetime as dt
import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.shared_data import shared_data
from tests.fakes.small_home import SmallHome

from tocsin.engine.intake.ledger import Ledger

FOLDER = shared_data() / "feeds" / "period-2009-2014"
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the period files are not at hand")

Row = dict[str, str]
Count = Counter[str]


def _rows(path: Path) -> Iterator[Row]:
    """An independent reader; rows longer than the header keep their first cells."""
    text = path.read_bytes().decode("latin-1").replace("\r\n", "\n")
    lines = [line for line in text.split("\n") if line.strip()]
    for row in csv.DictReader(lines, restval="", restkey="more"):
        yield {name: cell for name, cell in row.items() if isinstance(cell, str)}


def _is_public(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False


def _controllers(path: Path) -> Count:
    found = [each for row in _rows(path) for each in row["IP Address"].split()]
    return Counter(botnet_cc=sum(map(_is_public, found)))


def _orders(path: Path) -> Count:
    counts: Count = Counter()
    for row in _rows(path):
        targets = list(_targets(row["TGT"]))
        counts["event4_honeypot_ddos_target"] += len(targets)
        # Each prefix of a target is an event, and an event has a controller.
        counts["botnet_cc"] += max(len(targets), 1) * _is_public(row["C&C"])
    return counts


def _targets(text: str) -> Iterator[str]:
    wild = re.fullmatch(r"(\d+\.\d+)\.x\.x", text)
    if wild:
        yield f"{wild[1]}.0.0/16"
    elif _is_public(text):
        yield text


def _one_each(report_type: str, column: str) -> Callable[[Path], Count]:
    def count(path: Path) -> Count:
        return Counter({report_type: sum(_is_public(row[column]) for row in _rows(path))})

    return count


def _shield(path: Path) -> Count:
    lines = path.read_text("latin-1").splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    plain = [".".join(str(int(part)) for part in row[0].split(".")) for row in rows]
    return Counter(event4_honeypot_darknet=sum(map(_is_public, plain)))


FILES: dict[str, tuple[str, Callable[[Path], Count]]] = {
    "2009-03-23-ddos-report-se.log": ("period-ddos", _orders),
    "2009-06-08-drone-report-se.log": ("period-drone", _one_each("event4_sinkhole", "Drone")),
    "2009-11-29-scan-report-nl.log": ("period-scan", _orders),
    "2010-01-17-proxy-report-se.log": ("period-proxy", _one_each("scan_socks", "PXY")),
    "2010-03-02-drone-report2-se.log": ("period-drone2", _one_each("event4_sinkhole", "ip")),
    "2010-10-27-spam-url-report-se.log": ("period-spam-url", _one_each("spam_url", "ip")),
    "2010-11-06-cc-ip-report-se.log": ("period-cc", _controllers),
    "2014-04-12-sinkhole-http-drone-report-se.log": (
        "period-sinkhole-http",
        _one_each("event4_sinkhole_http", "ip"),
    ),
    "dshield.log": ("dshield", _shield),
}


def test_every_period_file_has_a_source() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(FILES)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_period_file_goes_in_with_every_row_accounted_for(tmp_path: Path, name: str) -> None:
    small = SmallHome.make(tmp_path)
    source, count = FILES[name]
    collected = small.collect(
        FOLDER / name, source=source, now=NOW, historical=True, without_atlas=True
    )
    assert collected.refused == []
    pieces = [piece for record in Ledger(small.home.ledger).records() for piece in record.pieces]
    (piece,) = pieces
    lines = [line for line in (FOLDER / name).read_bytes().split(b"\n") if line.strip()]
    assert piece.adds_up
    assert piece.rows == len(lines)
    assert piece.rejected == {}
    assert piece.records == dict(count(FOLDER / name))
