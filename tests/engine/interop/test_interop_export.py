"""Finished reports in other vocabularies: an object for each row, no more in it, the same again."""

from __future__ import annotations

import csv
import io
import json
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.interop_rows import REPORTER, misfits
from tests.fakes.small_home import (
    DAY,
    EVENING,
    SENSORS,
    SmallHome,
    event,
    report_names,
    rows_of,
)
from typer.testing import CliRunner, Result

from tocsin.catalogue.interop_load import VOCABULARIES, load_vocabularies
from tocsin.catalogue.load import load_catalogue
from tocsin.cli.exit_codes import DONE, TERMINAL
from tocsin.cli.main import application
from tocsin.engine.interop.export import Exporter
from tocsin.engine.interop.read import read_back
from tocsin.engine.interop.report_rows import ReportRows, row_id
from tocsin.engine.lake.layout import Unit, published_name
from tocsin.engine.reports import FinishedReport, Wanted, list_reports, read_report
from tocsin.model.errors import RunError

GOLDEN = Path(__file__).parents[2] / "golden"
EVERY = pytest.mark.parametrize("name", VOCABULARIES)
ALPHA = "2026-11-22-event4_sinkhole-alpha-asn"
TOML = """\
[reporter]
organisation = "Example CERT"
contact = "reports@example.org"
domain = "cert-xx.example.org"
"""

Said = Mapping[str, Any]


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    made = SmallHome.make(tmp_path)
    made.home.configuration.write_text(TOML)
    return made


def with_a_day(small: SmallHome) -> SmallHome:
    """Sinkhole and scan, for two owners and the CERT; hostile cells among them."""
    hosts = ["192.0.2.30", "198.51.100.4", "203.0.113.9", "192.0.2.10"]
    events = [event(number, host, tag="a;b") for number, host in enumerate(hosts)]
    events += [event(7, infection='=cmd|"/c calc"!A1', family="\u202e\x1b[31m", application="HTTP")]
    events += [
        {
            "report_type": "scan_telnet",
            "timestamp": "2026-11-22T08:00:00.999Z",
            "ip": host,
            "port": 23,
            "protocol": "tcp",
            "hostname": "Router.Example.NET",
            "banner": 'login: "\u00e9\u2028',
        }
        for host in hosts
    ]
    small.collect_events(events)
    small.night()
    return small


def exporter(small: SmallHome, name: str) -> Exporter:
    catalogue = load_catalogue(small.home.catalogue)
    vocabulary = load_vocabularies(catalogue, small.home.catalogue)[name]
    return Exporter(catalogue, vocabulary, REPORTER, ReportRows(small.store))


def reports(small: SmallHome) -> list[FinishedReport]:
    return list_reports(small.home.root, Wanted())


def objects(path: Path) -> list[Said]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def exported(small: SmallHome, name: str, out: Path) -> Mapping[str, list[Said]]:
    done = exporter(small, name).export(reports(small), out)
    return {path.name.partition(".")[0]: objects(path) for path in done.objects}


@EVERY
def test_each_row_of_each_report_is_one_valid_object_in_its_order(
    small: SmallHome, tmp_path: Path, name: str
) -> None:
    with_a_day(small)
    found = exported(small, name, tmp_path / "out")
    whole = reports(small)
    assert len(found) == len(whole) == 6
    catalogue, vocabulary = load_catalogue(), exporter(small, name).vocabulary
    for report in whole:
        said = found[report.file.removesuffix(".csv")]
        assert [error for each in said for error in misfits(name, each)] == []
        back = [read_back(vocabulary, catalogue, dict(each)) for each in said]
        rows = _rows(report)
        assert [each.cells for each in back if each] == rows
        assert len(said) == report.slice.rows == len(rows)


def _rows(report: FinishedReport) -> list[dict[str, str]]:
    """A report's cells that are not empty, by the standard library's reader."""
    text = read_report(report.package, report.file).decode()
    found = csv.DictReader(io.StringIO(text, newline=""))
    return [{name: cell for name, cell in row.items() if cell} for row in found]


