"""What no cell can be is known, and nothing is called impossible that some cell is."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.classify.test_rule_verdicts import a_rule
from tests.strategies.rule_files import ADDRESSES, PIECES, detections, events

from tocsin.catalogue.yaml_lines import Plain
from tocsin.engine.classify.compiled import compile_rules
from tocsin.engine.classify.wanted import Wanted, columns_of, takes
from tocsin.engine.rule_check.possible import alternatives, covers, dead_parts, is_impossible
from tocsin.engine.rule_check.witness import can_be

POOL = ["", *PIECES, *ADDRESSES, *("".join(two) for two in product(PIECES, repeat=2))]


def wanted_of(detection: dict[str, Plain]) -> Wanted:
    (wanted,) = compile_rules([a_rule(detection)]).wanted
    return wanted


def of_tag(**selections: Plain) -> Wanted:
    """All selections together, which ask the tag; those called `not_...` must not fit."""
    said: dict[str, Plain] = {name: selections[name] for name in selections}
    words = [f"not {name}" if name.startswith("not_") else name for name in selections]
    return wanted_of({**said, "condition": " and ".join(words)})


@settings(max_examples=cases(100), deadline=None)
@given(detections())
def test_what_some_cell_is_is_never_called_impossible(detection: dict[str, Plain]) -> None:
    for alternative in alternatives(wanted_of(detection)):
        for column, wanted in alternative.items():
            if can_be(column, wanted) is False:
                assert not takes(wanted, {})
                assert not any(takes(wanted, {column: cell}) for cell in POOL)


@settings(max_examples=cases(100), deadline=None)
@given(detections(), detections(), st.lists(events, max_size=20))
def test_no_event_gainsays_what_is_said_of_rules(
    one: dict[str, Plain], other: dict[str, Plain], seen: list[dict[str, str]]
) -> None:
    first, second = wanted_of(one), wanted_of(other)
    if is_impossible(first):
        assert not any(takes(first, event) for event in seen)
    if covers(first, second):
        assert all(takes(first, event) for event in seen if takes(second, event))


@pytest.mark.parametrize(
    ("selections", "possible"),
    [
        ({"a": {"tag": "ssh"}, "b": {"tag": "ftp"}}, False),
        ({"a": {"tag": "ssh"}, "b": {"tag": "SSH"}}, True),
        ({"a": {"tag|cased": "ssh"}, "b": {"tag|cased": "SSH"}}, False),
        ({"a": {"tag|startswith": "ab"}, "b": {"tag|startswith": "ac"}}, False),
        ({"a": {"tag|startswith": "ab"}, "b": {"tag|endswith": "ba"}}, True),
        ({"a": {"tag": "a?"}, "b": {"tag": "?b"}}, True),
        ({"a": {"tag": "a?"}, "b": {"tag": "?b"}, "not_c": {"tag": "ab"}}, False),
        ({"a": {"tag|contains|all": ["ab", "bc"]}, "not_c": {"tag|contains": "b"}}, False),
        ({"a": {"tag": None}, "b": {"tag|exists": True}}, False),
        ({"a": {"tag|gt": 5}, "b": {"tag|lt": 6}}, True),
        ({"a": {"tag|gt": 5}, "b": {"tag|lt": 5}}, False),
        ({"a": {"tag|gt": 5}, "b": {"tag": [3, 4]}}, False),
        ({"a": {"tag|cidr": "192.0.2.0/24"}, "b": {"tag|cidr": "198.51.100.0/24"}}, False),
        ({"a": {"tag|cidr": "192.0.2.0/24"}, "not_b": {"tag|cidr": "192.0.2.0/25"}}, True),
        ({"a": {"tag|cidr": "192.0.2.0/25"}, "not_b": {"tag|cidr": "192.0.2.0/24"}}, False),
        ({"a": {"tag|cidr": "192.0.2.0/24"}, "b": {"tag|gt": 3}}, False),
        ({"a": {"tag|re": "^[ab]c$"}, "b": {"tag|startswith": "a"}}, None),
        ({"a": {"tag|re": "^SSH$"}, "b": {"tag": "ssh"}}, None),
    ],
)
def test_what_can_be_of_one_column(selections: dict[str, Plain], possible: bool | None) -> None:
    assert can_be("tag", of_tag(**selections)) is possible


def test_a_cell_of_an_example_may_be_what_an_expression_wants() -> None:
    wanted = of_tag(a={"tag|re": "^[ab]c$"}, b={"tag|startswith": "a"})
    assert can_be("tag", wanted, ["bc", "ac"]) is True


def test_an_alternative_that_contradicts_the_rest_is_found_and_none_that_denying_makes() -> None:
    rule = wanted_of(
        {
            "one": {"service": ["ssh", "ftp"], "username|exists": True},
            "two": {"service": "ftp"},
            "three": {"service": "ssh", "username|startswith": "monitoring"},
            "condition": "one and not two and not three",
        }
    )
    found = list(dead_parts(rule))
    assert [list(columns_of(part)) for part in found] == [["service"]]
    assert takes(found[0], {"service": "ftp"})
    assert not is_impossible(rule)
