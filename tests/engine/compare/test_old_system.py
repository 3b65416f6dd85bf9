"""Comparing with another system's reports: what is the same, what is not, and why."""

from __future__ import annotations

import csv
import json
import zipfile
from collections import Counter
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.small_home import DAY, SmallHome, default_lists, event
from typer.testing import CliRunner

from tocsin.cli.main import application
from tocsin.engine.compare.match import Side, Sighting, matched
from tocsin.engine.reports import Wanted, export_reports, list_reports

NAME = "2026-11-22-event4_sinkhole-alpha-asn.csv"
HEADER = "timestamp,protocol,src_ip,src_port,dst_ip,dst_port,infection\n"


@pytest.fixture
def home(tmp_path: Path) -> SmallHome:
    """A day with three rows for `alpha`, one for a CERT, one for nobody, and two turned away."""
    small = SmallHome.make(tmp_path)
    lists = default_lists()
    lists["lists"] = [each for each in lists["lists"] if each["name"] != "beta"]  # type: ignore[attr-defined]
    small.write_lists(lists)
    small.collect_events(
        [
            event(1),
            event(2, "192.0.2.11"),
            event(3, "192.0.2.12"),
            event(4, "198.51.100.9"),
            event(5, "2001:db8::7"),
            event(7, "203.0.113.9"),
            event(6, "192.0.2.66", timestamp="2026-10-01T00:00:00Z"),
        ]
    )
    small.night()
    return small


def _compared(small: SmallHome, old: Path, *words: str) -> dict[str, Any]:
    place = ["--home", str(small.home.root), "--json"]
    done = CliRunner().invoke(
        application("compare"), ["compare", "--old", str(old), *words, *place]
    )
    assert done.exit_code == 0, (done.output, done.exception)
    said = json.loads(done.stdout)
    assert isinstance(said, dict)
    return said


def _old(small: SmallHome, *lines: str, name: str = NAME) -> Path:
    folder = small.home.root.parent / "old"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(HEADER + "".join(f"{each}\n" for each in lines))
    return folder


def _line(host: str, port: int, second: int = 1) -> str:
    return f"2026-11-22 00:00:{second:02},tcp,{host},{port},203.0.113.5,80,example-bot"


def test_our_own_exported_reports_are_all_the_same(home: SmallHome, tmp_path: Path) -> None:
    export_reports(list_reports(home.home.root, Wanted(day=DAY)), tmp_path / "out", zipped=True)
    said = _compared(home, tmp_path / "out")
    assert (said["old"], said["ours"]) == (0, 0)
    assert said["both"] == sum(each["both"] for each in said["groups"]) > 3


def test_rows_only_there_are_told_with_their_reasons(home: SmallHome, tmp_path: Path) -> None:
    old = _old(
        home,
        _line("192.0.2.10", 40001),
        _line("192.0.2.11", 1),
        _line("192.0.2.66", 40006),
        _line("198.51.100.9", 40004),
        _line("2001:db8::7", 40005),
        _line("203.0.113.9", 40007),
        _line("192.0.2.200", 5),
        "nonsense",
    )
    table = tmp_path / "differences.csv"
    said = _compared(home, old, "--csv", str(table))
    (group,) = [each for each in said["groups"] if each["list"] == "alpha-asn"]
    assert (group["both"], group["old"], group["ours"]) == (1, 6, 2)
    assert group["organisation"] == "alpha"
    assert group["reasons"] == {
        "other_port": 1,
        "too_old": 1,
        "other_list": 1,
        "nobody": 1,
        "wrong_family": 1,
        "not_seen": 1,
    }
    assert said["unreadable"] == 1
    with table.open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == said["old"] + said["ours"]
    assert {each["reason"] for each in rows} >= {"not_seen", "other_port"}
    assert all(each["reason"] for each in rows)


def test_times_may_differ_by_the_tolerance_and_no_more(home: SmallHome) -> None:
    old = _old(home, "2026-11-22 01:10:00,tcp,192.0.2.10,40001,203.0.113.5,80,x")
    assert _compared(home, old)["reasons"] == {"other_time": 1}
    assert _compared(home, old, "--tolerance", "70")["both"] == 1


def test_lists_may_have_had_other_names(home: SmallHome) -> None:
    other = "2026-11-22-event4_sinkhole-ALPHA_OLD-asn.csv"
    old = _old(home, _line("192.0.2.10", 40001), name=other)
    assert _compared(home, old)["reasons"] == {"unknown_list": 1}
    assert _compared(home, old, "--renamed", "alpha_old-asn=alpha-asn")["both"] == 1


