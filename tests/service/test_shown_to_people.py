"""What is stored for machines is shown as people read it."""

from __future__ import annotations

import pytest
from tests.service.desk import Desk

from tocsin.service.portal.for_people import changes_of, facts_of, minute, text_of
from tocsin.service.portal.history_words import in_words
from tocsin.service.subscribers.values import any_network
from tocsin.service.texts import sentence


def test_times_are_told_to_the_minute_in_utc_and_truth_as_yes_or_no() -> None:
    assert minute("2026-11-26T23:06:22.287542+00:00") == "2026-11-26 23:06"
    assert minute("2026-11-26T23:06:22+02:00") == "2026-11-26 21:06"
    assert text_of(True) == "yes"
    assert text_of(False) == "no"
    assert text_of("2026-11-26") == "2026-11-26"
    assert text_of("a text of 2026-11-26T23:06") == "a text of 2026-11-26T23:06"
    assert text_of("2026-13-99T99:06") == "2026-13-99T99:06"


def test_nested_facts_become_lines_with_names_and_empty_ones_are_left_out() -> None:
    stored = {
        "contact": "noc@example.org",
        "at": "2026-11-26T23:06:22.287542+00:00",
        "by_claim": 7,
        "domain": {"domain": "example.org", "has_mail": True, "name_servers": [], "made": ""},
        "documents": [{"by": "a@example.org", "at": "2026-11-26T23:06:00+00:00"}],
    }
    assert facts_of(stored) == [
        ("Contact", "noc@example.org"),
        ("When", "2026-11-26 23:06"),
        ("Its domain", "example.org"),
        ("Domain takes mail", "yes"),
        ("Documents", "by: a@example.org, at: 2026-11-26 23:06"),
    ]


def test_of_a_change_each_thing_is_shown_as_it_was_and_as_it_became() -> None:
    assert changes_of({"state": "active"}, {"state": "frozen", "why": None}) == [
        ("State", "active", "frozen")
    ]
    assert changes_of(None, {"valid_to": "2026-11-26T23:06:22Z"}) == [
        ("Valid to", "", "2026-11-26 23:06")
    ]
    assert changes_of({"name": "x"}, None) == [("Name", "x", "")]


def test_a_sentence_ends_once() -> None:
    assert sentence("192.0.2.0/24 was meant?") == "192.0.2.0/24 was meant?"
    assert sentence(ValueError("no")) == "no."


@pytest.mark.parametrize("said", ["hello", "hello.", "."])
def test_a_single_word_is_no_network(said: str) -> None:
    with pytest.raises(ValueError, match="is no network; write AS64496"):
        any_network(said)


@pytest.mark.django_db
def test_who_has_signed_in_is_not_asked_to_sign_in_on_the_first_page(desk: Desk) -> None:
    page = desk.signed_in(desk.reviewer()).get("/").content.decode()
    main = page[page.index("<main") :]
    assert "Requests that wait" in main
    assert "Sign in" not in main


def test_the_history_tells_what_was_done_in_words() -> None:
    assert in_words("network.added") == "network added"
    assert in_words("claim.to_staff") == "network left to our staff to decide"
