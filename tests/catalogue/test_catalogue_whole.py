"""The whole catalogue beside what is published of the original: types, columns, subjects, names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

import pytest
from tests.fakes.shared_data import shared_data

from tocsin.catalogue.entries import ReportType
from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_files

LOADED = load_files(SHIPPED, None)
CATALOGUE = LOADED.catalogue
TYPES = CATALOGUE.report_types
OUR_OWN = {"botnet_cc", "click_fraud", "event4_honeypot_ssh_scan", "phishing_url"}

PUBLISHED = shared_data().parent / "reference" / "report-types.json"

needs_published = pytest.mark.skipif(
    not PUBLISHED.is_file(), reason="the collected public schema is not at hand"
)


class Published(TypedDict):
    """A type of the public schema; taxonomy and class are null where it states none."""

    severity: str
    taxonomy: str | None
    columns: list[str]


def published() -> dict[str, Published]:
    types: dict[str, Published] = json.loads(PUBLISHED.read_bytes())
    return types


@needs_published
def test_every_published_name_of_a_column_is_typed_once() -> None:
    names = {name for entry in published().values() for name in entry["columns"]}
    assert len(names) == 741
    assert names <= CATALOGUE.columns.keys()
    assert names & LOADED.retired == set()
    assert names & CATALOGUE.column_aliases.keys() == set()


@needs_published
def test_every_type_has_the_columns_of_the_public_schema_and_no_others() -> None:
    theirs = {name: tuple(entry["columns"]) for name, entry in published().items()}
    ours = {name: entry.column_names for name, entry in TYPES.items() if name not in OUR_OWN}
    assert len(theirs) == 170
    assert ours == theirs


# --- whose the rows are -----------------------------------------------------------------

Whose = tuple[str, str, str]
"""The subject's column, its kind, and its owner's role."""

CULPRIT: Whose = ("src_ip", "address", "culprit")
EXPOSED: Whose = ("ip", "address", "exposed")
HOST: Whose = ("ip", "address", "culprit")
HARMED: Whose = ("ip", "address", "victim")
REFERER: Whose = ("http_referer_ip", "address", "referer")
ELSE: dict[str, Whose] = {
    "blocklist": ("ip", "prefix", "holder"),
    "botnet_cc": HOST,
    "compromised_account": ("email", "domain", "holder"),
    "compromised_iot": HARMED,
    "compromised_iot6": HARMED,
    "compromised_website": HARMED,
    "compromised_website6": HARMED,
    "event4_honeypot_ddos_amp": ("src_ip", "address", "victim"),
    "event4_honeypot_ddos_target": ("dst_ip", "prefix", "victim"),
    "event4_sinkhole_dns": ("src_ip", "address", "resolver"),
    "event4_sinkhole_http_referer": REFERER,
    "event6_sinkhole_http_referer": REFERER,
    "malware_url": HOST,
    "phishing_url": HOST,
    "ransomware_victim": ("website", "domain", "victim"),
    "sandbox_conn": HOST,
    "sandbox_dns": ("request", "domain", "holder"),
    "sandbox_url": HOST,
    "scan_post_exploitation_framework": HOST,
    "scan_synfulknock": HARMED,
    "spam_url": ("ip", "address", "holder"),
}
"""Where it is neither who opened the connection of an event, nor whose service was found."""


@pytest.mark.parametrize("name", sorted(TYPES))
def test_the_subject_is_whose_row_it_is(name: str) -> None:
    subject = TYPES[name].subject
    usual = CULPRIT if name.startswith("event") or name == "click_fraud" else EXPOSED
    said = (subject.column, subject.kind.value, subject.role.value)
    assert said == ELSE.get(name, usual)


def test_subjects_that_are_named_here_are_those_of_types_there_are() -> None:
    assert ELSE.keys() <= TYPES.keys()


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_name_with_a_six_takes_ipv6_and_its_twin_ipv4(name: str) -> None:
    of_six = name.startswith(("scan6_", "event6_", "population6_")) or name.endswith("6")
    if not of_six:
        assert TYPES[name].subject.version != 6
        return
    twin = TYPES[_twin(name)]
    assert TYPES[name].subject.version == 6
    assert twin.subject.version == 4
    assert _but_for_the_family(TYPES[name]) == _but_for_the_family(twin)


def _twin(name: str) -> str:
    for six, four in (("event6_", "event4_"), ("scan6_", "scan_"), ("population6_", "population_")):
        if name.startswith(six):
            return four + name.removeprefix(six)
    return name.removesuffix("6")


def _but_for_the_family(entry: ReportType) -> tuple[object, ...]:
    return (
        entry.columns,
        entry.area,
        entry.severity,
        entry.subject.column,
        entry.aggregation_key,
        entry.identity,
        entry.text,
    )


# --- names of old -----------------------------------------------------------------------

EARLIER = {
    # Of 2021, when sinkhole, honeypot and darknet events got one form.
    "botnet_drone": "event4_sinkhole",
    "caida_ip_spoofer": "event4_ip_spoofer",
    "darknet": "event4_honeypot_darknet",
    "ddos_amplification": "event4_honeypot_ddos_amp",
    "drone_brute_force": "event4_honeypot_brute_force",
    "hp_http_scan": "event4_honeypot_http_scan",
    "hp_ics_scan": "event4_honeypot_ics_scan",
    "microsoft_sinkhole": "event4_sinkhole_http",
    "sinkhole6_http": "event6_sinkhole_http",
    "sinkhole_dns": "event4_sinkhole_dns",
    "sinkhole_http_drone": "event4_sinkhole_http",
    "sinkhole_http_referer": "event4_sinkhole_http_referer",
    # Of scans, before all of them began with `scan_`; one was misspelt for a while.
    "cisco_smart_install": "scan_cisco_smart_install",
    "dns_openresolver": "scan_dns",
    "netis_router": "scan_netis_router",
    "scan_ldap": "scan_ldap_udp",
    "scan_net_pmp": "scan_nat_pmp",
    "ssl_scan": "scan_ssl_poodle",
    # Of the early service.
    "botnet_ccip": "botnet_cc",
    "botnet_ddos": "event4_honeypot_ddos",
    "botnet_proxy": "scan_http_proxy",
    "cc_ip": "botnet_cc",
    "conficker_drone": "event4_sinkhole_http",
    "cwsandbox_url": "sandbox_url",
    "open_proxy": "scan_http_proxy",
    "sandbox_connection": "sandbox_conn",
    # Words that have changed.
    "blacklist": "blocklist",
    "phish_url": "phishing_url",
}


def test_every_earlier_name_finds_the_type_of_today() -> None:
    found = {old: entry.id for old in EARLIER if (entry := CATALOGUE.report_type(old))}
    assert found == EARLIER


def test_every_type_has_a_page_that_names_its_earlier_ones() -> None:
    pages = Path(__file__).parents[2] / "docs" / "reference" / "report-types"
    for old, new in EARLIER.items():
        assert f"`{old}`" in (pages / f"{new}.md").read_text("utf-8")
