"""Networks that are known for what they are tag records, by the day of the event."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.small_home import DAY, EVENING, SmallHome, event, ndjson, rows_of
from typer.testing import CliRunner

from tocsin.cli.main import application
from tocsin.engine.intake.hosts import read_hosts
from tocsin.engine.intake.known_networks import DatedList, KnownNetworks
from tocsin.model.address import parse_network
from tocsin.model.errors import ConfigurationError

ALPHA = f"{DAY}-event4_sinkhole-alpha-asn.csv"
BEFORE = DAY - dt.timedelta(days=1)


def known(small: SmallHome, tag: str, day: dt.date, *networks: str) -> None:
    path = small.home.policy / "known" / tag / f"{day}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("# a list\n" + "".join(f"{each}\n" for each in networks), encoding="utf-8")


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def test_a_record_of_a_known_address_has_the_tag_beside_its_own(small: SmallHome) -> None:
    known(small, "tor-exit", BEFORE, "192.0.2.10", "2001:db8:5::/48")
    known(small, "research-scanner", BEFORE, "192.0.2.8/29")
    hosts = ["192.0.2.10", "192.0.2.15", "192.0.2.16"]
    small.collect_events([event(n, host, tag=f"t{n}") for n, host in enumerate(hosts)])
    rows = rows_of(small, small.night(), ALPHA)
    assert [row["tag"] for row in rows] == [
        "t0;research-scanner;tor-exit",
        "t1;research-scanner",
        "t2",
    ]


def test_the_list_of_the_events_day_counts(small: SmallHome) -> None:
    known(small, "tor-exit", BEFORE, "192.0.2.1")
    known(small, "tor-exit", DAY, "192.0.2.2")
    known(small, "tor-exit", DAY + dt.timedelta(days=1), "192.0.2.3")
    events = [event(n, f"192.0.2.{n}") for n in (1, 2, 3)]
    yesterday = {**event(9, "192.0.2.1"), "timestamp": f"{BEFORE}T23:59:59Z"}
    small.collect_events([*events, yesterday])
    files = (small.home.lake / "records").rglob("*.parquet")
    rows = [row for path in files for row in pq.read_table(path).to_pylist()]
    told = {(str(row["timestamp"])[:10], row["src_ip"]): row["tag"] for row in rows}
    assert told == {
        (str(BEFORE), "192.0.2.1"): "tor-exit",
        (str(DAY), "192.0.2.1"): None,
        (str(DAY), "192.0.2.2"): "tor-exit",
        (str(DAY), "192.0.2.3"): None,
    }


def test_a_type_without_tags_keeps_what_is_known_beside_its_columns(small: SmallHome) -> None:
    known(small, "own-sensor", BEFORE, "192.0.2.10")
    seen = {**event(1), "report_type": "sandbox_url", "ip": "192.0.2.10"}
    small.collect_events([seen])
    (path,) = (small.home.lake / "records").rglob("*.parquet")
    (row,) = pq.read_table(path).to_pylist()
    assert json.loads(row["_extra"])["known_as"] == "own-sensor"


def test_a_list_with_a_bad_line_stops_the_intake_before_it_begins(small: SmallHome) -> None:
    known(small, "tor-exit", BEFORE, "192.0.2.1", "nobody")
    with pytest.raises(ConfigurationError) as caught:
        small.collect(small.put("a.ndjson", ndjson([event(1)])), now=EVENING)
    assert f"{BEFORE}.txt:3" in caught.value.message()


def test_lists_are_added_and_shown_by_command(small: SmallHome, tmp_path: Path) -> None:
    file = tmp_path / "exits.txt"
    file.write_text(
        "ExitNode AAAA\nPublished 2026-11-21 01:02:03\nLastStatus 2026-11-22 01:00:00\n"
        "ExitAddress 192.0.2.10 2026-11-22 01:03:04\n",
        encoding="utf-8",
    )
    home = ["--home", str(small.home.root), "--json"]
    run = CliRunner()
    app = application("known")
    added = run.invoke(app, ["known", "add", "tor-exit", str(file), "--at", str(DAY), *home])
    assert added.exit_code == 0
    listed = json.loads(run.invoke(app, ["known", "list", *home]).stdout)
    assert listed["lists"] == [{"tag": "tor-exit", "day": str(DAY), "networks": 1}]
    assert run.invoke(app, ["known", "add", "../evil", str(file), *home]).exit_code == 2
    file.write_text("192.0.2.1\nnobody\n", encoding="utf-8")
    refused = run.invoke(app, ["known", "add", "tor-exit", str(file), "--at", str(DAY), *home])
    assert refused.exit_code == 3
    small.collect_events([event(1)])
    (row,) = rows_of(small, small.night(), ALPHA)
    assert row["tag"] == "tor-exit"


_v4 = st.tuples(st.integers(0, 40), st.integers(24, 32)).map(
    lambda pair: str(ipaddress.ip_network((0xC0000200 + pair[0], pair[1]), strict=False))
)
_v6 = st.tuples(st.integers(0, 40), st.integers(56, 128)).map(
    lambda pair: str(ipaddress.ip_network(((0x20010DB8 << 96) + (pair[0] << 62), pair[1]), False))
)
_hosts = st.one_of(
    st.integers(0, 60).map(lambda n: str(ipaddress.ip_address(0xC0000200 + n))),
    st.integers(0, 60).map(lambda n: str(ipaddress.ip_address((0x20010DB8 << 96) + (n << 62)))),
    _v4,
    _v6,
)


@given(st.lists(st.one_of(_v4, _v6), max_size=8), st.lists(_hosts, min_size=1, max_size=12))
def test_a_host_is_known_if_a_listed_network_holds_all_of_it(
    networks: list[str], hosts: list[str]
) -> None:
    listed = DatedList.of(DAY, [parse_network(each) for each in networks])
    read = read_hosts(pa.array(hosts, pa.string()), prefixes=True)
    moment = int(dt.datetime.combine(DAY, dt.time(), dt.UTC).timestamp()) * 1_000_000
    tags = KnownNetworks((("x", (listed,)),)).tags(read, np.full(len(hosts), moment))
    found = [None] * len(hosts) if tags is None else tags.to_pylist()
    ranges = [ipaddress.ip_network(each) for each in networks]
    merged: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = [
        *ipaddress.collapse_addresses(n for n in ranges if isinstance(n, ipaddress.IPv4Network)),
        *(n for n in ranges if isinstance(n, ipaddress.IPv6Network)),
    ]
    expected = [
        "x" if any(_holds(outer, ipaddress.ip_network(host)) for outer in merged) else None
        for host in hosts
    ]
    assert found == expected


def _holds(
    outer: ipaddress.IPv4Network | ipaddress.IPv6Network,
    inner: ipaddress.IPv4Network | ipaddress.IPv6Network,
) -> bool:
    if isinstance(outer, ipaddress.IPv4Network) and isinstance(inner, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, ipaddress.IPv6Network) and isinstance(inner, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False
