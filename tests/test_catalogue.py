"""Every type and source carries its examples, and they hold."""

from __future__ import annotations

import csv
import ipaddress
import json
import re

import pytest

from tocsin.catalogue.check import TEXTS, check_catalogue
from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_files
from tocsin.engine.sources.cowrie import is_cowrie
from tocsin.model.columns import ColumnKind

LOADED = load_files(SHIPPED, None)
CATALOGUE = LOADED.catalogue
TYPES = sorted(CATALOGUE.report_types)
SOURCES = sorted(CATALOGUE.sources)

DOCUMENTATION = [
    ipaddress.ip_network(text)
    for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]
NAMES_OF_NOBODY = re.compile(r"(.*\.)?example\.(com|net|org)")


def test_nothing_is_missing() -> None:
    assert check_catalogue().lacks == ()


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_a_sample_and_text_for_people(name: str) -> None:
    entry = CATALOGUE.report_types[name]
    assert {key for key, text in entry.text.items() if len(text) > 30} == set(TEXTS)
    assert len(entry.sample) >= 4
    assert entry.sample["timestamp"]
    assert entry.subject.kind is SubjectKind.NONE or entry.sample[entry.subject.column]


@pytest.mark.parametrize("name", TYPES)
def test_texts_name_columns_as_code(name: str) -> None:
    entry = CATALOGUE.report_types[name]
    bare = re.sub(r"`[^`]*`", "", " ".join(entry.text.values())).lower()
    spoken = set(re.findall(r"[a-z0-9]+(?:_[a-z0-9]+)+", bare))
    assert spoken & set(entry.column_names) == set()


@pytest.mark.parametrize("name", TYPES)
def test_samples_are_of_nobodys_addresses_networks_and_names(name: str) -> None:
    entry = CATALOGUE.report_types[name]
    for column, cell in entry.sample.items():
        if column.endswith("asn"):
            assert 64496 <= int(cell) <= 64511
        if column.endswith("geo"):
            assert cell == "XX"
        described = entry.column(column)
        assert described is not None
        if described.kind is ColumnKind.ADDRESS:
            assert _is_documentation(cell), column
    assert _foreign_hosts(entry) == []


def _is_documentation(cell: str) -> bool:
    network = ipaddress.ip_network(cell)
    return any(
        network.version == held.version and network.subnet_of(held)  # type: ignore[arg-type]
        for held in DOCUMENTATION
    )


def _foreign_hosts(entry: ReportType) -> list[str]:
    hosts = re.findall(r"(?:https?://|@)([^/:\s\"]+)", " ".join(entry.sample.values()))
    hosts += [cell for name, cell in entry.sample.items() if name.endswith("hostname")]
    return [
        host
        for host in hosts
        if not (NAMES_OF_NOBODY.fullmatch(host) or re.fullmatch(r"(\d+\.){3}\d+", host))
    ]


@pytest.mark.parametrize("name", TYPES)
def test_delta_mode_never_compares_times_or_source_ports(name: str) -> None:
    entry = CATALOGUE.report_types[name]
    kinds = {column.name: column.kind for column in entry.columns}
    assert all(kinds[column] is not ColumnKind.TIME for column in entry.identity)
    assert entry.source_port not in entry.identity


@pytest.mark.parametrize("name", TYPES)
def test_the_subject_belongs_to_both_keys(name: str) -> None:
    entry = CATALOGUE.report_types[name]
    assert entry.subject.column in entry.aggregation_key
    assert entry.subject.column in entry.identity


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_has_a_small_file_that_its_patterns_take_and_its_types_know(name: str) -> None:
    example = LOADED.examples[name]
    assert example["file"] in example["takes"] or example["content"]
    lines = example["content"].splitlines()
    if CATALOGUE.sources[name].format == "shadowserver-csv":
        header = next(csv.reader(lines))
        kind = example["file"].split("-")[3]
        rows = [(kind, set(header))]
    elif CATALOGUE.sources[name].reading is not None:
        rows = []  # tests/path/test_declared_sources.py takes the file in
    elif CATALOGUE.sources[name].format == "cowrie":
        assert all(is_cowrie(line.encode()) for line in lines)
        rows = []  # rules tell their types: tests/path/test_cowrie.py takes the file in
    else:
        said = [json.loads(line) for line in lines]
        rows = [(row["report_type"], row.keys() - {"report_type", "sensor"}) for row in said]
    for report_type, columns in rows:
        entry = CATALOGUE.report_type(report_type)
        assert entry is not None
        assert columns <= set(entry.column_names)
