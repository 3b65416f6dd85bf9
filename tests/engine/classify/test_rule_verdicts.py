"""The SQL that rules become says of every event what Sigma means."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.classify.rule_oracle import rule_takes
from tests.strategies.rule_files import COLUMNS, cells, detections, events, rule_text

from tocsin.catalogue.rules import Evidence, Rule
from tocsin.catalogue.yaml_lines import Document, Plain
from tocsin.engine.classify.compiled import compile_rules
from tocsin.engine.classify.examples import takes
from tocsin.engine.classify.verdicts import Taken, verdicts
from tocsin.engine.classify.wanted import takes as row_takes


def a_rule(
    detection: dict[str, Plain],
    number: int = 1,
    priority: int = 100,
    report_types: tuple[str, ...] = ("event4_sinkhole",),
) -> Rule:
    data = json.loads(rule_text(number, detection))
    return Rule(
        id=data["id"],
        title=data["title"],
        service="tocsin-ndjson",
        report_types=report_types,
        observation="",
        evidence=Evidence.CONTENT,
        priority=priority,
        says={},
        columns={},
        masks=(),
        removes=(),
        daily_cap=0,
        corroboration=None,
        detection=detection,
        hits=(),
        misses=(),
        document=Document("rule.yml", data, {}),
    )


@settings(max_examples=cases(100), deadline=None)
@given(st.lists(detections(), min_size=1, max_size=3), st.lists(events, min_size=1, max_size=12))
def test_sql_and_both_row_wise_matchers_agree_on_every_event(
    said: list[dict[str, Plain]], seen: list[dict[str, str]]
) -> None:
    for number, detection in enumerate(said):
        ruleset = compile_rules([a_rule(detection, number)])
        expected = {n for n, event in enumerate(seen) if rule_takes(detection, event)}
        assert takes(ruleset, seen) == expected
        (wanted,) = ruleset.wanted
        assert {n for n, event in enumerate(seen) if row_takes(wanted, event)} == expected


@settings(max_examples=cases(33), deadline=None)
@given(
    st.lists(
        st.tuples(detections(), st.integers(0, 2), st.sampled_from([("a",), ("b",), ("b", "a")])),
        min_size=1,
        max_size=5,
    ),
    st.lists(events, min_size=1, max_size=30),
)
def test_within_a_type_the_first_rule_counts_and_across_types_all(
    said: list[tuple[dict[str, Plain], int, tuple[str, ...]]], seen: list[dict[str, str]]
) -> None:
    rules = sorted(
        (
            a_rule(detection, n, priority, types)
            for n, (detection, priority, types) in enumerate(said)
        ),
        key=lambda rule: (rule.priority, rule.id),
    )
    cells = {name: pa.array([e.get(name) for e in seen], pa.string()) for name in COLUMNS}
    found = {
        (taken.outcome, row): rule
        for taken in verdicts(cells, len(seen), compile_rules(rules))
        for row, rule in zip(taken.rows.tolist(), taken.rules.tolist(), strict=True)
    }
    expected: dict[tuple[str, int], int] = {}
    for row, event in enumerate(seen):
        for number, rule in enumerate(rules):
            if rule_takes(rule.detection, event):
                for name in rule.report_types:
                    expected.setdefault((name, row), number)
    assert found == expected


_listed = st.one_of(
    st.lists(cells, min_size=1, max_size=3),
    st.lists(st.integers(-5, 30), min_size=1, max_size=3),
    st.lists(st.one_of(cells, st.integers(0, 22)), min_size=1, max_size=3),
)


@settings(max_examples=cases(66), deadline=None)
@given(st.lists(_listed, min_size=3, max_size=9), st.lists(events, min_size=1, max_size=20))
def test_many_lists_of_one_column_are_looked_up_as_they_are_asked_one_by_one(
    said: list[list[Plain]], seen: list[dict[str, str]]
) -> None:
    rules = [
        a_rule({"one": {"service": listed}, "condition": "one"}, n, report_types=(f"t{n}",))
        for n, listed in enumerate(said)
    ]
    column = {"service": pa.array([event.get("service") for event in seen], pa.string())}
    found = verdicts(column, len(seen), compile_rules(rules))
    assert {each.outcome: each.rows.tolist() for each in found} == {
        rule.report_types[0]: rows
        for rule in rules
        if (rows := [n for n, event in enumerate(seen) if rule_takes(rule.detection, event)])
    }


def test_a_column_that_no_event_has_says_nothing() -> None:
    rule = a_rule({"one": {"tag": None}, "two": {"service": "ssh"}, "condition": "one and two"})
    (taken,) = verdicts({"service": pa.array(["ssh", "ftp"])}, 2, compile_rules([rule]))
    assert taken.rows.tolist() == [0]


def test_a_backslash_takes_the_meaning_of_a_wildcard_away_in_lists_as_well() -> None:
    paths: list[Plain] = ["/index.php\\?id=1", "/a\\*b", "/plain"]
    rule = a_rule({"one": {"http_url": paths}, "condition": "one"})
    seen = ["/index.php?id=1", "/index.phpxid=1", "/A*b", "/axb", "/plain", "/index.php\\?id=1"]
    found = verdicts({"http_url": pa.array(seen)}, len(seen), compile_rules([rule]))
    assert [each.rows.tolist() for each in found] == [[0, 2, 4]]


def test_many_questions_of_one_column_stay_apart() -> None:
    rules = [
        a_rule(
            {"one": {"dst_port": number}, "condition": "one"}, number, report_types=(f"t{number}",)
        )
        for number in range(70)
    ]
    ports = pa.array([str(port) for port in range(80)] * 3)
    found = verdicts({"dst_port": ports}, 240, compile_rules(rules))
    assert [each.rows.tolist() for each in found] == [[n, n + 80, n + 160] for n in range(70)]
    assert isinstance(found[0], Taken)
    assert all(np.all(each.rules == number) for number, each in enumerate(found))
