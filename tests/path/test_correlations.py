"""Observations that are harm together, from a sensor's file to the reports of the night."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from tests.fakes.small_home import (
    DAY,
    EVENING,
    NIGHT,
    SENSORS,
    SmallHome,
    event,
    ndjson,
    report_names,
    rows_of,
)
from tests.strategies.rule_files import rule_text, write_rule

from tocsin.catalogue.load import load_catalogue
from tocsin.catalogue.yaml_lines import Plain
from tocsin.engine.classify.correlation_examples import failed_correlations
from tocsin.engine.nightly.connection import Room
from tocsin.engine.nightly.correlate import CorrelateInput, correlate
from tocsin.engine.nightly.correlated import read_correlated
from tocsin.engine.nightly.package import State
from tocsin.engine.nightly.plan import as_planned
from tocsin.engine.nightly.run import Finished
from tocsin.engine.prune import Retention, find_old, remove_old
from tocsin.model.errors import CatalogueError

ONE_DAY = dt.timedelta(days=1)
NEXT = DAY + ONE_DAY
DARK, CC, BRUTE = "event4_honeypot_darknet", "botnet_cc", "event4_honeypot_brute_force"
ALPHA = f"{DAY}-{DARK}-alpha-asn.csv"
RULE = "00000000-0000-4000-8000-00000000000{}"


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    made = SmallHome.make(tmp_path)
    describe(made)
    return made


def describe(small: SmallHome) -> None:
    keep(small, 1, "dark", "darknet", evidence="one-way", columns={"packets": "count"})
    keep(small, 2, "bot", "rendezvous", evidence="handshake")
    together(
        small,
        5,
        {
            "type": "value_count",
            "rules": [RULE.format(1)],
            "group-by": ["src_ip", "dst_port", "protocol"],
            "timespan": "10m",
            "condition": {"field": "dst_ip", "gte": 3},
        },
        [DARK],
        evidence="one-way",
        infection="scan",
        aggregates={"count": {"sum": "packets"}},
    )
    together(
        small,
        6,
        {
            "type": "value_count",
            "rules": [RULE.format(2)],
            "group-by": ["dst_ip", "dst_port"],
            "timespan": "1d",
            "condition": {"field": "src_ip", "gte": 2},
        },
        [CC],
        evidence="handshake",
        columns={"ip": "dst_ip", "port": "dst_port"},
        aggregates={"count": "events", "family": {"one": "family"}},
    )


def keep(small: SmallHome, number: int, tag: str, kind: str, **emits: Plain) -> None:
    detection: dict[str, Plain] = {"one": {"tag": tag}, "condition": "one"}
    said = json.loads(rule_text(number, detection, service="sensors"))
    del said["tocsin"]["report_types"]
    said["tocsin"] |= {"observation": kind, **emits}
    write_rule(small.home.catalogue, number, json.dumps(said))


def correlation_text(number: int, said: Mapping[str, Plain], emits: Mapping[str, Plain]) -> str:
    some = [[{"observation": {"src_ip": "192.0.2.1"}}]]
    examples = {"hits": some, "misses": some}
    return json.dumps(
        {
            "title": f"Correlation {number}",
            "id": RULE.format(number),
            "correlation": dict(said),
            "tocsin": {"examples": examples, **emits},
        }
    )


def together(
    small: SmallHome, number: int, said: Mapping[str, Plain], types: Sequence[str], **emits: Plain
) -> None:
    text = correlation_text(number, said, {"report_types": [*types], **emits})
    write_rule(small.home.catalogue, number, text)


def packet(
    second: int, target: int, host: str = "192.0.2.10", **cells: object
) -> dict[str, object]:
    said = {**event(second, host), "dst_ip": f"198.51.100.{target}", "dst_port": 23, "count": 2}
    said |= {"tag": "dark", "infection": None, "family": None, **cells}
    return {key: cell for key, cell in said.items() if key != "report_type"}


def scan(first: int = 100, host: str = "192.0.2.10", **cells: object) -> list[dict[str, object]]:
    return [packet(first + 10 * n, n, host, **cells) for n in range(4)]


def account_of(run: Finished, number: int = 5) -> Mapping[str, int]:
    found = cast("list[dict[str, int]]", run.manifest["correlations"])
    (account,) = [each for each in found if str(each["id"]) == RULE.format(number)]
    return account


def test_a_scan_becomes_one_record_that_says_when_how_much_and_how_sure(
    small: SmallHome,
) -> None:
    small.collect_events([*scan(), packet(9_000, 9), packet(50, 1, "192.0.2.11")])
    run = small.night()
    (row,) = rows_of(small, run, ALPHA)
    assert (row["timestamp"], row["src_ip"], row["dst_port"]) == (
        f"{DAY} 00:01:40",
        "192.0.2.10",
        "23",
    )
    assert (row["count"], row["infection"], row["src_asn"]) == ("8", "scan", "64496")
    assert row["tag"] == "address-may-be-forged"
    assert account_of(run) == {
        "id": RULE.format(5),
        "observations": 6,
        "episodes": 1,
        "records": 1,
    }


def test_episodes_are_judged_like_records_that_came_in(small: SmallHome) -> None:
    (small.home.policy).mkdir(exist_ok=True)
    text = "what,reason,expires\n192.0.2.77,ours,2027-06-30\n"
    (small.home.policy / "allow.csv").write_text(text, encoding="utf-8")
    hosts = ("192.0.2.10", "10.0.0.1", "192.0.2.77", "2001:db8::1")
    small.collect_events([each for host in hosts for each in scan(host=host)])
    run = small.night()
    assert len(rows_of(small, run, ALPHA)) == 1
    told = {key: value for key, value in account_of(run).items() if ":" in key}
    assert told == {f"{why}:{DARK}": 1 for why in ("reserved", "allow_list", "wrong_family")}


def test_late_observations_are_correlated_in_the_run_that_takes_them(small: SmallHome) -> None:
    early = scan()[:2]
    small.collect_events([*early, *scan(5_000, "192.0.2.20")], name="a.ndjson")
    first = small.night()
    assert [row["src_ip"] for row in rows_of(small, first, ALPHA)] == ["192.0.2.20"]
    late = NIGHT + dt.timedelta(hours=3)
    more = [packet(5_031, 200, "192.0.2.20")]
    small.collect_events([*scan()[2:], *more], name="b.ndjson", now=late)
    run = small.night(NEXT)
    name = f"{NEXT}-{DARK}-alpha-asn-delayed.csv"
    (row,) = rows_of(small, run, name)
    assert (row["src_ip"], row["count"]) == ("192.0.2.10", "8")
    assert account_of(run)["told_before"] == 1


def test_a_scan_over_midnight_is_told_where_it_completes(small: SmallHome) -> None:
    before = [packet(86_390 - 86_400 + n, n) for n in range(2)]
    night = [{**each, "timestamp": f"{DAY}T23:59:5{n}Z"} for n, each in enumerate(before)]
    small.collect_events(night, name="a.ndjson")
    assert not report_names(small.night())
    after = [{**packet(1, 7), "timestamp": f"{NEXT}T00:00:01Z"}]
    small.collect_events(after, name="b.ndjson", now=EVENING + ONE_DAY)
    (row,) = rows_of(small, small.night(NEXT), f"{NEXT}-{DARK}-alpha-asn.csv")
    assert (row["timestamp"], row["count"]) == (f"{NEXT} 00:00:01", "2")


def test_observations_that_come_twice_make_no_scan(small: SmallHome) -> None:
    path = small.put("a.ndjson", ndjson(scan()[:2]))
    small.collect(path)
    small.collect(path, again=True, now=EVENING + dt.timedelta(minutes=1))
    small.collect_events(scan()[:2], name="copy.ndjson")
    assert not report_names(small.night())


def test_the_controller_that_many_ask_stays_told_for_its_window(small: SmallHome) -> None:
    asked = [
        packet(n, 9, f"203.0.113.{n}", dst_ip="192.0.2.66", dst_port=6667, tag="bot", family="f")
        for n in range(1, 4)
    ]
    small.collect_events(asked)
    for days in range(3):
        run = small.night(DAY + days * ONE_DAY)
        (row,) = rows_of(small, run, f"{DAY + days * ONE_DAY}-{CC}-alpha-asn.csv")
        assert (row["ip"], row["port"], row["family"], row["count"]) == (
            "192.0.2.66",
            "6667",
            "f",
            "3",
        )


def test_the_strictest_terms_of_all_witnesses_hold(small: SmallHome) -> None:
    strict = SENSORS.replace("extends: tocsin-ndjson", "extends: sensors")
    small.write_source("strict", strict + "terms: {owners: false}\n")
    small.collect_events(scan()[:2], name="a.ndjson")
    small.collect(small.put("b.ndjson", ndjson(scan()[2:])), source="strict")
    assert report_names(small.night()) == [f"{DAY}-{DARK}-cert-xa-geo.csv"]


def test_killed_after_any_step_a_run_makes_the_same_bytes(small: SmallHome) -> None:
    small.collect_events(scan())
    whole = small.night()
    content = {path: path.read_bytes() for path in sorted(whole.package.path.rglob("*.pack"))}
    for step in (State.PLANNED, State.CORRELATED):
        state = whole.package.path / "state.json"
        said = json.loads(state.read_text())
        state.write_text(json.dumps({**said, "state": step.value}))
        if step is State.PLANNED:
            shutil.rmtree(whole.package.path / "correlated")
        small.night()
        assert {path: path.read_bytes() for path in content} == content


def test_a_replay_makes_the_same_rows_with_its_observations_and_without(
    small: SmallHome,
) -> None:
    small.collect_events(scan())
    rows = rows_of(small, small.night(), ALPHA)
    assert rows_of(small, small.replay(), ALPHA) == rows
    today = DAY + 5 * ONE_DAY
    old = find_old(small.home, small.store, Retention(), today)
    assert any(each.tier == "observations" for each in old)
    remove_old(small.home, small.store, old, Retention(), today)
    assert rows_of(small, small.replay(), ALPHA) == rows


def test_observations_that_no_run_has_taken_are_not_pruned(small: SmallHome) -> None:
    small.collect_events(scan())
    later = DAY + 5 * ONE_DAY
    old = find_old(small.home, small.store, Retention(), later)
    assert not any(each.tier == "observations" for each in old)


def test_in_parts_the_same_is_found(small: SmallHome) -> None:
    hosts = [f"192.0.2.{n}" for n in range(1, 60)]
    small.collect_events([each for host in hosts for each in scan(host=host)])
    run = small.night()
    whole = read_correlated(run.package)
    given = CorrelateInput(
        home=small.home,
        store=small.store,
        package=run.package,
        plan=as_planned(run.package),
        catalogue=load_catalogue(small.home.catalogue),
        room=Room(scratch=small.home.night_work / "parts"),
        most_rows=50,
    )
    correlate(given)
    assert sum(file.rows for file in whole.files) == len(hosts)
    assert read_correlated(run.package) == whole


COUNT: Mapping[str, Plain] = {
    "type": "event_count",
    "rules": [RULE.format(1)],
    "group-by": ["src_ip"],
    "timespan": "1h",
    "condition": {"gte": 3},
}


@pytest.mark.parametrize(
    ("change", "emits", "what"),
    [
        ({"rules": ["x"]}, {}, "there is no rule 'x'"),
        ({"group-by": ["src_ip", "nothing"]}, {}, "keeps no column 'nothing'"),
        ({"timespan": "2d"}, {}, "a day at most"),
        ({"condition": {"gte": 3, "gt": 2}}, {}, "one of gte and gt"),
        ({"condition": {"field": "dst_ip", "gte": 3}}, {}, "events are counted"),
        ({"type": "value_count"}, {}, "it does not say of which column"),
        ({"type": "value_sum", "condition": {"field": "dst_ip", "gte": 3}}, {}, "no numbers"),
        ({"type": "temporal"}, {}, "a temporal correlation has no condition"),
        ({}, {"evidence": "content"}, "rests on one-way evidence"),
        ({}, {"report_types": [BRUTE]}, "one-way evidence cannot make"),
        ({}, {"report_types": [CC]}, "nothing says the subject"),
        ({}, {"report_types": ["nothing"]}, "there is no report type 'nothing'"),
        ({}, {"aggregates": {"count": "all"}}, "'all' is nothing to work out"),
        ({}, {"aggregates": {"count": {"sum": "tcp_flags"}}}, "holds no numbers"),
        ({}, {"aggregates": {"nothing": "events"}}, "has no column 'nothing'"),
        ({}, {"columns": {"dst_port": "dst_port"}}, "not among the columns of the group"),
    ],
)
def test_each_mistake_of_a_correlation_is_told_with_its_line(
    small: SmallHome, change: Mapping[str, Plain], emits: Mapping[str, Plain], what: str
) -> None:
    said: dict[str, Plain] = {"report_types": [DARK], "evidence": "one-way", **emits}
    write_rule(small.home.catalogue, 7, correlation_text(7, {**COUNT, **change}, said))
    with pytest.raises(CatalogueError) as caught:
        small.night()
    assert "rule-7.yml:1" in caught.value.message()
    assert what in caught.value.message()


def test_the_correlation_of_the_documentation_is_one_and_its_examples_hold(
    small: SmallHome,
) -> None:
    page = Path(__file__).parents[2] / "docs" / "operators" / "correlations.md"
    (text,) = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    (named,) = re.findall(r"rules: \[(.*)\]", text)
    write_rule(small.home.catalogue, 8, text.replace(named, RULE.format(1)))
    catalogue = load_catalogue(small.home.catalogue)
    (told,) = [each for each in catalogue.correlations if "our darknet" in each.title]
    alone = replace(catalogue, correlations=(told,))
    assert failed_correlations(alone) == ()
    swapped = replace(told, hits=told.misses, misses=told.hits)
    failed = failed_correlations(replace(catalogue, correlations=(swapped,)))
    assert [each.line for each in failed] == [19, 18, 23]
