"""The schema for machines: what is written is read back without a difference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.fakes.interop_rows import row_of
from tests.fakes.shared_data import shared_data
from typer.testing import CliRunner, Result

from tocsin.catalogue.difference import difference
from tocsin.catalogue.load import load_catalogue
from tocsin.catalogue.provisional import provisional_type, save_provisional
from tocsin.catalogue.published import read_published
from tocsin.catalogue.publishing import published_schema, row_schema
from tocsin.cli.catalogue import app
from tocsin.model.columns import ColumnKind

CATALOGUE = load_catalogue()
TYPES = sorted(CATALOGUE.report_types)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_what_is_written_is_read_back_without_a_difference(tmp_path: Path) -> None:
    path = tmp_path / "reports.json"
    shown = call("schema", str(path), "--home", str(tmp_path / "home"))
    assert shown.exit_code == 0, shown.output
    assert f"The schema of 174 report types written to {path}." in shown.output
    assert f"Next: tocsin catalogue update {path} --check" in shown.output
    value = json.loads(
        call("update", str(path), "--check", "--json", "--home", str(tmp_path / "home")).stdout
    )
    assert value["report_types"] == value["columns"] == []
    assert value["appended"] == value["severities"] == {}
    assert value["not_in_schema"] == {"columns": {}, "report_types": []}
    for each in read_published(path):
        entry = CATALOGUE.report_types[each.id]
        assert (each.title, each.taxonomy, each.columns, each.severity) == (
            entry.title,
            entry.taxonomy,
            entry.column_names,
            entry.severity.word,
        )


def test_the_schema_is_the_same_bytes_again_and_has_the_words_of_the_original() -> None:
    content = published_schema(CATALOGUE)
    assert content == published_schema(load_catalogue())
    said = json.loads(content)
    assert list(said) == TYPES
    assert said["scan_ssl_poodle"] == {
        "name": "TLS servers that still speak SSLv3 (POODLE)",
        "severity": "low",
        "classification.taxonomy": "vulnerable",
        "classification.type": "weak-crypto",
        "fields": list(CATALOGUE.report_types["scan_ssl_poodle"].column_names),
    }


def test_the_words_of_the_original_are_read_and_what_it_leaves_open_is_no_difference(
    tmp_path: Path,
) -> None:
    path = tmp_path / "reports.json"
    telnet = CATALOGUE.report_types["scan_telnet"]
    said = {
        "scan_telnet": {"name": "Telnet", "fields": [*telnet.column_names, "telnet_more"]},
        "scan_gopher": {
            "name": "Gopher",
            "classification.taxonomy": "vulnerable",
            "classification.type": "vulnerable-system",
            "fields": ["timestamp", "ip"],
            "url": "https://example.org/gopher",
        },
    }
    path.write_text(json.dumps(said))
    found = difference(CATALOGUE, read_published(path))
    assert found.appended == {"scan_telnet": ("telnet_more",)}
    assert found.severities == {}
    (new,) = found.types
    assert (new.title, new.taxonomy, new.severity) == ("Gopher", "vulnerable/vulnerable-system", "")
    shown = call("update", str(path), "--home", str(tmp_path / "home"), "--now", "2026-11-26")
    assert shown.exit_code == 0, shown.output
    catalogue = load_catalogue(tmp_path / "home" / "catalogue")
    assert catalogue.report_types["scan_gopher"].severity.word == "medium"


def test_the_collected_schema_of_the_original_has_the_same_types_and_columns(
    tmp_path: Path,
) -> None:
    known = shared_data().parent / "reference" / "report-types.json"
    if not known.exists():
        pytest.skip("the collected public schema is not here")
    path = tmp_path / "reports.json"
    path.write_bytes(published_schema(CATALOGUE))
    ours = {each.id: each for each in read_published(path)}
    for each in read_published(known):
        assert ours[each.id].columns == each.columns
        assert not each.taxonomy or ours[each.id].taxonomy == each.taxonomy


def test_what_nobody_has_described_is_not_published(tmp_path: Path) -> None:
    entry = provisional_type("scan_odd", ["timestamp", "ip", "port"], CATALOGUE)
    save_provisional(tmp_path / "provisional", entry)
    catalogue = load_catalogue(tmp_path)
    assert "scan_odd" in catalogue.report_types
    assert json.loads(published_schema(catalogue)).keys() == set(TYPES)


@pytest.mark.parametrize("type_id", TYPES)
def test_the_schema_of_a_type_holds_its_sample_and_refuses_other_columns(type_id: str) -> None:
    entry = CATALOGUE.report_types[type_id]
    validator = Draft202012Validator(json.loads(row_schema(entry)))
    validator.check_schema(validator.schema)
    numbers = {each.name for each in entry.columns if each.kind is ColumnKind.INTEGER}
    row = {
        name: int(cell) if name in numbers else cell
        for name, cell in row_of(entry, entry.sample).cells.items()
    }
    assert list(validator.iter_errors(row)) == []
    assert list(validator.iter_errors({**row, "no_such_column": "x"}))
    assert list(validator.iter_errors({**row, "timestamp": "yesterday"}))


def test_the_command_writes_the_schema_of_one_type(tmp_path: Path) -> None:
    path = tmp_path / "telnet.json"
    shown = call("schema", str(path), "--type", "scan_telnet", "--home", str(tmp_path / "home"))
    assert shown.exit_code == 0, shown.output
    assert path.read_bytes() == row_schema(CATALOGUE.report_types["scan_telnet"])
    assert call("schema", str(path), "--type", "no_such").exit_code == 2
