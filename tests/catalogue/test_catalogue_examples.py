"""Examples are shown as a report holds them, and reports that belong together know each other."""

from __future__ import annotations

import datetime as dt

import pytest

from tocsin.catalogue.entries import ReportType
from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_files
from tocsin.catalogue.reference_examples import (
    example_file,
    example_sentence,
    service_in_example,
    where_the_service_stands,
)
from tocsin.catalogue.reference_related import Relations, service_of
from tocsin.engine.nightly.cells import Cell, header_line, plain_line
from tocsin.model.columns import Column, ColumnKind

LOADED = load_files(SHIPPED, None)
TYPES = LOADED.catalogue.report_types
RELATIONS = Relations(list(TYPES.values()), LOADED.families)


def typed(column: Column, cell: str | None) -> Cell:
    if cell is None:
        return None
    if column.kind is ColumnKind.TIME:
        return dt.datetime.strptime(cell, "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC)
    return int(cell) if column.kind is ColumnKind.INTEGER else cell


@pytest.mark.parametrize("name", sorted(TYPES))
def test_an_example_is_shown_byte_for_byte_as_a_report_holds_it(name: str) -> None:
    entry = TYPES[name]
    header, row = example_file(entry).splitlines()
    cells = [typed(column, entry.sample.get(column.name)) for column in entry.columns]
    assert f"{header}\n".encode() == header_line(entry.columns)
    assert f"{row}\n" == plain_line(cells)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_an_example_is_told_with_its_subject_and_time(name: str) -> None:
    entry = TYPES[name]
    sentence = example_sentence(entry)
    assert sentence.startswith(f"`{entry.sample[entry.subject.column]}`")
    assert all(part in sentence for part in entry.sample["timestamp"].split())


def test_the_service_is_that_of_the_server_whoever_is_told() -> None:
    assert service_in_example(TYPES["scan_dns"]) == "`53/udp`"
    assert service_in_example(TYPES["event4_honeypot_brute_force"]) == "`22/tcp`"
    assert service_in_example(TYPES["scan_ip_tunnel"]) == "`gre`"
    told = where_the_service_stands(TYPES["event4_sinkhole"])
    assert told == "told by `dst_port` and `protocol`; `80/tcp` in the example"
    assert where_the_service_stands(TYPES["ransomware_victim"]) == ""


def ids(types: tuple[ReportType, ...]) -> list[str]:
    return [each.id for each in types]


def test_twins_differ_in_the_version_of_ip_alone() -> None:
    for entry in TYPES.values():
        twin = RELATIONS.twin(entry)
        if twin is None:
            assert entry.subject.version != 6, entry.id
        else:
            assert RELATIONS.twin(twin) is entry
            assert {entry.subject.version, twin.subject.version} == {4, 6}


def test_a_service_and_whoever_attacks_it_know_each_other() -> None:
    assert service_of("event4_honeypot_adb_scan") == service_of("scan_adb") == "adb"
    assert ids(RELATIONS.of_service(TYPES["scan_adb"])) == ["event4_honeypot_adb_scan"]
    assert ids(RELATIONS.of_service(TYPES["scan6_mqtt"])) == ["scan6_mqtt_anon"]
    assert ids(RELATIONS.of_service(TYPES["population_isakmp"])) == ["scan_isakmp"]


def test_a_family_lists_each_of_its_types_once() -> None:
    four, six = (RELATIONS.of_family(TYPES[name]) for name in ("scan_rdp", "scan6_rdp"))
    assert ids(four) == ["scan_ard", "scan_radmin", "scan_rdpeudp", "scan_vnc", "scan_xdmcp"]
    assert ids(six) == ["scan6_vnc", "scan_ard", "scan_radmin", "scan_rdpeudp", "scan_xdmcp"]
    assert RELATIONS.of_family(TYPES["special"]) == ()


def test_a_catalogue_without_families_has_neighbours_by_service_only() -> None:
    bare = Relations(list(TYPES.values()), {})
    assert bare.of_family(TYPES["scan_rdp"]) == ()
    assert ids(bare.of_service(TYPES["scan_adb"])) == ["event4_honeypot_adb_scan"]
