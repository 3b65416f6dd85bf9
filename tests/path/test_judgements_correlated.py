"""Judgements of what correlations find: it is held and released like other records."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from tests.fakes.judged import ONE_DAY, account, adds_up, day, hold, judge, release
from tests.fakes.small_home import NIGHT, SmallHome, report_names, rows_of
from tests.path import test_correlations as worlds
from tests.strategies.rule_files import rule_text, write_rule

from tocsin.catalogue.yaml_lines import Plain
from tocsin.engine.judgements.values import Kind, What
from tocsin.model.errors import UsageError

DARK = worlds.DARK


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    made = SmallHome.make(tmp_path)
    worlds.describe(made)
    return made


def test_a_correlation_on_hold_is_released_as_delayed_and_once(small: SmallHome) -> None:
    small.collect_events(worlds.scan())
    held = judge(small, Kind.HOLD, What.RULE, worlds.RULE.format(5))
    first = small.night()
    assert (report_names(first), account(first, DARK)["on_hold"]) == ([], 1)
    release(small, held)
    second = small.night(day(1))
    (row,) = rows_of(small, second, f"{day(1)}-{DARK}-alpha-asn-delayed.csv")
    assert (row["src_ip"], row["count"]) == ("192.0.2.10", "8")
    assert adds_up(second)
    assert report_names(small.night(day(2))) == []


def test_in_a_long_window_correlated_rows_on_hold_are_told_with_the_window(
    small: SmallHome,
) -> None:
    bots = [worlds.packet(n, 9, f"192.0.2.{n}", tag="bot") for n in range(1, 4)]
    small.collect_events(bots)
    held = hold(small, "198.51.100.9")
    assert report_names(small.night()) == []
    release(small, held)
    assert [name[11:24] for name in report_names(small.night(day(1)))] == ["botnet_cc-bet"]
    for number in range(2, 7):
        small.night(day(number))
    assert report_names(small.night(day(7))) == []


def test_what_a_distrusted_sensor_saw_makes_no_episode(small: SmallHome) -> None:
    mixed = [*worlds.scan(sensor="pot")[:2], *worlds.scan(sensor="jar")[2:]]
    start = dt.datetime.combine(day(0), dt.time(), dt.UTC)
    small.collect_events([*mixed, *worlds.scan(9_000, "192.0.2.20", sensor="jar")])
    judge(small, Kind.DISTRUST, What.SENSOR, "pot", start=start, end=start + ONE_DAY)
    run = small.night()
    (row,) = rows_of(small, run, worlds.ALPHA)
    assert row["src_ip"] == "192.0.2.20"


def test_what_a_distrusted_source_brought_makes_no_episode(small: SmallHome) -> None:
    noon = dt.datetime.combine(day(0), dt.time(12), dt.UTC)
    small.collect_events([*worlds.scan(), *worlds.scan(50_000, "192.0.2.20")])
    judge(small, Kind.DISTRUST, What.SOURCE, "sensors", start=noon - ONE_DAY, end=noon)
    (row,) = rows_of(small, small.night(), worlds.ALPHA)
    assert row["src_ip"] == "192.0.2.20"


def test_outside_of_its_span_a_distrusted_sensor_is_believed(small: SmallHome) -> None:
    small.collect_events(worlds.scan(sensor="it's"))
    judge(small, Kind.DISTRUST, What.SENSOR, "it's", start=NIGHT, end=NIGHT + ONE_DAY)
    assert len(rows_of(small, small.night(), worlds.ALPHA)) == 1


def test_what_a_withdrawn_rule_kept_makes_no_episode(small: SmallHome) -> None:
    noon = dt.datetime.combine(day(0), dt.time(12), dt.UTC)
    small.collect_events([*worlds.scan(), *worlds.scan(50_000, "192.0.2.20")])
    named = worlds.RULE.format(1)
    judge(small, Kind.WITHDRAWAL, What.RULE, named, end=noon, now=noon - ONE_DAY)
    (row,) = rows_of(small, small.night(), worlds.ALPHA)
    assert row["src_ip"] == "192.0.2.20"


def test_a_rule_that_makes_no_records_cannot_be_on_hold(small: SmallHome) -> None:
    with pytest.raises(UsageError) as caught:
        judge(small, Kind.HOLD, What.RULE, worlds.RULE.format(1))
    assert worlds.RULE.format(5) in caught.value.message()


def test_a_sensor_that_is_distrusted_later_takes_back_what_is_not_sent_yet(
    small: SmallHome,
) -> None:
    mixed = [*worlds.scan(sensor="pot")[:2], *worlds.scan(sensor="jar")[2:]]
    bots = [worlds.packet(n, 9, f"192.0.2.{n}", tag="bot", sensor=f"s{n % 2}") for n in (1, 2)]
    small.collect_events([*mixed, *bots])
    held = judge(small, Kind.HOLD, What.RULE, worlds.RULE.format(5))
    assert [name[11:20] for name in report_names(small.night())] == [worlds.CC]
    for name in ("pot", "s1"):
        start = dt.datetime.combine(day(0), dt.time(), dt.UTC)
        judge(small, Kind.DISTRUST, What.SENSOR, name, start=start, end=start + ONE_DAY)
    release(small, held)
    second = small.night(day(1))
    assert report_names(second) == []
    assert [account(second, unit)["distrusted"] for unit in (f"{DARK}-delayed", worlds.CC)] == [
        1,
        1,
    ]


def test_a_correlation_is_no_witness_beside_its_sensors(small: SmallHome) -> None:
    detection: dict[str, Plain] = {"one": {"tag": "single"}, "condition": "one"}
    said = json.loads(rule_text(9, detection, service="sensors"))
    witnesses = {"least": 3, "of": "sensors"}
    said["tocsin"] |= {"report_types": [DARK], "evidence": "one-way", "corroboration": witnesses}
    write_rule(small.home.catalogue, 9, json.dumps(said))
    mixed = [*worlds.scan(sensor="pot")[:2], *worlds.scan(sensor="jar")[2:]]
    alone = [worlds.packet(5_000, 1, tag="single", sensor=name) for name in ("pot", "jar")]
    small.collect_events([*mixed, *alone])
    assert account(small.night(), DARK)["uncorroborated"] == 2