def test_files_that_cannot_be_compared_are_told_and_others_passed_over(home: SmallHome) -> None:
    old = _old(home, name="2026-11-21-event4_sinkhole-alpha-asn.csv")
    (old / "notes.csv").write_text("x")
    (old / "2026-11-22-no_such_type-alpha-asn.csv").write_text(HEADER)
    (old / "2026-11-22-scan_ssl-alpha-asn.csv").write_text("a,b\n1,2\n")
    with zipfile.ZipFile(old / f"{NAME}.zip", "w") as archive:
        archive.writestr("a.csv", HEADER)
        archive.writestr("b.csv", HEADER)
    said = _compared(home, old)
    assert (said["old"], said["both"]) == (0, 0)
    assert len(said["warnings"]) == 3


def _ours(small: SmallHome, old: Path, name: str = "alpha-asn") -> dict[str, int]:
    said = _compared(small, old)
    assert sum(said["reasons_ours"].values()) == said["ours"]
    found = [Counter(each["reasons_ours"]) for each in said["groups"] if each["list"] == name]
    return dict(sum(found, Counter[str]()))


def test_rows_only_in_ours_are_told_with_what_the_old_reports_show(home: SmallHome) -> None:
    old = _old(home, "2026-11-22 05:00:00,tcp,192.0.2.10,40001,,,", _line("192.0.2.11", 7))
    assert _ours(home, old) == {"other_time": 1, "other_port": 1, "unknown": 1}
    other = "2026-11-22-scan_ssl-alpha-asn.csv"
    (old / other).write_text("timestamp,ip,port\n2026-11-22 01:00:00,192.0.2.12,443\n")
    assert _ours(home, old) == {"other_time": 1, "other_port": 1, "other_type": 1}
    _old(home, _line("192.0.2.10", 40001), "nonsense")
    assert _ours(home, old) == {"not_read": 2}


def test_a_list_a_type_or_a_report_that_the_old_system_lacks_is_the_reason(
    home: SmallHome,
) -> None:
    old = _old(home, name="2026-11-22-scan_ssl-beta-asn.csv")
    assert _ours(home, old) == {"list_not_there": 3}
    _old(home, name="2026-11-22-scan_ssl-alpha-asn.csv")
    assert _ours(home, old) == {"type_not_there": 3}
    _old(home, _line("192.0.2.12", 1), name="2026-11-22-event4_sinkhole-beta-asn.csv")
    assert _ours(home, old) == {"report_not_there": 2, "other_list": 1}


def test_a_network_that_no_old_row_lies_in_is_the_reason(home: SmallHome) -> None:
    header = HEADER.replace("dst_ip", "src_asn,dst_ip")
    old = _old(home)
    (old / NAME).write_text(f"{header}2026-11-22 01:00:00,tcp,192.0.2.99,1,64499,,,\n")
    assert _ours(home, old) == {"network_not_there": 3}
    (old / NAME).write_text(f"{header}2026-11-22 01:00:00,tcp,192.0.2.99,1,64496,,,\n")
    assert _ours(home, old) == {"unknown": 3}


def test_a_prefix_that_no_old_row_lies_in_is_the_reason(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    small.collect_events([event(1, "198.51.100.9")])
    small.night()
    name = "2026-11-22-event4_sinkhole-beta-cidr.csv"
    old = _old(small, _line("203.0.113.1", 1), name=name)
    assert _ours(small, old, "beta-cidr") == {"network_not_there": 1}
    _old(small, _line("198.51.100.200", 1), name=name)
    assert _ours(small, old, "beta-cidr") == {"unknown": 1}


@given(
    old=st.lists(st.integers(0, 12), max_size=5),
    ours=st.lists(st.integers(0, 12), max_size=5),
    tolerance=st.integers(0, 4),
)
def test_as_many_pairs_are_found_as_there_can_be(
    old: list[int], ours: list[int], tolerance: int
) -> None:
    rows = sorted(
        [
            *(Sighting("k", at, Side.OLD) for at in old),
            *(Sighting("k", at, Side.OURS) for at in ours),
        ],
        key=lambda each: (each.at, each.side),
    )
    found = [each.side for each in matched(rows, tolerance)]
    both = found.count(Side.BOTH)
    assert found.count(Side.OLD) + both == len(old)
    assert found.count(Side.OURS) + both == len(ours)
    few, many = sorted((old, ours), key=len)
    best = max(
        sum(abs(a - b) <= tolerance for a, b in zip(few, some, strict=True))
        for some in permutations(many, len(few))
    )
    assert both == best


def test_rows_of_different_keys_are_never_a_pair() -> None:
    rows = [Sighting("a", 1, Side.OLD), Sighting("b", 1, Side.OURS)]
    assert [each.side for each in matched(rows, 9)] == [Side.OLD, Side.OURS]
