"""Loading: what is there, what own files add, what the defaults are."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tocsin.catalogue import sections
from tocsin.catalogue.entries import Catalogue, Location, SubjectKind, SubjectRole, Window
from tocsin.catalogue.load import load_catalogue
from tocsin.catalogue.version import canonical
from tocsin.model.columns import ColumnKind
from tocsin.model.errors import CatalogueError
from tocsin.model.severity import Severity

CATALOGUE = load_catalogue()


def own(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return tmp_path


OWN_TYPE = """
family: Own
groups:
  mine: [timestamp, ip, my_number]
report_types:
  own_report:
    title: A report of our own
    area: scans
    severity: low
    subject: {column: ip, kind: address, role: exposed}
    columns: [{group: mine}, {group: place}, tag]
    aliases: [older_report]
"""


def test_there_are_types_of_every_kind_of_subject() -> None:
    subjects = {
        (entry.subject.column, entry.subject.kind) for entry in CATALOGUE.report_types.values()
    }
    assert subjects >= {
        ("ip", SubjectKind.ADDRESS),
        ("ip", SubjectKind.PREFIX),
        ("src_ip", SubjectKind.ADDRESS),
        ("dst_ip", SubjectKind.PREFIX),
        ("http_referer_ip", SubjectKind.ADDRESS),
        ("email", SubjectKind.DOMAIN),
        ("request", SubjectKind.DOMAIN),
    }


def test_the_source_port_belongs_to_no_default_key_and_a_service_port_does() -> None:
    sinkhole = CATALOGUE.report_types["event4_sinkhole"]
    assert sinkhole.aggregation_key == (
        "src_ip",
        "dst_port",
        "protocol",
        "infection",
        "family",
        "tag",
    )
    assert "src_port" not in sinkhole.identity
    assert "timestamp" not in sinkhole.identity
    telnet = CATALOGUE.report_types["scan_telnet"]
    assert telnet.aggregation_key == ("ip", "port", "protocol", "tag")
    assert "port" in telnet.identity


def test_the_controllers_are_seven_days_and_one_row_an_address() -> None:
    controllers = CATALOGUE.report_types["botnet_cc"]
    assert controllers.window_days == 7
    assert controllers.aggregation_key == ("ip",)
    assert controllers.counting.count == "count"


def test_an_amplified_attack_tells_its_victim() -> None:
    subject = CATALOGUE.report_types["event4_honeypot_ddos_amp"].subject
    assert (subject.column, subject.role) == ("src_ip", SubjectRole.VICTIM)


CLAIMED = {
    "attack_src_port",
    *("tcp_port", "http_port", "internal_port", "beacon_port", "server_port", "mountd_port"),
}
"""What an order or a scanned machine says of a port may be nonsense; the row about it is not."""


def test_ports_counts_and_as_numbers_are_bounded_and_codes_have_no_zero() -> None:
    for name, column in CATALOGUE.columns.items():
        bounds = (column.least, column.greatest)
        if name.endswith("asn") and name != "sender_asn":
            assert (*bounds, column.zero_is_missing) == (0, 4294967295, True)
        elif (name == "port" or name.endswith("_port")) and name not in CLAIMED:
            assert (*bounds, column.zero_is_missing) == (0, 65535, False)
        elif name.endswith(("naics", "sic")):
            assert column.zero_is_missing
        elif name == "count":
            assert bounds == (0, None)


def test_the_catalogue_crosses_process_borders() -> None:
    assert pickle.loads(pickle.dumps(CATALOGUE)) == CATALOGUE


def test_loading_is_quick_enough_for_every_command() -> None:
    fresh = min(_seconds_of_a_load(afresh=True) for _ in range(3))
    again = min(_seconds_of_a_load() for _ in range(3))
    # A few hundred files, each read and held against its schema: two thirds of it.
    assert fresh < 0.8
    assert again < fresh / 2


def _seconds_of_a_load(*, afresh: bool = False) -> float:
    """Processor time: what else the machine does is not ours."""
    if afresh:
        sections._section.cache_clear()
    start = time.process_time()
    load_catalogue()
    return time.process_time() - start


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    own(tmp_path, "columns.yaml", "columns:\n  mine: {kind: text, description: One.}\n")
    assert load_catalogue(tmp_path).columns["mine"].description == "One."
    own(tmp_path, "columns.yaml", "columns:\n  mine: {kind: text, description: Two.}\n")
    assert load_catalogue(tmp_path).columns["mine"].description == "Two."


def test_loading_brings_no_engine_in() -> None:
    program = (
        "import sys; from tocsin.catalogue import load, check, reference;"
        "print([m for m in sys.modules if m.startswith(('tocsin.engine', 'tocsin.cli'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "[]"


def test_a_directory_that_does_not_exist_adds_nothing(tmp_path: Path) -> None:
    assert load_catalogue(tmp_path / "none") == CATALOGUE


def test_own_columns_types_and_areas_add_to_what_ships(tmp_path: Path) -> None:
    own(tmp_path, "columns.yaml", "columns:\n  my_number: {kind: integer, description: Mine.}\n")
    own(tmp_path, "report_types/own.yaml", OWN_TYPE)
    loaded = load_catalogue(tmp_path)
    entry = loaded.report_type("older_report")
    assert entry is not None
    assert entry.column_names == (
        "timestamp",
        "ip",
        "my_number",
        *("asn", "geo", "region", "city"),
        "tag",
    )
    assert entry.columns[2].kind is ColumnKind.INTEGER
    assert entry.severity is Severity.LOW
    assert entry.identity == ("ip", "my_number", "asn", "geo", "region", "city", "tag")
    assert set(CATALOGUE.report_types) < set(loaded.report_types)


def test_files_that_are_being_written_are_not_read(tmp_path: Path) -> None:
    own(tmp_path, "report_types/.own.yaml", "[")
    own(tmp_path, "report_types/own.yaml.swp", "[")
    assert load_catalogue(tmp_path) == CATALOGUE


def test_the_version_is_of_the_meaning_and_not_of_the_files(tmp_path: Path) -> None:
    own(tmp_path, "columns.yaml", "columns:\n  my_number: {kind: integer, description: Mine.}\n")
    own(tmp_path, "report_types/own.yaml", OWN_TYPE)
    version = load_catalogue(tmp_path).version
    assert version != CATALOGUE.version
    assert load_catalogue(tmp_path).version == version
    (tmp_path / "report_types/own.yaml").rename(tmp_path / "report_types/zz.yaml")
    (tmp_path / "columns.yaml").write_text(
        '# a remark\ncolumns:\n  my_number:\n    description: "Mine."\n    kind: "integer"\n'
    )
    assert load_catalogue(tmp_path).version == version
    changed = OWN_TYPE.replace("severity: low", "severity: high")
    (tmp_path / "report_types/zz.yaml").write_text(changed)
    assert load_catalogue(tmp_path).version != version


def test_a_source_takes_over_what_it_does_not_say(tmp_path: Path) -> None:
    own(
        tmp_path,
        "sources/morning.yaml",
        "extends: shadowserver-csv\n"
        "title: The morning feed\n"
        "window: received\n"
        'expected_by: "07:30"\n'
        "max_age: 36 hours\n"
        "files: []\n"
        "terms: {national_certs: false, credit: {form: label, text: P-17}}\n"
        "filters: {reserved_allowed: [documentation]}\n",
    )
    base, source = CATALOGUE.sources["shadowserver-csv"], load_catalogue(tmp_path).source("morning")
    assert (source.format, source.location, source.missing) == (
        *(base.format, Location.KEEP),
        ("", "-"),
    )
    assert (source.window, source.expected_by) == (Window.RECEIVED, dt.time(7, 30))
    assert source.max_age == dt.timedelta(hours=36)
    assert source.files == ()
    assert (source.terms.owners, source.terms.national_certs) == (True, False)
    assert source.terms.credit_text == "P-17"
    assert source.filters.reserved_allowed == {"documentation"}
    assert source.filters.reserved


def test_red_goes_to_named_lists_only(tmp_path: Path) -> None:
    terms = "{tlp: red, owners: false, national_certs: false, statistics: false, lists: [7]}"
    own(tmp_path, "sources/red.yaml", f"extends: tocsin-ndjson\nterms: {terms}\n")
    allowed = load_catalogue(tmp_path).source("red").terms
    assert allowed.allows(7, national_cert=False)
    assert not allowed.allows(8, national_cert=True)


def test_a_stricter_colour_is_held_against_what_is_taken_over(tmp_path: Path) -> None:
    released = "owners: false, national_certs: false, statistics: false, lists: [7]"
    own(tmp_path, "sources/base.yaml", f"extends: tocsin-ndjson\nterms: {{tlp: red, {released}}}\n")
    own(tmp_path, "sources/open.yaml", "extends: base\ntitle: Open\nterms: {owners: true}\n")
    own(tmp_path, "sources/red.yaml", "extends: tocsin-ndjson\nterms:\n  tlp: red\n")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)
    told = [(Path(each.where).name, each.line, each.what) for each in caught.value.problems]
    assert told == [
        ("open.yaml", 3, "TLP red cannot be released to owners"),
        ("red.yaml", 2, "TLP red cannot be counted in statistics"),
        ("red.yaml", 2, "TLP red cannot be released to national certs"),
        ("red.yaml", 2, "TLP red cannot be released to owners"),
    ]


def test_an_unknown_source_is_told_with_what_is_near_or_where_all_are_named() -> None:
    with pytest.raises(CatalogueError) as near:
        CATALOGUE.source("shadowserver")
    assert "shadowserver-csv" in near.value.message()
    with pytest.raises(CatalogueError) as far:
        CATALOGUE.source("kippo")
    assert "tocsin catalogue list" in far.value.message()


def test_sensors_addresses_are_masked_by_default() -> None:
    assert CATALOGUE.source("tocsin-ndjson").terms.masked == {"dst_ip", "dst_hostname"}


def test_the_version_is_the_hash_of_the_whole_catalogue_as_json(tmp_path: Path) -> None:
    """However its text is put together from what is kept of earlier loads."""
    mine = "columns:\n  mine: {kind: text, description: Mine.}\n"
    own(tmp_path, "columns.yaml", mine)
    own(tmp_path, "families.yaml", "families:\n  example-bot: [ExampleBot]\n")
    for _ in range(2):
        for catalogue in (load_catalogue(tmp_path), load_catalogue()):
            assert catalogue.version == _naive_version(catalogue)


def _naive_version(catalogue: Catalogue) -> str:
    whole = {
        "format": 1,
        "columns": catalogue.columns,
        "column_aliases": catalogue.column_aliases,
        "areas": catalogue.areas,
        "report_types": catalogue.report_types,
        "sources": catalogue.sources,
        "rules": {each.id: each for each in catalogue.rules},
        "extends": {name: each.extends for name, each in catalogue.sources.items()},
        "observations": catalogue.observations,
        "correlations": {each.id: each for each in catalogue.correlations},
        "families": {name: list(each.aliases) for name, each in catalogue.families.items()},
    }
    said = {name: canonical(part) for name, part in whole.items() if part}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def test_what_one_home_adds_is_in_no_other(tmp_path: Path) -> None:
    own(tmp_path, "columns.yaml", "columns:\n  mine: {kind: text, description: Mine.}\n")
    own(tmp_path, "sources/mine.yaml", "extends: tocsin-ndjson\ntitle: Mine\n")
    first = load_catalogue(tmp_path)
    assert "mine" in first.columns
    assert "mine" in first.sources
    assert load_catalogue() == CATALOGUE
    assert "mine" not in load_catalogue().sources
