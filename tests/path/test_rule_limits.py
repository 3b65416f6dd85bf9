"""Caps and corroboration of rules, the whole path: what is too much, and what nobody else saw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.fakes.judged import DELAYED, IN_TIME, ONE_DAY, account, adds_up, alpha_rows, day, judge
from tests.fakes.small_home import DAY, NIGHT, SmallHome, event
from tests.strategies.rule_files import rule_text, write_rule

from tocsin.catalogue.yaml_lines import Plain
from tocsin.engine.judgements.values import Kind, What

LATER = NIGHT + ONE_DAY / 2
TYPES = ("event4_sinkhole",)
TAG_OF: dict[int, str] = {1: "one", 2: "two"}


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def add_rule(small: SmallHome, number: int, **limits: Plain) -> None:
    """A rule that takes the events with its tag."""
    detection: dict[str, Plain] = {"it": {"tag": TAG_OF[number]}, "condition": "it"}
    examples: dict[str, Plain] = {"hits": [{"tag": TAG_OF[number]}], "misses": [{"tag": "none"}]}
    text = rule_text(
        number, detection, report_types=TYPES, service="sensors", examples=examples, **limits
    )
    write_rule(small.home.catalogue, number, json.dumps(json.loads(text)))


def seen(
    second: int, host: int, sensor: str, rule: int = 1, **cells: object
) -> Mapping[str, object]:
    said = event(second, f"192.0.2.{host}", sensor=sensor, tag=TAG_OF[rule], **cells)
    return {key: cell for key, cell in said.items() if key != "report_type"}


def hosts(rows: list[tuple[str, str]]) -> list[int]:
    return sorted(int(host.rpartition(".")[2]) for _, host in rows)


# --- caps ---------------------------------------------------------------------------------


def test_each_sensor_makes_so_many_records_of_a_rule_a_day_the_first(small: SmallHome) -> None:
    add_rule(small, 1, daily_cap=2)
    add_rule(small, 2)
    flood = [seen(60 - n, n, "pot") for n in range(1, 7)]
    small.collect_events(
        [*flood, seen(1, 20, "other"), *(seen(n, 30 + n, "pot", 2) for n in range(5))]
    )
    run = small.night()
    assert hosts(alpha_rows(small, run)) == [5, 6, 20, *range(30, 35)]
    assert (account(run)["over_cap"], adds_up(run)) == (4, True)


def test_what_comes_late_counts_with_what_was_let_through_before(small: SmallHome) -> None:
    add_rule(small, 1, daily_cap=2)
    small.collect_events([seen(10, 1, "pot")])
    small.night()
    late = [seen(5 + n, 2 + n, "pot") for n in range(3)]
    small.collect_events([*late, seen(9, 9, "other")], now=LATER)
    run = small.night(day(1))
    assert alpha_rows(small, run) == [(DELAYED, "192.0.2.2"), (DELAYED, "192.0.2.9")]
    assert account(run, "event4_sinkhole-delayed")["over_cap"] == 2


def test_a_day_begins_its_count_anew(small: SmallHome) -> None:
    add_rule(small, 1, daily_cap=1)
    small.collect_events([seen(1, 1, "pot"), seen(2, 2, "pot")])
    small.collect_events([seen(-1, 3, "pot"), seen(-2, 4, "pot")])
    run = small.night()
    assert alpha_rows(small, run) == [(DELAYED, "192.0.2.4"), (IN_TIME, "192.0.2.1")]


def test_what_was_on_hold_counts_when_it_goes_out(small: SmallHome) -> None:
    add_rule(small, 1, daily_cap=2)
    small.collect_events([seen(1, 1, "pot"), seen(2, 2, "pot"), seen(3, 3, "pot")])
    judge(small, Kind.HOLD, What.ADDRESS, "192.0.2.1", end=LATER)
    assert hosts(alpha_rows(small, small.night())) == [2, 3]
    run = small.night(day(1))
    assert account(run, "event4_sinkhole-delayed")["over_cap"] == 1
    assert adds_up(run)


# --- corroboration ------------------------------------------------------------------------

BOTH: dict[str, Plain] = {"least": 2, "of": "sensors"}


def test_a_subject_that_one_sensor_saw_alone_goes_to_nobody(small: SmallHome) -> None:
    add_rule(small, 1, corroboration=BOTH)
    small.collect_events(
        [
            *(seen(n, 1, "pot") for n in range(4)),
            seen(1, 2, "pot"),
            seen(9, 2, "other"),
        ]
    )
    run = small.night()
    assert set(hosts(alpha_rows(small, run))) == {2}
    assert (account(run)["uncorroborated"], adds_up(run)) == (4, True)


def test_records_of_other_rules_of_the_type_are_witnesses_and_go_out_themselves(
    small: SmallHome,
) -> None:
    add_rule(small, 1, corroboration=BOTH)
    add_rule(small, 2)
    small.collect_events([seen(1, 1, "pot"), seen(2, 1, "other", 2), seen(3, 2, "other", 2)])
    run = small.night()
    assert set(hosts(alpha_rows(small, run))) == {1, 2}
    assert account(run)["uncorroborated"] == 0


def test_only_those_named_are_witnesses(small: SmallHome) -> None:
    add_rule(small, 1, corroboration={**BOTH, "among": ["pot", "jar"]})
    small.collect_events(
        [seen(1, 1, "pot"), seen(2, 1, "other"), seen(3, 2, "pot"), seen(4, 2, "jar")]
    )
    assert set(hosts(alpha_rows(small, small.night()))) == {2}


def test_one_source_with_two_sensors_is_one_witness_where_sources_count(small: SmallHome) -> None:
    add_rule(small, 1, corroboration={"least": 2, "of": "sources"})
    small.collect_events([seen(1, 1, "pot"), seen(2, 1, "jar")])
    assert account(small.night())["uncorroborated"] == 2


def test_a_sensor_that_is_not_believed_is_no_witness(small: SmallHome) -> None:
    add_rule(small, 1, corroboration=BOTH)
    small.collect_events([seen(1, 1, "pot"), seen(2, 1, "other")])
    start = NIGHT - 2 * ONE_DAY
    judge(small, Kind.DISTRUST, What.SENSOR, "other", start=start, end=NIGHT)
    run = small.night()
    assert (account(run)["distrusted"], account(run)["uncorroborated"]) == (1, 1)


def test_a_late_record_finds_its_witness_among_what_came_before(small: SmallHome) -> None:
    add_rule(small, 1, corroboration=BOTH)
    small.collect_events([seen(1, 1, "pot"), seen(1, 2, "other")])
    assert alpha_rows(small, small.night()) == []
    small.collect_events([seen(2, 1, "other"), seen(3, 3, "other")], now=LATER)
    run = small.night(day(1))
    assert alpha_rows(small, run) == [(DELAYED, "192.0.2.1")]
    assert account(run, "event4_sinkhole-delayed")["uncorroborated"] == 1


def test_a_night_that_is_run_again_comes_to_the_same(small: SmallHome) -> None:
    add_rule(small, 1, daily_cap=3, corroboration=BOTH)
    small.collect_events([seen(n, n % 5, ("pot", "jar")[n % 2]) for n in range(20)])
    run = small.night()
    again = small.replay(DAY)
    for path in (run.package.path / "packs").iterdir():
        assert (again.package.path / "packs" / path.name).read_bytes() == path.read_bytes()
