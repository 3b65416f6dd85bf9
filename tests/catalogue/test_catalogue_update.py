"""A newer published schema adds types and columns, and takes nothing away."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tocsin.catalogue.difference import difference
from tocsin.catalogue.load import load_catalogue
from tocsin.catalogue.published import PublishedType, read_published
from tocsin.catalogue.update import CHANGES, apply, complete
from tocsin.cli.catalogue import app
from tocsin.model.columns import ColumnKind
from tocsin.model.errors import InputError

DAY = dt.date(2026, 11, 26)


def schema(path: Path, **types: object) -> Path:
    path.write_text(json.dumps(types))
    return path


def published(*columns: str, title: str = "New", severity: str = "low") -> dict[str, object]:
    return {
        "title": title,
        "severity": severity,
        "taxonomy": "vulnerable",
        "class": "vulnerable-system",
        "columns": list(columns),
    }


def update(home: Path, path: Path, *more: str) -> Result:
    arguments = ["update", str(path), "--home", str(home), "--now", "2026-11-26", *more]
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """Telnet with two columns more and one less, and a type that nobody knows."""
    telnet = load_catalogue().report_types["scan_telnet"]
    columns = [name for name in telnet.column_names if name != "banner"]
    return schema(
        tmp_path / "reports.json",
        scan_telnet=published(*columns, "telnet_options", "sender_asn", severity="medium"),
        scan_gopher=published("timestamp", "ip", "port", "gopher_menu", "gopher_port"),
    )


def test_types_and_columns_are_added_behind_those_there_are(tmp_path: Path, newer: Path) -> None:
    before = load_catalogue().report_types["scan_telnet"]
    shown = update(tmp_path / "home", newer)
    assert shown.exit_code == 0, shown.output
    catalogue = load_catalogue(tmp_path / "home" / "catalogue")
    telnet, gopher = (catalogue.report_types[name] for name in ("scan_telnet", "scan_gopher"))
    assert telnet.column_names == (*before.column_names, "telnet_options", "sender_asn")
    assert telnet.identity == before.identity
    assert gopher.column_names == ("timestamp", "ip", "port", "gopher_menu", "gopher_port")
    assert (gopher.area, gopher.subject.column) == ("exposure", "ip")
    assert catalogue.columns["gopher_port"].kind is ColumnKind.INTEGER
    assert "Not in the schema's scan_telnet, and kept: banner." in shown.output


def test_the_change_is_told_for_machines_and_for_people(tmp_path: Path, newer: Path) -> None:
    update(tmp_path / "home", newer)
    folder = tmp_path / "home" / "catalogue"
    (record,) = (folder / CHANGES).glob("*.json")
    said = json.loads(record.read_text())
    assert (record.stem, said["day"], said["source"]) == (
        "2026-11-26-1",
        "2026-11-26",
        "reports.json",
    )
    assert said["appended"] == {"scan_telnet": ["telnet_options", "sender_asn"]}
    text = (folder / "CHANGES.md").read_text()
    assert "- New report type `scan_gopher`: New." in text
    assert "- `scan_telnet` ends with `telnet_options`, `sender_asn` from now on." in text


def test_the_same_schema_again_changes_nothing(tmp_path: Path, newer: Path) -> None:
    update(tmp_path / "home", newer)
    before = {path: path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()}
    shown = update(tmp_path / "home", newer)
    assert "nothing that this catalogue lacks" in shown.output
    after = {path: path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()}
    assert after == before


def test_check_tells_and_writes_nothing(tmp_path: Path, newer: Path) -> None:
    value = json.loads(update(tmp_path / "home", newer, "--check", "--json").stdout)
    assert value["report_types"] == ["scan_gopher"]
    assert value["columns"] == ["telnet_options", "gopher_menu", "gopher_port"]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("lost", ["columns", "report_types", "CHANGES.md"])
def test_an_update_that_was_cut_short_is_completed(tmp_path: Path, newer: Path, lost: str) -> None:
    folder = tmp_path / "catalogue"
    found = difference(load_catalogue(), read_published(newer))
    record = apply(folder, found, day=DAY, source="reports.json")
    path = folder / lost if lost.endswith(".md") else folder / lost / f"{record.stem}.yaml"
    content = path.read_bytes()
    path.unlink()
    complete(folder)
    assert path.read_bytes() == content


def test_what_was_mended_by_hand_stays(tmp_path: Path, newer: Path) -> None:
    update(tmp_path / "home", newer)
    folder = tmp_path / "home" / "catalogue"
    (path,) = (folder / "columns").glob("*.yaml")
    path.write_text(path.read_text().replace("Not described yet.", "The menu."))
    telnet = load_catalogue().report_types["scan_telnet"]
    more = schema(tmp_path / "b.json", scan_telnet=published(*telnet.column_names, "telnet_more"))
    assert update(tmp_path / "home", more).exit_code == 0
    catalogue = load_catalogue(folder)
    assert catalogue.columns["gopher_menu"].description == "The menu."
    assert catalogue.report_types["scan_telnet"].column_names[-1] == "telnet_more"
    assert (folder / "CHANGES.md").read_text().index("2026-11-26-2") < 80


def test_older_names_are_no_new_columns() -> None:
    catalogue = load_catalogue()
    said = PublishedType("botnet_drone", "Old", "critical", "", ("timestamp", "ip", "cc_port"))
    found = difference(catalogue, [said])
    assert not found.adds
    assert "event4_sinkhole" not in found.missing_types


def test_a_column_under_its_older_name_is_added_under_its_name(tmp_path: Path) -> None:
    telnet = load_catalogue().report_types["scan_telnet"]
    path = schema(
        tmp_path / "a.json",
        scan_telnet=published(*telnet.column_names, "md5hash", "md5"),
        scan_gopher=published("timestamp", "ip", "md5hash", "cc", "md5", "gopher_menu"),
    )
    shown = update(tmp_path / "home", path)
    assert shown.exit_code == 0, shown.output
    catalogue = load_catalogue(tmp_path / "home" / "catalogue")
    held = catalogue.report_types
    assert held["scan_telnet"].column_names == (*telnet.column_names, "md5")
    assert held["scan_gopher"].column_names == ("timestamp", "ip", "md5", "cc_ip", "gopher_menu")
    assert "md5hash" not in catalogue.columns
    assert "nothing that this catalogue lacks" in update(tmp_path / "home", path).output


def test_a_column_under_its_older_name_is_not_told_as_missing() -> None:
    catalogue = load_catalogue()
    names = catalogue.report_types["blocklist"].column_names
    said = PublishedType(
        "blocklist", "", "", "", tuple("host" if name == "hostname" else name for name in names)
    )
    found = difference(catalogue, [said])
    assert not found.adds
    assert found.missing_columns == {}


@pytest.mark.parametrize("order", [("blocklist", "blacklist"), ("blacklist", "blocklist")])
def test_a_type_under_both_its_names_gains_the_columns_of_both(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    held = load_catalogue().report_types["blocklist"]
    said = {
        "blocklist": published(*held.column_names[:-1], "list_name", severity="high"),
        "blacklist": published(*held.column_names[1:], "list_url", "list_name", severity="info"),
    }
    path = schema(tmp_path / "a.json", **{name: said[name] for name in order})
    assert update(tmp_path / "home", path).exit_code == 0
    found = load_catalogue(tmp_path / "home" / "catalogue").report_types["blocklist"]
    assert found.column_names == (*held.column_names, "list_name", "list_url")
    compared = difference(load_catalogue(), read_published(path))
    assert "blocklist" not in compared.missing_columns
    assert compared.severities["blocklist"][1] == "high"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "names no report type"),
        ('{"scan x": {"columns": ["a"]}}', "no report type can be called so"),
        ('{"scan_x": {"columns": []}}', "'columns' is no list"),
        ('{"scan_x": {"columns": ["A;b"]}}', "no column can be called 'A;b'"),
        ('{"scan_x": {"columns": ["a", "a"]}}', "named twice"),
        ('{"scan_x": 1}', "no object"),
        ('{"scan_x": {"columns": ["a"]}, "scan_x": {"columns": ["b"]}}', "'scan_x' is said twice"),
        ('{"scan_x": {"columns": ["a"], "columns": ["b"]}}', "'columns' is said twice"),
    ],
)
def test_what_is_no_schema_is_told(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        read_published(path)
    assert words in caught.value.message()


def test_titles_are_made_harmless(tmp_path: Path) -> None:
    path = schema(tmp_path / "a.json", scan_x=published("timestamp", title="a\x1b[31m\nb" * 50))
    (found,) = read_published(path)
    assert found.title.isprintable()
    assert len(found.title) <= 120


def test_an_update_that_would_break_the_catalogue_writes_nothing(tmp_path: Path) -> None:
    path = schema(tmp_path / "a.json", scan_x=published("ip", "port"))
    shown = update(tmp_path / "home", path)
    assert shown.exit_code == 3
    assert "timestamp" in shown.output
    assert not (tmp_path / "home" / "catalogue" / CHANGES).exists()
