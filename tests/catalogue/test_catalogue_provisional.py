"""Types from headers: pass through, only ever grow, read back equal."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.catalogue.entries import DomainForm, ReportType, SubjectKind
from tocsin.catalogue.load import load_catalogue
from tocsin.catalogue.provisional import provisional_type, save_provisional
from tocsin.model.columns import ColumnKind
from tocsin.model.errors import HomeError, InputError

CATALOGUE = load_catalogue()


def made(*header: str, known: ReportType | None = None) -> ReportType:
    return provisional_type("scan_new", header, CATALOGUE, known)


def test_names_of_the_vocabulary_keep_their_kind_and_others_are_text() -> None:
    entry = made("timestamp", "ip", "port", "asn", "md5hash", "frobnication", "sic")
    kinds = {column.name: column.kind for column in entry.columns}
    assert kinds == {
        "timestamp": ColumnKind.TIME,
        "ip": ColumnKind.ADDRESS,
        "port": ColumnKind.INTEGER,
        "asn": ColumnKind.INTEGER,
        "md5hash": ColumnKind.TEXT,
        "frobnication": ColumnKind.TEXT,
        "sic": ColumnKind.INTEGER,
    }
    assert entry.provisional
    assert entry.area == "exposure"


@pytest.mark.parametrize(
    ("header", "column", "kind"),
    [
        (("timestamp", "dst_ip", "src_ip", "ip"), "ip", SubjectKind.PREFIX),
        (("timestamp", "dst_ip", "src_ip"), "src_ip", SubjectKind.ADDRESS),
        (("timestamp", "dst_ip", "http_referer_ip"), "dst_ip", SubjectKind.ADDRESS),
        (("timestamp", "http_referer_ip"), "http_referer_ip", SubjectKind.ADDRESS),
        (("timestamp", "domain", "email"), "email", SubjectKind.DOMAIN),
        (("timestamp", "url"), "url", SubjectKind.DOMAIN),
        (("timestamp", "words"), "", SubjectKind.NONE),
    ],
)
def test_the_subject_is_the_first_column_that_can_have_an_owner(
    header: tuple[str, ...], column: str, kind: SubjectKind
) -> None:
    subject = made(*header).subject
    assert (subject.column, subject.kind) == (column, kind)


def test_a_domain_is_taken_out_in_the_form_of_its_column() -> None:
    entry = made("timestamp", "email")
    assert [(each.column, each.form) for each in entry.domain_columns] == [
        ("email", DomainForm.EMAIL)
    ]


def test_names_that_are_no_column_names_get_one_and_stay_known() -> None:
    entry = made("Timestamp", "C&C Port", "c_c_port", "2nd", "", "__", "IP", "ip")
    assert entry.column_names == (
        *("timestamp", "c_c_port_2", "c_c_port", "column_2nd", "column", "ip_2", "ip"),
    )
    assert entry.column_aliases == {
        "Timestamp": "timestamp",
        "C&C Port": "c_c_port_2",
        "2nd": "column_2nd",
        "__": "column",
        "IP": "ip_2",
    }


def test_a_header_without_a_time_gets_the_column_all_the_same() -> None:
    assert made("ip", "port").column_names == ("timestamp", "ip", "port")


def test_a_later_header_only_appends() -> None:
    first = made("timestamp", "ip", "tag")
    wider = made("tag", "banner", "timestamp", "ip", "C&C", known=first)
    assert wider.column_names == ("timestamp", "ip", "tag", "banner", "c_c")
    assert made("ip", known=wider) == wider


def test_rows_are_one_only_if_they_are_equal_but_for_the_time() -> None:
    assert set(made("timestamp", "src_ip", "src_port", "note").aggregation_key) == {
        *("src_ip", "src_port", "note"),
    }


@pytest.mark.parametrize("name", ["", "../x", "A", "a-b", "a.b", "1a", "a" * 64, "a\nb", "ä"])
def test_a_name_that_is_no_type_makes_no_file(name: str) -> None:
    with pytest.raises(InputError, match="cannot be a report type"):
        provisional_type(name, ["timestamp"], CATALOGUE)


def test_a_header_of_thousands_of_columns_is_no_header() -> None:
    with pytest.raises(InputError, match="more than any report"):
        made(*(f"c{n}" for n in range(5000)))


headers = st.lists(
    st.sampled_from(["timestamp", "ip", "src_ip", "email", "IP Address", "C&C", "c_c", "tag"])
    | st.text(max_size=12),
    max_size=12,
)


@given(headers, headers)
@settings(max_examples=cases(30), deadline=None)
def test_what_is_saved_is_loaded_back_equal(
    tmp_path_factory: pytest.TempPathFactory, one: list[str], two: list[str]
) -> None:
    entry = made(*two, known=made(*one))
    home = tmp_path_factory.mktemp("home")
    save_provisional(home / "provisional", entry)
    assert load_catalogue(home).report_types["scan_new"] == entry


@given(headers, headers)
@settings(max_examples=cases(33), deadline=None)
def test_column_names_are_usable_distinct_and_in_the_order_they_were_met(
    one: list[str], two: list[str]
) -> None:
    first = made(*one)
    names = made(*two, known=first).column_names
    assert names[: len(first.columns)] == first.column_names
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name) for name in names)


def test_a_type_that_somebody_described_takes_the_provisional_ones_place(tmp_path: Path) -> None:
    entry = dataclasses.replace(made("timestamp", "ip"), id="scan_telnet")
    save_provisional(tmp_path / "provisional", entry)
    renamed = dataclasses.replace(made("timestamp", "ip"), id="darknet")
    save_provisional(tmp_path / "provisional", renamed)
    assert load_catalogue(tmp_path) == CATALOGUE


def test_a_column_keeps_the_kind_that_its_files_have(tmp_path: Path) -> None:
    path = save_provisional(tmp_path / "provisional", made("timestamp", "ip", "weight"))
    path.write_text(path.read_text().replace('"ip"\n  "kind": "address"', '"ip"\n  "kind": "text"'))
    column = load_catalogue(tmp_path).report_types["scan_new"].column("ip")
    assert column is not None
    assert column.kind is ColumnKind.TEXT


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "provisional").write_text("a file, no directory")
    with pytest.raises(HomeError, match="cannot be written"):
        save_provisional(tmp_path / "provisional", made("timestamp"))
