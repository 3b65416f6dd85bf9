"""What rules make of events beside plain records: observations, masks, and words of caution."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.fakes.small_home import SmallHome, event
from tests.strategies.rule_files import rule_text, write_rule

from tocsin.catalogue.yaml_lines import Plain
from tocsin.engine.intake.ledger import PieceAccount
from tocsin.model.errors import CatalogueError

BRUTE, DARK = "event4_honeypot_brute_force", "event4_honeypot_darknet"


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def add(small: SmallHome, number: int, tag: str, *types: str, **emits: Plain) -> None:
    detection: dict[str, Plain] = {"one": {"tag": tag}, "condition": "one"}
    said = json.loads(rule_text(number, detection, report_types=types, service="sensors", **emits))
    if not types:
        del said["tocsin"]["report_types"]
    write_rule(small.home.catalogue, number, json.dumps(said))


def seen(second: int, host: str = "192.0.2.10", **cells: object) -> dict[str, object]:
    said = {**event(second, host), **cells}
    return {key: cell for key, cell in said.items() if key != "report_type"}


def account(small: SmallHome, events: Sequence[Mapping[str, object]]) -> PieceAccount:
    (record,) = small.collect_events([*events]).records
    (piece,) = record.pieces
    assert piece.adds_up
    return piece


def rows_below(small: SmallHome, tier: str, kind: str) -> list[dict[str, object]]:
    files = sorted((small.home.lake / tier).rglob("*.parquet"))
    tables = [pq.read_table(path) for path in files if kind in path.parts]
    return [row for table in tables for row in table.to_pylist()]


def test_an_event_is_kept_as_the_observation_that_its_rule_says(small: SmallHome) -> None:
    add(small, 1, "flow", observation="flow", columns={"packets": "count"})
    piece = account(small, [seen(1, tag="flow", count="12", bytes="900", username="root")])
    assert (piece.accepted, piece.observations, piece.records) == (1, {"flow": 1}, {})
    (row,) = rows_below(small, "observations", "flow")
    assert (row["src_ip"], row["packets"], row["bytes"]) == ("192.0.2.10", 12, 900)
    assert str(row["_rule"]).startswith("00000000-0000-4000-8000-000000000001@")
    assert row["_extra"] is None


def test_an_event_may_be_a_record_and_an_observation(small: SmallHome) -> None:
    add(small, 1, "dark", DARK, observation="darknet")
    piece = account(small, [seen(1, tag="dark"), seen(2, "10.0.0.1", tag="dark")])
    assert (piece.accepted, piece.notes) == (2, {f"not_for:{DARK}": 1})
    assert (piece.observations, piece.records) == ({"darknet": 2}, {DARK: 1})


def test_an_observation_without_a_time_is_rejected_and_counted(small: SmallHome) -> None:
    add(small, 1, "dark", observation="darknet")
    piece = account(small, [seen(1, tag="dark", timestamp=None), seen(2, tag="dark")])
    assert (piece.accepted, piece.rejected) == (1, {"no_time": 1})


def test_of_a_masked_cell_the_first_letter_is_kept_wherever_it_goes(small: SmallHome) -> None:
    add(
        small,
        1,
        "try",
        BRUTE,
        mask=["password", "username"],
        remove=["http_agent", "text"],
        columns={"application": "username"},
    )
    cells = {"username": "administrator", "http_agent": "curl", "text": "tried administrator"}
    events = [
        seen(1, tag="try", password="correct-horse", **cells),
        seen(2, tag="try", password="abc", **cells),
        seen(3, tag="try"),
    ]
    account(small, events)
    first, second, third = rows_below(small, "records", BRUTE)
    assert (first["password"], first["username"], first["application"]) == ("c***", "a***", "a***")
    assert (second["password"], third["password"]) == ("***", None)
    kept = json.dumps([first, second], default=str)
    assert not any(word in kept for word in ("horse", "administrator", "curl"))


def test_records_of_one_way_evidence_say_that_the_address_may_be_forged(small: SmallHome) -> None:
    add(small, 1, "dark", DARK, evidence="one-way")
    add(small, 2, "try", DARK, evidence="handshake")
    account(small, [seen(1, tag="dark"), seen(2, tag="try")])
    rows = rows_below(small, "records", DARK)
    assert [row["tag"] for row in rows] == ["dark;address-may-be-forged", "try"]


@pytest.mark.parametrize("name", [BRUTE, "event4_sinkhole", "compromised_website"])
def test_one_way_evidence_accuses_nobody_of_what_only_a_handshake_proves(
    small: SmallHome, name: str
) -> None:
    add(small, 1, "dark", name, evidence="one-way")
    with pytest.raises(CatalogueError, match="1 mistake") as caught:
        account(small, [seen(1, tag="dark")])
    assert "rule-1.yml:1" in caught.value.message()
    assert "one-way evidence cannot make" in caught.value.message()


def test_one_way_evidence_wants_a_type_whose_rows_can_say_so(small: SmallHome) -> None:
    add(small, 1, "dark", "sandbox_url", evidence="one-way")
    with pytest.raises(CatalogueError) as caught:
        account(small, [seen(1, tag="dark")])
    assert "no column tag" in caught.value.message()


def test_how_sure_a_rule_is_stands_beside_the_columns(small: SmallHome) -> None:
    add(small, 1, "dark", DARK, confidence="low")
    account(small, [seen(1, tag="dark")])
    (row,) = rows_below(small, "records", DARK)
    assert json.loads(str(row["_extra"]))["confidence"] == "low"


def test_one_way_evidence_may_tell_a_resolver_of_a_question_that_came_through_it(
    small: SmallHome,
) -> None:
    """Nobody says that the resolver is infected; that it asked may be forged, and says so."""
    add(small, 1, "asked", "event4_sinkhole_dns", evidence="one-way")
    account(small, [seen(1, tag="asked", query="gate.example.com", query_type="A")])
    (row,) = rows_below(small, "records", "event4_sinkhole_dns")
    assert (row["severity"], row["tag"]) == ("info", "asked;address-may-be-forged")