@EVERY
def test_the_same_report_makes_the_same_bytes_also_when_the_day_is_made_again(
    small: SmallHome, tmp_path: Path, name: str
) -> None:
    with_a_day(small)
    first = exporter(small, name).export(reports(small), tmp_path / "a")
    again = exporter(small, name).export(reports(small), tmp_path / "b")
    small.replay()
    replayed = exporter(small, name).export(reports(small), tmp_path / "c")
    for files in (again, replayed):
        assert [path.name for path in files.objects] == [path.name for path in first.objects]
        for one, other in zip(first.objects, files.objects, strict=True):
            assert one.read_bytes() == other.read_bytes()


@EVERY
def test_two_lists_that_get_a_row_get_it_under_one_id_and_rows_have_different_ones(
    small: SmallHome, tmp_path: Path, name: str
) -> None:
    with_a_day(small)
    found = exported(small, name, tmp_path / "out")
    catalogue, vocabulary = load_catalogue(), exporter(small, name).vocabulary
    ids: dict[str, set[str]] = {}
    for file, said in found.items():
        for each in said:
            back = read_back(vocabulary, catalogue, dict(each))
            assert back is not None
            assert uuid.UUID(back.id).version == 4
            ids.setdefault(back.id, set()).add(file)
    assert sum(map(len, ids.values())) == sum(map(len, found.values()))
    shared = {frozenset(files) for files in ids.values() if len(files) > 1}
    assert frozenset({ALPHA, "2026-11-22-event4_sinkhole-cert-xa-geo"}) in shared


def test_another_day_or_type_of_the_same_event_has_an_id_of_its_own(small: SmallHome) -> None:
    first, *others = reports(with_a_day(small))
    of_type = next(each for each in others if each.report_type != first.report_type)
    same = next(each for each in others if each.report_type == first.report_type)
    assert row_id(first, b"x" * 16) == row_id(same, b"x" * 16)
    assert row_id(first, b"x" * 16) != row_id(of_type, b"x" * 16)
    assert row_id(first, b"x" * 16) != row_id(first, b"y" * 16)


