"""The commands of the catalogue, as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tocsin.catalogue.load import load_catalogue
from tocsin.catalogue.provisional import provisional_type, save_provisional
from tocsin.cli.catalogue import app

BROKEN = Path(__file__).parent / "broken"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_the_list_names_every_type_and_source_and_ends_with_what_to_do_next(tmp_path: Path) -> None:
    shown = call("list", "--home", str(tmp_path))
    assert shown.exit_code == 0
    catalogue = load_catalogue()
    for name in (*catalogue.report_types, *catalogue.sources):
        assert f" {name} " in shown.output
    assert shown.output.rstrip().splitlines()[-1].startswith("Next: ")


def test_the_list_of_one_area_has_only_its_types() -> None:
    value = json.loads(call("list", "--area", "ddos", "--json").stdout)
    assert {entry["area"] for entry in value["report_types"]} == {"ddos"}


@pytest.mark.parametrize("arguments", [("list", "--area", "weather"), ("show", "evnt4_sinkhole")])
def test_what_is_not_there_is_told_with_what_is(arguments: tuple[str, ...]) -> None:
    shown = call(*arguments)
    assert shown.exit_code == 2
    assert "ddos" in shown.output or "event4_sinkhole" in shown.output


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("scan_telnet", "report type"), ("darknet", "report type")),
        *(("tocsin-ndjson", "source"), ("src_ip", "column"), ("md5hash", "column")),
    ],
)
def test_types_sources_and_columns_are_shown(name: str, kind: str) -> None:
    assert json.loads(call("show", name, "--json").stdout)["entry"] == kind
    assert call("show", name).exit_code == 0


def test_a_type_is_shown_with_its_text_and_columns() -> None:
    shown = call("show", "scan_telnet").output
    assert "Turn Telnet off" in shown
    assert "|router login:" in shown


def test_the_shipped_catalogue_passes_its_check(tmp_path: Path) -> None:
    shown = call("check", "--home", str(tmp_path), "--json")
    assert (shown.exit_code, json.loads(shown.stdout)["lacks"]) == (0, [])


def test_a_broken_catalogue_fails_with_every_mistake(tmp_path: Path) -> None:
    (tmp_path / "catalogue").symlink_to(BROKEN / "names")
    shown = call("check", "--home", str(tmp_path))
    assert shown.exit_code == 3
    assert "names.yaml:11:9: the column 'no_such_column' is not in columns.yaml" in shown.output


def test_a_provisional_type_is_something_that_the_check_finds_lacking(tmp_path: Path) -> None:
    entry = provisional_type("scan_new", ["timestamp", "ip"], load_catalogue())
    save_provisional(tmp_path / "catalogue" / "provisional", entry)
    shown = call("check", "--home", str(tmp_path))
    assert shown.exit_code == 1
    assert "scan_new is provisional" in shown.output
    assert "(provisional)" in call("list", "--home", str(tmp_path)).output


def test_the_pages_are_written_and_checked(tmp_path: Path) -> None:
    assert call("reference", str(tmp_path), "--check").exit_code == 1
    assert call("reference", str(tmp_path)).exit_code == 0
    assert call("reference", str(tmp_path), "--check").exit_code == 0
    (tmp_path / "README.md").write_text("old")
    stale = call("reference", str(tmp_path), "--check", "--json")
    assert (stale.exit_code, json.loads(stale.stdout)["stale"]) == (1, ["README.md"])
