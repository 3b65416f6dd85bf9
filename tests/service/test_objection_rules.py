"""What becomes of an objection, by the rules alone, and against a naive oracle."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.model.address import parse_network
from tocsin.service.subscribers.cases.objection_rules import (
    CLOCKS_DIFFER,
    FALSE_POSITIVE_FOR,
    MOST_RULES,
    Said,
    Situation,
    plan,
    state_when_confirmed,
)
from tocsin.service.subscribers.cases.reported_rows import ReportedRow
from tocsin.service.subscribers.models import CaseState

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
FALSE, FIXED = SuppressionKind.FALSE_POSITIVE, SuppressionKind.FIXED
OWN = (parse_network("192.0.2.0/24"), parse_network("2001:db8::/32"))


def row(subject: str = "192.0.2.10", rule: str = "r1", **fields: object) -> ReportedRow:
    made = ReportedRow(
        day="2026-11-22",
        report_type="event4_sinkhole",
        lists=(1,),
        subject=subject,
        port=80,
        rule=rule,
        first="2026-11-22T01:00:00+00:00",
        last="2026-11-22T02:00:00+00:00",
        count=3,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def situation(*rows: ReportedRow, national_cert: bool = False) -> Situation:
    return Situation(NOW, national_cert, OWN, rows)


def test_a_repair_hides_what_was_seen_up_to_then_at_once() -> None:
    (case,) = plan(Said(FIXED, "192.0.2.10"), situation(row()))
    assert (case.state, case.moment, case.rule) == (CaseState.IN_FORCE, NOW, "")
    at = NOW - dt.timedelta(hours=3)
    (case,) = plan(Said(FIXED, "192.0.2.10", at=at), situation(row()))
    assert case.moment == at


def test_a_repair_in_the_future_is_refused_but_clocks_may_differ() -> None:
    late = NOW + CLOCKS_DIFFER + dt.timedelta(seconds=1)
    (case,) = plan(Said(FIXED, "192.0.2.10", at=late), situation(row()))
    assert (case.state, "future" in case.why) == (CaseState.REFUSED, True)
    (case,) = plan(Said(FIXED, "192.0.2.10", at=NOW + CLOCKS_DIFFER), situation(row()))
    assert (case.state, case.moment) == (CaseState.IN_FORCE, NOW)


def test_a_false_positive_is_one_rule_of_one_type_for_thirty_days() -> None:
    (case,) = plan(Said(FALSE, "192.0.2.10", port=80), situation(row(), row()))
    assert case.state == CaseState.IN_FORCE
    assert (case.report_type, case.rule, case.port) == ("event4_sinkhole", "r1", 80)
    assert case.moment == NOW + FALSE_POSITIVE_FOR
    assert len(case.rows) == 2


def test_several_rules_make_a_case_each_and_too_many_are_for_staff() -> None:
    rows = [row(rule=f"r{number}") for number in range(MOST_RULES)]
    cases = plan(Said(FALSE, "192.0.2.10"), situation(*rows))
    assert [each.rule for each in cases] == ["r0", "r1", "r2"]
    (case,) = plan(Said(FALSE, "192.0.2.10"), situation(*rows, row(rule="more")))
    assert (case.state, case.rule) == (CaseState.OPEN, "")


def test_a_prefix_is_for_staff_even_where_the_row_is_about_that_very_prefix() -> None:
    about = row("192.0.2.0/25")
    (case,) = plan(Said(FALSE, "192.0.2.0/25"), situation(about))
    assert (case.state, case.address) == (CaseState.OPEN, "192.0.2.0/25")
    (case,) = plan(Said(FALSE, "192.0.2.0/25"), situation())
    assert case.state == CaseState.REFUSED


def test_what_no_row_tells_the_rule_of_is_for_staff() -> None:
    (case,) = plan(Said(FALSE, "192.0.2.99"), situation())
    assert case.state == CaseState.OPEN


@pytest.mark.parametrize("kind", [FALSE, FIXED])
def test_somebody_elses_address_is_refused(kind: SuppressionKind) -> None:
    (case,) = plan(Said(kind, "198.51.100.1"), situation())
    assert (case.state, "is not yours" in case.why or "not" in case.why) == (
        CaseState.REFUSED,
        True,
    )


@pytest.mark.parametrize("kind", [FALSE, FIXED])
def test_a_national_cert_keeps_all_its_rows(kind: SuppressionKind) -> None:
    (case,) = plan(Said(kind, "192.0.2.10"), situation(row(), national_cert=True))
    assert case.state == CaseState.REFUSED


@pytest.mark.parametrize("text", ["", "nonsense", "192.0.2.999", "example.org", "192.0.2.1/24"])
def test_what_is_no_address_is_refused_with_its_text(text: str) -> None:
    (case,) = plan(Said(FIXED, text), situation())
    assert (case.state, case.address) == (CaseState.REFUSED, text)


def test_addresses_are_kept_in_one_form() -> None:
    (case,) = plan(Said(FIXED, "2001:DB8:0::1"), situation())
    assert case.address == "2001:db8::1"
    (case,) = plan(Said(FIXED, "192.0.2.7/32"), situation())
    assert case.address == "192.0.2.7"


def test_a_port_that_no_row_has_is_refused_and_one_without_meaning_is_dropped() -> None:
    (case,) = plan(Said(FALSE, "192.0.2.10", port=81), situation(row()))
    assert (case.state, "port" in case.why) == (CaseState.REFUSED, True)
    (case,) = plan(Said(FALSE, "192.0.2.10", port=81), situation(row(port=None)))
    assert (case.state, case.port) == (CaseState.IN_FORCE, None)


def test_who_is_not_known_yet_confirms_first() -> None:
    for kind in (FALSE, FIXED):
        (case,) = plan(Said(kind, "192.0.2.10", is_known=False), situation(row()))
        assert case.state == CaseState.UNCONFIRMED
    assert state_when_confirmed(FALSE, "r1", "192.0.2.10") == CaseState.IN_FORCE
    assert state_when_confirmed(FALSE, "", "192.0.2.10") == CaseState.OPEN
    assert state_when_confirmed(FALSE, "r1", "192.0.2.0/25") == CaseState.OPEN
    assert state_when_confirmed(FIXED, "", "192.0.2.10") == CaseState.IN_FORCE


SUBJECTS = st.sampled_from(["192.0.2.10", "192.0.2.0/25", "198.51.100.1", "2001:db8::5", "what"])
ROWS = st.lists(
    st.builds(
        row,
        rule=st.sampled_from(["r1", "r2", "r3", "r4"]),
        port=st.sampled_from([None, 80, 443]),
        report_type=st.sampled_from(["a", "b"]),
    ),
    max_size=6,
)
SAID = st.builds(
    Said,
    kind=st.sampled_from([None, FALSE, FIXED]),
    subject=SUBJECTS,
    port=st.sampled_from([None, 80, 443]),
    report_type=st.sampled_from(["", "a"]),
    at=st.none() | st.integers(-100, 100).map(lambda hours: NOW + dt.timedelta(hours=hours)),
    is_known=st.booleans(),
)


@given(SAID, ROWS, st.booleans())
def test_whatever_is_said_nothing_wide_takes_force_by_itself(
    said: Said, rows: list[ReportedRow], national_cert: bool
) -> None:
    about = [replace(each, subject=said.subject) for each in rows]
    cases = plan(said, situation(*about, national_cert=national_cert))
    assert cases
    for case in cases:
        in_force = case.state == CaseState.IN_FORCE
        if case.state in (CaseState.REFUSED, CaseState.OPEN) or not said.is_known:
            assert not in_force
        if case.state == CaseState.REFUSED:
            assert case.why
        if in_force:
            assert said.is_known
            assert not national_cert
            assert said.kind is case.kind
            assert about or said.subject in ("192.0.2.10", "2001:db8::5")
            if case.kind is FIXED:
                assert case.moment <= NOW
            else:
                assert case.rule
                assert case.report_type
                assert "/" not in case.address
                assert case.moment - NOW == FALSE_POSITIVE_FOR
                assert all(
                    (e.rule, e.report_type) == (case.rule, case.report_type) for e in case.rows
                )
