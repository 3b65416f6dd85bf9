"""The demonstration: the same bytes each time, every kind of list told, nobody real in it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.cli.demonstrated import Demonstration, Twice, demonstrated, run

from tocsin.catalogue.load import load_catalogue
from tocsin.cli.demo_world.dice import Dice
from tocsin.cli.demo_world.events.services import TOASTER_TYPE
from tocsin.cli.demo_world.geography import write_maps
from tocsin.cli.demo_world.home import MARKER, fresh_home
from tocsin.cli.demo_world.raw_sensors import PREFIX
from tocsin.cli.demo_world.samples import kinds_of
from tocsin.engine.intake.ledger import Ledger
from tocsin.engine.nightly.publish import read_audiences
from tocsin.model.terms import Terms

DOCUMENTATION = [
    IPv4Network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
]
DOCUMENTATION_6 = IPv6Network("2001:db8::/32")
NO_ADDRESSES = {"255.255.255.0", "4.0.0.0"}
"""In samples of the catalogue: the mask of a network, and the version of a program."""
PRIVATE = [IPv4Network(text) for text in ("10.0.0.0/24", "192.168.1.0/24")]
"""In the logs alone: rows about private addresses are among what has to be dropped."""


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    return demonstrated(tmp_path_factory)


@pytest.fixture(scope="module")
def shown(twice: Twice) -> Demonstration:
    return twice.second


def test_a_second_run_makes_every_file_again_to_the_byte(twice: Twice) -> None:
    assert any(name.endswith(".pack") for name in twice.digests)
    assert any(name.startswith("reports/") for name in twice.digests)
    assert twice.digests == twice.second.digests


def test_every_list_of_every_filter_kind_is_told_something(shown: Demonstration) -> None:
    assert {each["filter"] for each in shown.lists} == {"asn", "cidr", "geo", "domain"}
    assert [each["name"] for each in shown.lists if not each["reports"]] == []


def test_every_area_has_rows(shown: Demonstration) -> None:
    rows = shown.counts("rows_by_area")
    assert {area for area, count in rows.items() if count} == set(load_catalogue().areas)


def test_raw_files_of_sensors_alone_give_rows_of_every_area(shown: Demonstration) -> None:
    types = load_catalogue().report_types
    published = (shown.home / "lake" / "published").rglob("*.parquet")
    rows = {
        types[path.stem.removesuffix("-delayed")].area
        for path in published
        if path.stem != TOASTER_TYPE
        for source in pq.read_table(path, columns=["_source"]).column(0).to_pylist()
        if source.startswith(PREFIX)
    }
    assert rows == set(load_catalogue().areas)


def test_every_shipped_correlation_but_that_of_backscatter_finds_something(
    shown: Demonstration,
) -> None:
    manifest = json.loads(next(shown.home.glob("runs/*/r1/manifest.json")).read_text())
    found = {each["id"] for each in manifest["correlations"] if each.get("records")}
    known = {each.id for each in load_catalogue().correlations if "backscatter" not in each.kinds}
    assert found == known


def test_every_report_type_of_the_catalogue_has_rows(shown: Demonstration) -> None:
    assert set(shown.names("report_types")) == {*load_catalogue().report_types, TOASTER_TYPE}


def test_every_row_is_accounted_for(shown: Demonstration) -> None:
    collected, totals = shown.counts("collected"), shown.counts("totals")
    dropped, rejected = shown.counts("collected", "dropped"), shown.counts("collected", "rejected")
    assert collected["rows"] == (
        collected["accepted"] + sum(dropped.values()) + sum(rejected.values())
    )
    outputs = [
        output
        for record in Ledger(shown.home / "ledger").records()
        for output in record.outputs
        # An observation is no record, and a held one waits for its day.
        if output.report_type and not output.held
    ]
    manifest = json.loads(next(shown.home.glob("runs/*/r1/manifest.json")).read_text())
    correlated = sum(each.get("records", 0) for each in manifest["correlations"])
    assert totals["events"] == sum(output.rows for output in outputs) + correlated
    assert totals["events"] == totals["rows"] + totals["merged"] + totals["repeated"]
    assert totals["report_rows"] == sum(each["rows"] for each in shown.lists)


def test_flaws_of_every_kind_are_turned_away_with_their_reason(shown: Demonstration) -> None:
    assert set(shown.counts("collected", "dropped")) == {
        "allow_list",
        "comment",
        "header",
        "no_rule",
        "repeated_header",
        "reserved",
    }
    assert set(shown.counts("collected", "rejected")) == {
        "bad_json",
        "bad_subject",
        "bad_time",
        "duplicate_key",
        "future",
        "impossible",
        "no_report_type",
        "no_time",
        "not_an_object",
        "too_many_cells",
        "too_old",
        "unbalanced_quote",
        "unknown_type",
        "wrong_family",
    }
    assert shown.counts("collected")["held"] > 0


def test_a_file_that_came_twice_one_that_was_cut_and_one_of_unknown_type(
    shown: Demonstration,
) -> None:
    (again,) = shown.names("collected", "already_known_files")
    assert again.endswith(".resent.ndjson")
    assert len(shown.names("collected", "refused")) == 1
    assert shown.names("collected", "provisional_types") == ["scan_toaster"]


# --- terms ------------------------------------------------------------------------------


def reports(shown: Demonstration, word: str) -> dict[str, list[str]]:
    folder = shown.home / "reports"
    return {
        path.name: path.read_text("utf-8").splitlines()
        for path in sorted(folder.rglob("*.csv"))
        if word in path.name
    }


def test_what_the_closed_circle_gives_reaches_owners_and_no_national_cert(
    shown: Demonstration,
) -> None:
    given = shown.home / "lake" / "published"
    reached: set[int] = set()
    for path in given.rglob("*.parquet"):
        audiences = read_audiences(path.with_suffix(".audiences.json"))
        rows = pq.read_table(path, columns=["_terms", "_audience"]).to_pylist()
        # Of all sources the circle alone gives nothing to national CERTs.
        of_circle = {
            row["_audience"] for row in rows if not Terms.from_text(row["_terms"]).national_certs
        }
        reached |= {number for each in of_circle for number in audiences[each]}
    certs = {each["id"] for each in shown.lists if each["filter"] == "geo"}
    assert reached
    assert not reached & certs


def test_honeypots_stay_unknown_and_sinkholes_do_not(shown: Demonstration) -> None:
    pots = {f"203.0.113.{host}" for host in range(232, 240)}
    brute = "\n".join(line for lines in reports(shown, "brute_force").values() for line in lines)
    sink = "\n".join(
        line for lines in reports(shown, "event4_sinkhole-").values() for line in lines
    )
    assert not [pot for pot in pots if f'"{pot}"' in brute]
    assert [pot for pot in pots if f'"{pot}"' in sink]
    assert '"Example Observatory"' in sink


def test_a_partner_is_credited_by_its_label_alone(shown: Demonstration) -> None:
    special = reports(shown, "-special-")
    assert special
    for lines in special.values():
        assert all('"partner-7"' in line for line in lines[1:])


# --- nobody real ------------------------------------------------------------------------


def texts(shown: Demonstration) -> Iterator[tuple[str, str]]:
    """Every generated text, unpacked: the world, what was furnished, and the reports."""
    for path in sorted(shown.home.rglob("*")):
        top = path.relative_to(shown.home).parts[0]
        if not path.is_file() or top not in ("world", "reports", "policy", "lists.json"):
            continue
        data = path.read_bytes()
        if path.suffix == ".zst":
            data = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
        elif path.name.startswith("sink-3-"):
            continue  # the file that was cut; its whole is there under another name
        elif path.suffix == ".gz":
            data = gzip.decompress(data)
        yield top, data.decode()


def test_every_address_is_of_documentation_space(shown: Demonstration) -> None:
    strangers = set()
    seen = 0
    for top, text in texts(shown):
        allowed = [*DOCUMENTATION, *(PRIVATE if top == "world" else [])]
        for word in set(re.findall(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])", text)):
            try:
                address = IPv4Address(word)
            except AddressValueError:
                continue  # a broken address, on purpose
            seen += 1
            if not any(address in network for network in allowed):
                strangers.add(word)
        for word in set(re.findall(r"(?<![\w:])[0-9a-f]{1,4}:[0-9a-f:]*:[0-9a-f:]*", text)):
            try:
                known = IPv6Address(word) in DOCUMENTATION_6
            except AddressValueError:
                continue  # a time of day
            if not known:
                strangers.add(word)
    assert seen > 1000
    assert strangers - NO_ADDRESSES == set()


def test_every_name_and_every_as_is_an_example(shown: Demonstration) -> None:
    for _, text in texts(shown):
        names = re.findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|edu|gov)\b", text)
        assert not [
            name for name in set(names) if not re.search(r"(^|\.)example\.(com|net|org)$", name)
        ]
        assert not [
            number
            for number in re.findall(r'"asn": ?(\d+)', text)
            if not 64496 <= int(number) <= 64511
        ]
    routes = (shown.home / "world" / "routes.csv").read_text("utf-8")
    origins = {int(line.split(",")[1]) for line in routes.splitlines()[1:]}
    assert all(64496 <= origin <= 64511 for origin in origins)


# --- what it shows, and what it leaves alone --------------------------------------------


def test_people_see_who_is_told_a_report_and_what_to_do_next(twice: Twice) -> None:
    text = twice.read
    for word in (
        "National CERT of XA",
        "example-isp-ipv6",
        "Open proxies",
        "allow_list",
        '"timestamp","protocol","src_ip"',
        "scan_toaster",
    ):
        assert word in text
    assert "Next: tocsin " in text.splitlines()[-3]


@pytest.mark.parametrize("what", ["a directory", "a file", "a link"])
def test_what_it_did_not_make_is_left_alone(tmp_path: Path, what: str) -> None:
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    (treasure / "thesis.txt").write_text("mine")
    place = {
        "a directory": treasure,
        "a file": treasure / "thesis.txt",
        "a link": tmp_path / "link",
    }[what]
    if what == "a link":
        place.symlink_to(treasure)
        (treasure / MARKER).touch()
    code, _ = run(place)
    assert code != 0
    assert (treasure / "thesis.txt").read_text() == "mine"


def test_an_interrupted_clearing_can_be_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / MARKER).touch()
    (tmp_path / "runs").mkdir()
    (tmp_path / "lists.json").write_text("{}")
    home = fresh_home(tmp_path)
    assert sorted(path.name for path in home.root.iterdir()) == [MARKER, "FORMAT"]


def test_the_dice_fall_the_same_way_for_every_kind_of_event() -> None:
    for kind in kinds_of(load_catalogue()):
        draws = [
            [kind.draw(dice) for _ in range(20)] for dice in (Dice(kind.name), Dice(kind.name))
        ]
        assert draws[0] == draws[1]


def test_the_maps_nest_and_share(tmp_path: Path) -> None:
    routes, _, _ = write_maps(tmp_path)
    rows = [line.split(",") for line in routes.read_text("utf-8").splitlines()[1:]]
    prefixes = [row[0] for row in rows]
    assert len(prefixes) > len(set(prefixes)), "one prefix has two origins"
    v4 = [IPv4Network(prefix) for prefix in set(prefixes) if ":" not in prefix]
    assert any(one != other and one.subnet_of(other) for one in v4 for other in v4)
    assert any(":" in prefix for prefix in prefixes)
