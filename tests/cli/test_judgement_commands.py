"""`tocsin sensor`, `tocsin withdraw` and `tocsin hold` as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fakes.small_home import SmallHome, event
from typer.testing import CliRunner, Result

from tocsin.cli.exit_codes import DONE, TERMINAL, USAGE
from tocsin.cli.main import application

WHO = ("--owner", "kim", "--reason", "being looked at")
NOW = ("--now", "2026-11-22T12:00:00Z")
LATER = "2026-12-01"


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def call(small: SmallHome, *arguments: str) -> Result:
    place = ("--home", str(small.home.root), *(() if arguments[0] == "replay" else NOW))
    return CliRunner().invoke(application(arguments[0]), [*arguments, *place])


def add(small: SmallHome, *arguments: str) -> Result:
    ends = {"hold": "--until", "withdraw": "--expires"}
    return call(small, arguments[0], "add", ends[arguments[0]], LATER, *WHO, *arguments[1:])


def test_each_judgement_has_an_id_of_its_own_and_stays_known(small: SmallHome) -> None:
    assert (
        "h1: address 192.0.2.0/24 is on hold"
        in add(small, "hold", "--address", "192.0.2.0/24").stdout
    )
    assert "w2: " in add(small, "withdraw", "--address", "2001:db8::1").stdout
    span = ("--from", "2026-11-22", "--to", "2026-11-23")
    assert "d3: sensor pot" in call(small, "sensor", "distrust", "pot", *span, *WHO).stdout
    assert call(small, "hold", "release", "h1", "--owner", "ann").exit_code == DONE
    assert "h4: " in add(small, "hold", "--tag", "x").stdout
    said = json.loads(call(small, "hold", "list", "--all", "--json").stdout)["judgements"]
    assert [(each["id"], each["state"]) for each in said] == [("h1", "ended"), ("h4", "in force")]
    assert (said[0]["owner"], said[0]["ended_by"]) == ("kim", "ann")
    shown = call(small, "hold", "list")
    assert "h4" in shown.stdout
    assert "h1" not in shown.stdout
    assert "1 more was ended or is over" in shown.stdout


def test_a_rule_is_named_by_how_its_id_begins_as_it_is_listed(small: SmallHome) -> None:
    whole = "3c5e7a11-8b0f-4d2c-9a6e-1d9f1e6c8b13"
    assert f"rule {whole} is on hold" in add(small, "hold", "--rule", whole[:8]).stdout
    assert f"rule {whole} is withdrawn" in add(small, "withdraw", "--rule", whole[:9]).stdout
    too_short = add(small, "hold", "--rule", whole[:4])
    assert too_short.exit_code == USAGE
    assert "tocsin rules list names them" in too_short.stderr
    several = add(small, "hold", "--rule", "declared:")
    assert "rules have an id that begins with 'declared:'" in several.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("hold", "--rule", "no-such-rule"), "there is no rule 'no-such-rule'"),
        (("withdraw", "--rule", "declared:nothing"), "there is no rule"),
        (("withdraw", "--address", "192.0.2.300"), "is not an IP address"),
        (("hold", "--address", "192.0.2.1/24"), "192.0.2.0/24 was meant?"),
        (("hold", "--address", "0.0.0.0/0"), "more than one judgement may be about"),
        (("hold", "--address", "::/0"), "more than one judgement may be about"),
        (("withdraw", "--event", "abc"), "is no event's id"),
        (("hold",), "one thing has to be named"),
        (("hold", "--tag", "a", "--family", "b"), "one thing only may be named"),
        (("hold", "--tag", "a\x1b[31m"), "no line of text"),
        (("hold", "--tag", " "), "is empty"),
    ],
)
def test_what_cannot_be_meant_is_told_and_not_kept(
    small: SmallHome, arguments: tuple[str, ...], said: str
) -> None:
    result = add(small, *arguments)
    assert result.exit_code == USAGE
    assert said in result.stderr
    assert "\x1b" not in result.stderr
    assert not (small.home.policy / "judgements.json").exists()


def test_spans_that_are_over_or_backwards_are_told(small: SmallHome) -> None:
    backwards = ("--from", "2026-11-23", "--to", "2026-11-22")
    result = call(small, "sensor", "distrust", "pot", *backwards, *WHO)
    assert (result.exit_code, "not after its beginning" in result.stderr) == (USAGE, True)
    for command, option in (("hold", "--until"), ("withdraw", "--expires")):
        result = call(small, command, "add", option, "2026-11-22", "--address", "192.0.2.1", *WHO)
        assert (result.exit_code, "is over already" in result.stderr) == (USAGE, True)


def test_only_what_is_in_force_can_be_ended_and_by_its_own_command(small: SmallHome) -> None:
    add(small, "hold", "--tag", "x")
    wrong = call(small, "withdraw", "undo", "h1", "--owner", "kim")
    assert (wrong.exit_code, "h1 is a hold" in wrong.stderr) == (USAGE, True)
    assert "no hold 'h7'" in call(small, "hold", "release", "h7", "--owner", "kim").stderr
    assert call(small, "hold", "release", "h1", "--owner", "kim").exit_code == DONE
    assert "ended already, by kim" in call(small, "hold", "release", "h1", "--owner", "kim").stderr
    assert call(small, "sensor", "undo", "d1", "--owner", "").exit_code == USAGE


def test_a_damaged_file_stops_every_command_that_needs_it(small: SmallHome) -> None:
    add(small, "hold", "--tag", "x")
    path = small.home.policy / "judgements.json"
    path.write_text(path.read_text().replace('"hold"', '"hald"'), encoding="utf-8")
    result = call(small, "hold", "list")
    assert (result.exit_code, "the file is damaged" in result.stderr) == (TERMINAL, True)


def test_the_night_says_what_was_withheld_and_the_list_how_much_is_on_hold(
    small: SmallHome,
) -> None:
    small.collect_events([event(1), event(2), event(3, "192.0.2.11"), event(4, "192.0.2.12")])
    add(small, "hold", "--address", "192.0.2.10")
    add(small, "withdraw", "--address", "192.0.2.11")
    arguments = ["nightly", "--date", "2026-11-22", "--home", str(small.home.root)]
    result = CliRunner().invoke(
        application("nightly"), [*arguments, "--now", "2026-11-23T00:30:00Z"]
    )
    assert result.exit_code == DONE
    assert "withheld: 2 on hold, 1 withdrawn" in result.stdout
    said = json.loads(call(small, "hold", "list", "--json").stdout)
    assert (said["run"], said["events_on_hold"]) == ("2026-11-22 r1", 2)
    call(small, "withdraw", "undo", "w2", "--owner", "kim")
    again = call(small, "replay", "--date", "2026-11-22", "--judgements")
    assert "withheld: 2 on hold\n" in again.stdout