@EVERY
def test_what_terms_mask_is_in_no_object(small: SmallHome, tmp_path: Path, name: str) -> None:
    with_a_day(small)
    exporter(small, name).export(reports(small), tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        for said in objects(path):
            assert "203.0.113.5" not in json.dumps(said)
            assert "dst" not in json.dumps(said.get("_Tocsin", {}))
            assert not any(key.startswith("destination.ip") for key in said)


def test_an_object_says_the_colour_of_its_row(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path, source=SENSORS + "terms: {tlp: green}\n")
    small.collect_events([event(1)])
    small.night()
    (said,) = exported(small, "intelmq", tmp_path / "out")[ALPHA]
    assert (said["tlp"], said["extra.tocsin_tlp"]) == ("GREEN", "green")


def test_delayed_reports_are_exported_too(small: SmallHome, tmp_path: Path) -> None:
    with_a_day(small)
    small.collect_events([event(9, "192.0.2.77")], now=EVENING.replace(day=23))
    small.night(day=DAY.replace(day=23))
    found = exported(small, "idea", tmp_path / "out")
    (said,) = found["2026-11-23-event4_sinkhole-alpha-asn-delayed"]
    assert said["DetectTime"] == "2026-11-22T00:00:09Z"


def _damage_pack(report: FinishedReport, _: SmallHome) -> None:
    report.pack.write_bytes(report.pack.read_bytes().replace(b"example-bot", b"exemple-bot"))


def _other_rows(report: FinishedReport, small: SmallHome) -> None:
    """The published rows of another type in their place."""
    unit = Unit(report.report_type)
    path = small.store.fetch(published_name(report.day, report.package.revision, unit))
    other = published_name(report.day, report.package.revision, Unit("scan_telnet"))
    path.write_bytes(small.store.fetch(other).read_bytes())


def _no_parquet(report: FinishedReport, small: SmallHome) -> None:
    unit = Unit(report.report_type)
    small.store.fetch(published_name(report.day, report.package.revision, unit)).write_bytes(b"x")


def _gone(report: FinishedReport, small: SmallHome) -> None:
    unit = Unit(report.report_type)
    small.store.remove(published_name(report.day, report.package.revision, unit))


@pytest.mark.parametrize("harm", [_damage_pack, _other_rows, _no_parquet, _gone])
def test_a_report_that_is_not_as_it_was_leaves_no_file(
    small: SmallHome, tmp_path: Path, harm: Any
) -> None:
    with_a_day(small)
    (report,) = [each for each in reports(small) if each.file == f"{ALPHA}.csv"]
    harm(report, small)
    with pytest.raises(RunError):
        exporter(small, "intelmq").export([report], tmp_path / "out")
    out = tmp_path / "out"
    assert not out.exists() or list(out.iterdir()) == []


def test_a_type_that_is_gone_is_told(small: SmallHome, tmp_path: Path) -> None:
    with_a_day(small)
    made = exporter(small, "idea")
    made.catalogue = type(made.catalogue)(
        columns=made.catalogue.columns,
        column_aliases=made.catalogue.column_aliases,
        areas=made.catalogue.areas,
        report_types={},
        sources=made.catalogue.sources,
        version="",
    )
    with pytest.raises(RunError, match="does not have the report type"):
        made.export(reports(small), tmp_path / "out")


# --- whole -----------------------------------------------------------------------------------


@EVERY
def test_a_report_as_a_whole(small: SmallHome, tmp_path: Path, name: str) -> None:
    with_a_day(small)
    exporter(small, name).export(reports(small), tmp_path / "out")
    found = (tmp_path / "out" / f"{ALPHA}.{name}.ndjson").read_text()
    assert found == (GOLDEN / f"{ALPHA}.{name}.ndjson").read_text()


# --- the command -----------------------------------------------------------------------------


def run(small: SmallHome, *arguments: str) -> Result:
    said = ["reports", "export", *arguments, "--home", str(small.home.root)]
    return CliRunner().invoke(application("reports"), said)


@EVERY
def test_the_command_tells_as_many_objects_as_rows(
    small: SmallHome, tmp_path: Path, name: str
) -> None:
    with_a_day(small)
    title = load_vocabularies(load_catalogue())[name].title
    shown = run(small, str(tmp_path / "out"), "--format", name)
    assert shown.exit_code == DONE, shown.output
    assert f"6 reports with 14 rows written to {tmp_path / 'out'} as 14 {title}" in shown.output
    value = json.loads(run(small, str(tmp_path / "out"), "--format", name, "--json").stdout)
    assert (value["format"], value["rows"], len(value["files"])) == (name, 14, 6)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(value["files"])


def test_zips_hold_the_same_objects(small: SmallHome, tmp_path: Path) -> None:
    with_a_day(small)
    for more in ((), ("--zip",)):
        run(small, str(tmp_path / "out"), "--format", "idea", "--list", "alpha", *more)
    plain = tmp_path / "out" / f"{ALPHA}.idea.ndjson"
    with zipfile.ZipFile(plain.with_name(f"{plain.name}.zip")) as archive:
        assert archive.namelist() == [plain.name]
        assert archive.read(plain.name) == plain.read_bytes()


def test_xarf_without_a_reporter_is_a_matter_of_settings(small: SmallHome, tmp_path: Path) -> None:
    with_a_day(small)
    small.home.configuration.write_text('[reporter]\norganisation = "Example CERT"\n')
    shown = run(small, str(tmp_path / "out"), "--format", "xarf")
    assert shown.exit_code == TERMINAL
    assert "set organisation, contact and domain in the table [reporter]" in shown.output
    assert not (tmp_path / "out").exists()
    assert run(small, str(tmp_path / "out"), "--format", "idea").exit_code == DONE


def test_what_a_home_adds_for_its_own_columns_counts(small: SmallHome, tmp_path: Path) -> None:
    folder = small.home.catalogue / "interop"
    folder.mkdir(parents=True)
    (folder / "intelmq.yaml").write_text(
        "fields:\n  event_description.target: {as: text, from: [tag]}\n"
        "rules:\n  - for: {types: [scan_telnet]}\n    says: {comment: Turn it off.}\n"
    )
    with_a_day(small)
    found = exported(small, "intelmq", tmp_path / "out")
    assert found[ALPHA][0]["event_description.target"] == "a;b"
    assert "extra.tag" not in found[ALPHA][0]
    assert found["2026-11-22-scan_telnet-alpha-asn"][0]["comment"] == "Turn it off."


def test_the_reports_of_a_run_are_those_that_the_manifest_names(small: SmallHome) -> None:
    small.collect_events([event(1)])
    run_ = small.night()
    assert f"{ALPHA}.csv" in report_names(run_)
    assert len(rows_of(small, run_, f"{ALPHA}.csv")) == 1
