"""Events that do not say what they are, from the rules of their source to the lake."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.fakes.small_home import EVENING, SmallHome, event, ndjson
from tests.strategies.rule_files import rule_text, write_rule

from tocsin.catalogue.yaml_lines import Plain
from tocsin.engine.intake.ledger import PieceAccount
from tocsin.model.errors import CatalogueError

HTTP, BRUTE = "event4_sinkhole_http", "event4_honeypot_brute_force"
SIX = "event6_sinkhole"


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    made = SmallHome.make(tmp_path)
    add(
        made,
        1,
        {"one": {"service": "ssh", "username|exists": True}},
        (BRUTE,),
        infection="ssh-guess",
    )
    add(made, 2, {"one": {"http_url|contains": "/cgi-bin/"}}, (HTTP,))
    return made


def add(
    small: SmallHome,
    number: int,
    detection: dict[str, Plain],
    report_types: tuple[str, ...],
    **emits: Plain,
) -> None:
    whole: dict[str, Plain] = {**detection, "condition": "one"}
    text = rule_text(number, whole, report_types=report_types, service="sensors", **emits)
    write_rule(small.home.catalogue, number, text)


def seen(second: int, host: str = "192.0.2.10", **cells: object) -> dict[str, object]:
    said = {**event(second, host), **cells}
    return {key: cell for key, cell in said.items() if key != "report_type"}


def account(small: SmallHome, events: list[Mapping[str, object]]) -> PieceAccount:
    (record,) = small.collect_events(events).records
    (piece,) = record.pieces
    assert piece.adds_up
    return piece


def rows_of_type(small: SmallHome, report_type: str) -> list[dict[str, object]]:
    files = sorted((small.home.lake / "records").rglob("*.parquet"))
    tables = [pq.read_table(path) for path in files if report_type in path.parts]
    return [row for table in tables for row in table.to_pylist()]


def test_every_event_is_accepted_dropped_or_rejected_by_what_the_rules_say(
    small: SmallHome,
) -> None:
    piece = account(
        small,
        [
            seen(1, service="ssh", username="root"),
            seen(2, http_url="/CGI-bin/x"),
            seen(3, service="ssh"),
            seen(4, "10.0.0.1", service="ssh", username="root"),
            seen(5, "999.1.1.1", http_url="/cgi-bin/"),
            event(6),
            seen(7, service="ssh", username="root", http_url="/cgi-bin/y"),
        ],
    )
    assert (piece.rows, piece.accepted) == (7, 4)
    assert piece.dropped == {"no_rule": 1, "reserved": 1}
    assert piece.rejected == {"bad_subject": 1}
    assert piece.records == {BRUTE: 2, HTTP: 2, "event4_sinkhole": 1}


def test_a_record_names_its_rule_and_says_what_the_rule_says_where_the_event_does_not(
    small: SmallHome,
) -> None:
    silent = seen(1, service="ssh", username="root", infection=None)
    account(small, [silent, seen(2, service="ssh", username="admin"), event(3)])
    first, second = rows_of_type(small, BRUTE)
    assert (first["infection"], second["infection"]) == ("ssh-guess", "example-bot")
    rule, _, version = str(first["_rule"]).partition("@")
    assert (rule, len(version)) == ("00000000-0000-4000-8000-000000000001", 12)
    (declared,) = rows_of_type(small, "event4_sinkhole")
    assert declared["_rule"] == "declared:tocsin-ndjson"


def test_an_event_of_two_types_is_accepted_once_and_has_one_identity(small: SmallHome) -> None:
    add(small, 3, {"one": {"http_url|contains": "/cgi-bin/"}}, ("event4_sinkhole", SIX))
    piece = account(
        small, [seen(1, http_url="/cgi-bin/x"), seen(2, "2001:db8::1", http_url="/cgi-bin/")]
    )
    assert piece.accepted == 2
    assert piece.records == {HTTP: 1, "event4_sinkhole": 1, SIX: 1}
    assert piece.notes == {f"not_for:{HTTP}": 1, "not_for:event4_sinkhole": 1, f"not_for:{SIX}": 1}
    (one,), (other,) = (rows_of_type(small, name) for name in (HTTP, "event4_sinkhole"))
    assert one["_id"] == other["_id"]


def test_of_types_for_either_family_that_of_the_address_says_why_it_is_turned_away(
    small: SmallHome,
) -> None:
    add(small, 3, {"one": {"http_url|contains": "/x"}}, ("event4_sinkhole", SIX))
    add(small, 4, {"one": {"tag": "four"}}, ("event4_sinkhole",))
    piece = account(
        small,
        [
            seen(1, "fd00::1", http_url="/x"),
            seen(2, "10.0.0.1", http_url="/x"),
            seen(3, "2001:db8::1", tag="four"),
        ],
    )
    assert piece.dropped == {"reserved": 2}
    assert piece.rejected == {"wrong_family": 1}


def test_within_a_type_the_least_priority_counts(small: SmallHome) -> None:
    add(small, 9, {"one": {"http_url|contains": "/cgi-bin/luci"}}, (HTTP,), priority=10, tag="luci")
    account(small, [seen(1, http_url="/cgi-bin/luci"), seen(2, http_url="/cgi-bin/x")])
    rows = rows_of_type(small, HTTP)
    assert [str(row["_rule"])[34:36] for row in rows] == ["09", "02"]
    assert [row["tag"] for row in rows] == ["luci", None]


def test_columns_are_taken_from_where_the_rule_says(small: SmallHome) -> None:
    add(small, 4, {"one": {"tag": "victim"}}, ("event4_sinkhole",), columns={"src_ip": "dst_ip"})
    account(small, [seen(1, tag="victim", dst_ip="198.51.100.9")])
    (row,) = rows_of_type(small, "event4_sinkhole")
    assert row["src_ip"] == "198.51.100.9"
    assert row["src_asn"] == 64497


def test_a_cell_that_is_to_take_anothers_place_and_is_missing_leaves_none(small: SmallHome) -> None:
    add(small, 4, {"one": {"tag": "victim"}}, ("event4_sinkhole",), columns={"src_ip": "dst_ip"})
    with_it, without = seen(1, tag="victim", dst_ip="198.51.100.9"), seen(2, tag="victim")
    without.pop("dst_ip", None)
    piece = account(small, [with_it, without])
    assert (piece.accepted, piece.rejected) == (1, {"no_subject": 1})


def test_a_column_that_rules_write_to_may_have_its_older_name_in_events(small: SmallHome) -> None:
    add(small, 4, {"one": {"tag": "a"}}, ("sandbox_dns",), columns={"md5": "sha1"})
    add(small, 5, {"one": {"tag": "b"}}, ("sandbox_dns",))
    cells = {"request": "host.example.org", "md5hash": "5d41", "sha1": "aaf4"}
    account(small, [seen(1, tag="a", **cells), seen(2, tag="b", **cells)])
    rows = rows_of_type(small, "sandbox_dns")
    assert [row["md5"] for row in rows] == ["aaf4", "5d41"]
    assert not any("5d41" in str(row["_extra"]) for row in rows)


def test_where_the_sources_places_are_kept_rules_may_ask_for_them(small: SmallHome) -> None:
    text = "extends: sensors\ntitle: More\ndescription: More sensors.\nlocation: keep\n"
    small.write_source("more", text)
    add(small, 4, {"one": {"src_geo": "xa"}}, ("event4_sinkhole",))
    events = [seen(number, src_geo="XA", tag=str(number)) for number in range(9)]
    (record,) = small.collect(small.put("more.ndjson", ndjson(events)), source="more").records
    assert record.pieces[0].records == {"event4_sinkhole": 9}
    assert {row["src_geo"] for row in rows_of_type(small, "event4_sinkhole")} == {"XA"}


def test_a_number_that_no_column_holds_is_a_mistake_of_the_rule(small: SmallHome) -> None:
    detection: dict[str, Plain] = {"one": {"dst_port": 123456789012345678}, "condition": "one"}
    text = rule_text(6, detection, service="sensors")
    write_rule(small.home.catalogue, 6, text)
    with pytest.raises(CatalogueError) as caught:
        small.collect(small.put("x.ndjson", ndjson([event(1)])), now=EVENING)
    assert "rule-6.yml:" in caught.value.message()


def test_rules_of_what_a_source_extends_are_its_own(small: SmallHome) -> None:
    text = "extends: sensors\ntitle: More\ndescription: More sensors.\n"
    small.write_source("more", text)
    path = small.put("more.ndjson", ndjson([seen(1, service="ssh", username="root")]))
    (record,) = small.collect(path, source="more").records
    assert record.pieces[0].records == {BRUTE: 1}


def test_without_rules_an_event_without_a_type_is_rejected(small: SmallHome) -> None:
    small.write_source("other", "extends: tocsin-ndjson\ntitle: Other\ndescription: Others.\n")
    path = small.put("other.ndjson", ndjson([seen(1, service="ssh", username="root")]))
    (record,) = small.collect(path, source="other").records
    assert record.pieces[0].rejected == {"no_report_type": 1}


def many(rows: int) -> list[Mapping[str, object]]:
    hosts = [f"192.0.2.{n % 250}" for n in range(rows)]
    return [
        seen(
            n % 80_000, host, service=("ssh", "ftp", "smb")[n % 3], username=f"u{n % 7}", tag=str(n)
        )
        if n % 5
        else seen(n % 80_000, host, http_url=f"/cgi-bin/{n % 11}", infection=None)
        for n, host in enumerate(hosts)
    ]


def test_the_same_records_however_the_rows_are_read_and_cut(
    small: SmallHome, tmp_path: Path
) -> None:
    content = ndjson(many(9_000))
    found: list[Counter[str]] = []
    for number, slice_rows in enumerate((250_000, 1_000)):
        other = SmallHome.make(tmp_path / str(number))
        for path in (small.home.catalogue / "rules").iterdir():
            write_rule(other.home.catalogue, int(path.stem[5:]), path.read_text())
        other.collect(other.put("many.ndjson", content), slice_rows=slice_rows)
        rows = [row for name in (BRUTE, HTTP) for row in rows_of_type(other, name)]
        found.append(Counter(json.dumps(row, default=str, sort_keys=True) for row in rows))
    assert found[0] == found[1]
    assert found[0].total() == 4_200


def test_a_rule_that_sigma_does_not_take_stops_the_intake_before_it_begins(
    small: SmallHome,
) -> None:
    write_rule(small.home.catalogue, 5, rule_text(5, {"one": {"tag": "x"}, "condition": "two"}))
    text = rule_text(6, {"one": {"tag": "x"}, "condition": "one and"}, service="sensors")
    write_rule(small.home.catalogue, 6, text)
    with pytest.raises(CatalogueError) as caught:
        small.collect(small.put("x.ndjson", ndjson([event(1)])), now=EVENING)
    assert "rule-6.yml:1:" in caught.value.message()
