"""What a rule says of one event to people: why it takes or leaves it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.classify.test_rule_verdicts import a_rule
from tests.strategies.rule_files import detections, events

from tocsin.catalogue.yaml_lines import Plain
from tocsin.engine.classify.compiled import compile_rules
from tocsin.engine.classify.wanted import Wanted, in_words, reasons, takes


def wanted_of(detection: dict[str, Plain]) -> Wanted:
    (wanted,) = compile_rules([a_rule(detection)]).wanted
    return wanted


@settings(max_examples=cases(66), deadline=None)
@given(detections(), st.lists(events, min_size=1, max_size=12))
def test_the_cells_that_decided_are_enough_for_the_verdict(
    detection: dict[str, Plain], seen: list[dict[str, str]]
) -> None:
    wanted = wanted_of(detection)
    for event in seen:
        decided = {each.column for each in reasons(wanted, event)}
        for other in seen:
            kept = {name: cell for name, cell in event.items() if name in decided}
            rest = {name: cell for name, cell in other.items() if name not in decided}
            assert takes(wanted, kept | rest) is takes(wanted, event)


def test_what_decided_is_told_in_words() -> None:
    wanted = wanted_of(
        {
            "one": {"service": ["ssh", "telnet"], "username|exists": True, "dst_port|lt": 1024},
            "two": {"src_ip|cidr": "192.0.2.0/24"},
            "three": {"http_url|re": "^/cgi", "tag|cased": "A*b"},
            "condition": "one and not two or three",
        }
    )
    event = {"service": "SSH", "username": "root", "dst_port": "22"}
    assert [each.words() for each in reasons(wanted, event)] == [
        "service is ssh",
        "username exists",
        "dst_port is less than 1024",
        "src_ip does not lie in 192.0.2.0/24",
    ]
    left = reasons(wanted, event | {"service": "ftp"})
    assert [each.words() for each in left if each.column == "service"] == [
        "service is not ssh",
        "service is not telnet",
    ]
    assert {each.cell for each in left if each.column == "service"} == {"ftp"}
    assert in_words(wanted) == (
        "(service is ssh or telnet and username exists and dst_port is less than 1024 "
        "and src_ip does not lie in 192.0.2.0/24) or "
        "(http_url matches ^/cgi and tag looks like A*b, to the letter)"
    )
