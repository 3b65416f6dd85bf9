"""What explaining a row says where no event of a file made it, but a correlation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.engine.test_explain import explained, tocsin_explain
from tests.fakes.small_home import DAY, SENSORS, SmallHome
from tests.path.test_correlations import ALPHA, CC, DARK, RULE, describe, packet, scan, together

CONTROLLER = f"{DAY}-{CC}-alpha-asn.csv"


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    made = SmallHome.make(tmp_path)
    describe(made)
    return made


def shown(small: SmallHome, report: str) -> str:
    return " ".join(tocsin_explain(small, report, "1").stdout.split())


def test_it_says_which_correlation_made_the_row_and_names_no_file(small: SmallHome) -> None:
    small.collect_events(scan(sensor="pot"))
    small.night()
    said = shown(small, ALPHA)
    assert "a correlation made it, of observations by sensors (sensor pot)" in said
    assert "correlated at 2026-11-" in said
    assert "line 0" not in said
    assert "a file of SHA-256" not in said
    assert f"{DARK}, by the correlation {RULE.format(5)}@" in said
    assert (
        "Correlation 5; evidence one-way, because of 3 or more different dst_ip within 10m, "
        "of the same src_ip, dst_port, protocol"
    ) in said
    value = json.loads(tocsin_explain(small, ALPHA, "1", "--json").stdout)
    assert (value["file"], value["file_sha256"], value["file_line"]) == (None, None, None)
    assert value["by_rule"] is None
    assert value["by_correlation"] == {
        "title": "Correlation 5",
        "evidence": "one-way",
        "because": "3 or more different dst_ip within 10m, of the same src_ip, dst_port, protocol",
        "observations": None,
        "changed": False,
    }


def test_how_many_observations_there_were_is_told_where_a_column_counts_them(
    small: SmallHome,
) -> None:
    bots = [
        packet(100 + n, 0, f"192.0.2.{n + 10}", tag="bot", dst_ip="192.0.2.99") for n in range(3)
    ]
    small.collect_events(bots)
    small.night()
    assert "a correlation made it, of 3 observations by sensors:" not in shown(small, CONTROLLER)
    assert "a correlation made it, of 3 observations by sensors" in shown(small, CONTROLLER)


def test_a_correlation_that_has_changed_since_or_is_gone_is_said_to_be(small: SmallHome) -> None:
    small.collect_events(scan())
    small.night()
    together(
        small,
        5,
        {
            "type": "event_count",
            "rules": [RULE.format(1)],
            "group-by": ["src_ip"],
            "timespan": "10m",
            "condition": {"gte": 2},
        },
        [DARK],
        evidence="one-way",
    )
    assert "this is the correlation as it is today" in shown(small, ALPHA)
    (small.home.catalogue / "rules" / "rule-5.yml").unlink()
    said = shown(small, ALPHA)
    assert "a correlation made it, of observations by sensors" in said
    assert "line 0" not in said


def test_of_a_giver_who_is_not_named_the_correlation_is_told_by_its_id_alone(
    small: SmallHome,
) -> None:
    terms = "terms: {tlp: amber, credit: {form: hidden}}\n"
    (small.home.catalogue / "sources" / "sensors.yaml").write_text(SENSORS + terms, "utf-8")
    small.collect_events(scan())
    small.night()
    assert explained(small, ALPHA, 1).by_correlation is None
    said = shown(small, ALPHA)
    assert "Correlation 5" not in said
    assert "observations" not in said
