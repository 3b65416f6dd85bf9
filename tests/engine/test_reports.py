"""Finished reports: found by what they are about, read only if nothing has touched them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.engine.nightly.published_worlds import (
    DAY,
    MIDNIGHT,
    Row,
    SomeList,
    matched,
    report_type,
    row,
)
from typer.testing import CliRunner, Result

from tocsin.cli.exit_codes import DONE, TERMINAL, USAGE
from tocsin.cli.main import application
from tocsin.engine.files import canonical_json, write_atomically
from tocsin.engine.home import Home
from tocsin.engine.nightly.package import Package, State
from tocsin.engine.nightly.packs import write_pack
from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.engine.reports import (
    Wanted,
    export_reports,
    find_report,
    finished_days,
    first_lines,
    list_reports,
    read_report,
)
from tocsin.model.errors import RunError, UsageError

SINKHOLE = report_type("event4_sinkhole", ["timestamp", "src_ip", "infection"], subject="src_ip")
SCAN = report_type("scan_telnet", ["timestamp", "ip"], subject="ip")
LISTS = {1: SomeList(1, "example-isp"), 2: SomeList(2, "cert-xx", FilterKind.GEO)}
ISP_SINKHOLE = f"{DAY}-event4_sinkhole-example-isp-asn.csv"
CERT_SINKHOLE = f"{DAY}-event4_sinkhole-cert-xx-geo.csv"
CERT_SCAN = f"{DAY}-scan_telnet-cert-xx-geo-delayed.csv"
AUDIENCES = [(), (1, 2), (2,)]


def _rows(number: int, infection: str) -> list[Row]:
    return [
        row(n, at=MIDNIGHT, audience=1) | {"src_ip": f"192.0.2.{n}", "infection": infection}
        for n in range(number)
    ]


def _publish(
    home: Home, revision: int, rows: Sequence[Row], *, finished: bool = True, partial: bool = False
) -> Package:
    package = Package(home.root, DAY, revision)
    folder = package.path / "packs"
    scans = [row(1, audience=2) | {"ip": "198.51.100.1"}]
    entries: list[dict[str, object]] = []
    for kind, said, delayed in ((SINKHOLE, rows, False), (SCAN, scans, True)):
        info = write_pack(
            matched(kind, said), AUDIENCES, LISTS, kind, day=DAY, delayed=delayed, directory=folder
        )
        entries += info.manifest_entries() if info else []
    manifest = {"partial": partial, "reports": entries}
    write_atomically(package.path / "manifest.json", canonical_json(manifest))
    package.advance(State.PUBLISHED if finished else State.MATCHED, [])
    return package


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home", create=True)


def _damage(package: Package) -> Path:
    pack = package.path / "packs" / "event4_sinkhole.pack"
    pack.write_bytes(pack.read_bytes().replace(b"192.0.2.1", b"192.0.2.9"))
    return pack


def test_reports_of_a_day_come_as_the_manifest_lists_them(home: Home) -> None:
    _publish(home, 1, _rows(3, "bot"))
    found = list_reports(home.root, Wanted())
    assert [each.file for each in found] == [ISP_SINKHOLE, CERT_SINKHOLE, CERT_SCAN]
    assert [each.slice.rows for each in found] == [3, 3, 1]
    assert finished_days(home.root) == [DAY]


def test_reports_are_chosen_by_type_list_and_day(home: Home) -> None:
    _publish(home, 1, _rows(3, "bot"))
    scans = list_reports(home.root, Wanted(report_type="scan_telnet"))
    assert [each.file for each in scans] == [CERT_SCAN]
    for of_isp in ("1", "example-isp"):
        found = list_reports(home.root, Wanted(list=of_isp))
        assert [each.file for each in found] == [ISP_SINKHOLE]
    assert list_reports(home.root, Wanted(day=DAY.replace(day=1))) == []


def test_the_newest_published_revision_counts_unless_another_is_asked_for(home: Home) -> None:
    _publish(home, 1, _rows(1, "old"))
    _publish(home, 2, _rows(2, "new"))
    _publish(home, 3, _rows(3, "unfinished"), finished=False)
    assert find_report(home.root, ISP_SINKHOLE).package.revision == 2
    assert find_report(home.root, ISP_SINKHOLE, revision=1).slice.rows == 1
    with pytest.raises(UsageError, match="no published revision 3"):
        list_reports(home.root, Wanted(revision=3))


def test_a_report_reads_as_it_was_written(home: Home) -> None:
    package = _publish(home, 1, _rows(2, 'a "b"\nc'))
    content = read_report(package, ISP_SINKHOLE)
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    assert [each["src_ip"] for each in rows] == ["192.0.2.0", "192.0.2.1"]
    assert rows[0]["infection"] == 'a "b" c'
    report = find_report(home.root, ISP_SINKHOLE)
    assert first_lines(report, 1) == content.decode().splitlines()[:2]
    assert first_lines(report, 100) == content.decode().splitlines()
    assert first_lines(report, 0) == content.decode().splitlines()[:1]


def test_first_lines_of_a_long_report_may_be_cut_within_a_character(home: Home) -> None:
    _publish(home, 1, _rows(1_200, "é" * 999))
    report = find_report(home.root, ISP_SINKHOLE)
    assert report.slice.length > 2 << 20
    for rows in (3, 1_199, 1_200):
        assert len(first_lines(report, rows)) == rows + 1


def test_an_unknown_name_is_told_with_what_to_do(home: Home) -> None:
    package = _publish(home, 1, _rows(1, "bot"))
    for name in (f"{DAY}-event4_sinkhole-nobody-asn.csv", "../../etc/passwd", ""):
        with pytest.raises(UsageError, match="tocsin reports list"):
            find_report(home.root, name)
        with pytest.raises(UsageError):
            read_report(package, name)


def test_every_way_of_reading_notices_a_changed_pack(home: Home, tmp_path: Path) -> None:
    package = _publish(home, 1, _rows(2, "bot"))
    pack = _damage(package)
    report = find_report(home.root, ISP_SINKHOLE)
    with pytest.raises(RunError, match=ISP_SINKHOLE) as told:
        read_report(package, ISP_SINKHOLE)
    assert str(pack) in str(told.value)
    with pytest.raises(RunError, match=ISP_SINKHOLE):
        first_lines(report, 0)
    for zipped in (False, True):
        with pytest.raises(RunError, match=ISP_SINKHOLE):
            export_reports([report], tmp_path / "out", zipped=zipped)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_manifest_with_names_that_lead_elsewhere_is_refused(home: Home) -> None:
    package = _publish(home, 1, _rows(1, "bot"))
    path = package.path / "manifest.json"
    before = path.read_bytes()
    for key, name in (("file", "../../x.csv"), ("pack", "../../../x.pack"), ("rows", "many")):
        manifest = json.loads(before)
        manifest["reports"][0][key] = name
        write_atomically(path, canonical_json(manifest))
        with pytest.raises(RunError, match="as Tocsin writes them"):
            list_reports(home.root, Wanted())


def test_export_writes_each_report_whole_and_again_the_same(home: Home, tmp_path: Path) -> None:
    package = _publish(home, 1, _rows(2, "bot"))
    found = list_reports(home.root, Wanted())
    steps: list[int] = []
    out = tmp_path / "new" / "out"
    export_reports(found, out, advance=steps.append)
    paths = export_reports(found, out, advance=steps.append)
    assert [path.name for path in paths] == [each.file for each in found]
    assert sorted(out.iterdir()) == sorted(paths)
    for path in paths:
        assert path.read_bytes() == read_report(package, path.name)
    assert sum(steps) == 6


def test_zips_hold_one_report_each_and_are_the_same_bytes_again(home: Home, tmp_path: Path) -> None:
    package = _publish(home, 1, _rows(2, "bot"))
    report = find_report(home.root, ISP_SINKHOLE)
    (once,) = export_reports([report], tmp_path / "a", zipped=True)
    (again,) = export_reports([report], tmp_path / "b", zipped=True)
    assert once.name == f"{ISP_SINKHOLE}.zip"
    assert once.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(once) as archive:
        assert archive.namelist() == [ISP_SINKHOLE]
        assert archive.read(ISP_SINKHOLE) == read_report(package, ISP_SINKHOLE)


# --- the command ------------------------------------------------------------------------


def _run(home: Home, *arguments: str) -> Result:
    said = ["reports", *arguments, "--home", str(home.root)]
    return CliRunner().invoke(application("reports"), said)


def test_list_tells_files_rows_and_what_to_do_next(home: Home) -> None:
    _publish(home, 2, _rows(3, "bot"))
    result = _run(home, "list")
    assert result.exit_code == DONE
    assert ISP_SINKHOLE in result.stdout
    assert "2026-11-22 r2: 3 reports for 2 lists, 7 rows" in result.stdout
    assert f"Next: tocsin reports show {ISP_SINKHOLE}" in result.stdout.splitlines()[-1]


def test_a_long_list_is_cut_for_people_and_whole_in_json(home: Home) -> None:
    _publish(home, 1, _rows(1, "bot"))
    assert "... and 2 more" in _run(home, "list", "--rows", "1").stdout
    said = json.loads(_run(home, "list", "--rows", "1", "--json").stdout)
    assert [each["file"] for each in said["reports"]] == [ISP_SINKHOLE, CERT_SINKHOLE, CERT_SCAN]
    assert said["rows"] == 3


def test_list_without_any_run_says_what_to_do(home: Home) -> None:
    result = _run(home, "list")
    assert result.exit_code == DONE
    assert "There are no such reports." in result.stdout
    assert "Next: tocsin collect" in result.stdout


def test_a_day_without_a_run_is_a_mistake(home: Home) -> None:
    _publish(home, 1, _rows(1, "bot"))
    result = _run(home, "list", "--date", "2026-11-20")
    assert result.exit_code == USAGE
    assert "the newest is 2026-11-22" in result.stderr
    assert _run(home, "list", "--date", "2026-11-22", "--all-days").exit_code == USAGE


def test_reports_of_an_unfinished_day_are_told_as_such(home: Home) -> None:
    _publish(home, 1, _rows(1, "bot"), partial=True)
    assert "was not over" in _run(home, "list").stderr
    assert "was not over" in _run(home, "show", ISP_SINKHOLE).stderr


def test_show_prints_the_first_rows_as_they_stand(home: Home) -> None:
    _publish(home, 1, _rows(3, "=1+2 \x1b[31m"))
    result = _run(home, "show", ISP_SINKHOLE, "--rows", "2")
    lines = result.stdout.splitlines()
    assert lines[0] == '"timestamp","src_ip","infection"'
    assert lines[1].startswith('"2026-11-22 00:00:00","192.0.2.0","=1+2 ')
    assert "\x1b" not in result.stdout
    assert "... and 1 more row" in result.stdout
    said = json.loads(_run(home, "show", ISP_SINKHOLE, "--json").stdout)
    assert said["shown"][2]["infection"] == "=1+2 \x1b[31m"


def test_export_writes_what_is_asked_for(home: Home, tmp_path: Path) -> None:
    _publish(home, 1, _rows(2, "bot"))
    out = tmp_path / "out"
    result = _run(home, "export", str(out), "--list", "cert-xx", "--zip")
    assert result.exit_code == DONE
    names = sorted(path.name for path in out.iterdir())
    assert names == [f"{CERT_SINKHOLE}.zip", f"{CERT_SCAN}.zip"]
    assert "2 reports with 3 rows" in result.stdout


def test_a_changed_pack_ends_the_command_with_the_right_code(home: Home, tmp_path: Path) -> None:
    _damage(_publish(home, 1, _rows(2, "bot")))
    for arguments in (("show", ISP_SINKHOLE), ("export", str(tmp_path / "out"))):
        result = _run(home, *arguments)
        assert result.exit_code == TERMINAL
        assert ISP_SINKHOLE in result.stderr
        assert "tocsin replay --date 2026-11-22" in result.stderr


def test_a_list_names_the_other_revisions_of_its_day(home: Home) -> None:
    for revision in (1, 2, 3):
        _publish(home, revision, _rows(revision, "bot"))
    assert f"{DAY} also has revision 1 and 2" in _run(home, "list").output
    assert "also has revision 1 and 3" in _run(home, "list", "--revision", "2").output
