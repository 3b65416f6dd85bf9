"""What explaining a row says of the rule that made it: what decided, and nothing that is hidden."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.engine.test_explain import ALPHA, explained, tocsin_explain
from tests.fakes.small_home import SENSORS, SmallHome, event
from tests.strategies.rule_files import rule_text, write_rule

from tocsin.catalogue.yaml_lines import Plain
from tocsin.engine.explain.rule_reasons import RuleReasons

BRUTE = ALPHA.replace("event4_sinkhole", "event4_honeypot_brute_force")
LOGIN: dict[str, Plain] = {
    "login": {"service": ["ssh", "telnet"], "username|exists": True, "password|exists": True},
    "ours": {"username|startswith": "monitoring"},
    "condition": "login and not ours",
}


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def add(small: SmallHome, detection: dict[str, Plain], **emits: Plain) -> None:
    kinds = ("event4_honeypot_brute_force",)
    text = rule_text(1, detection, report_types=kinds, service="sensors", **emits)
    write_rule(small.home.catalogue, 1, text)


def seen(small: SmallHome, **cells: object) -> None:
    said = {**event(1), "service": "ssh", "username": "root", **cells}
    said = {name: cell for name, cell in said.items() if name != "report_type"}
    small.collect_events([said])
    small.night()


def judged(small: SmallHome) -> RuleReasons:
    found = explained(small, BRUTE, 1).by_rule
    assert found is not None
    return found


def test_the_cells_that_decided_are_told(small: SmallHome) -> None:
    add(small, LOGIN, mask=["password"])
    seen(small, service="SSH", password="secret")
    found = judged(small)
    assert found.because == (
        "service is ssh",
        "username exists",
        "username does not begin with monitoring",
        "password exists",
    )
    assert (found.unseen, found.changed) == ((), False)
    shown = tocsin_explain(small, BRUTE, "1").stdout
    assert "evidence content, because service is ssh and username exists" in " ".join(shown.split())
    value = json.loads(tocsin_explain(small, BRUTE, "1", "--json").stdout)
    assert value["by_rule"]["title"] == "Rule 1"


def test_what_the_row_does_not_show_any_more_is_named_and_not_told(small: SmallHome) -> None:
    detection: dict[str, Plain] = {
        "one": {
            "service": "ssh",
            "password|startswith": "se",
            "dst_port": 80,
            "infection|exists": False,
            "command": "uname",
        },
        "condition": "one",
    }
    add(
        small,
        detection,
        mask=["password"],
        remove=["command"],
        columns={"dst_port": "src_port"},
        infection="ssh-brute-force",
    )
    seen(small, password="secret", command="uname", infection=None)
    found = judged(small)
    assert found.because == ("service is ssh", "infection is missing")
    assert found.unseen == ("password", "dst_port", "command")


def test_cells_without_a_column_of_the_type_decide_as_well(small: SmallHome) -> None:
    add(small, {"one": {"http_url|contains": "cgi"}, "condition": "one"})
    seen(small, http_url="/cgi-bin/x")
    assert judged(small).because == ("http_url contains cgi",)


def test_a_rule_that_has_changed_since_is_said_to_have(small: SmallHome) -> None:
    add(small, LOGIN)
    seen(small, password="secret")
    add(small, {"one": {"service": "ftp"}, "condition": "one"})
    found = judged(small)
    assert (found.changed, found.because, found.unseen) == (True, (), ("service",))
    assert "the rules have changed since" in tocsin_explain(small, BRUTE, "1").stdout


def test_nothing_is_told_by_the_rule_that_terms_hide(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path / "masked")
    sources = small.home.catalogue / "sources" / "sensors.yaml"
    sources.write_text(SENSORS + "terms: {tlp: amber, masked: [username]}\n", "utf-8")
    add(small, LOGIN)
    seen(small, password="secret")
    found = judged(small)
    assert found.because == ("service is ssh", "password exists")
    assert found.unseen == ("username",)


@pytest.mark.parametrize("credit", ["{form: hidden}", "{form: label, text: Somebody}"])
def test_of_a_giver_who_is_not_named_the_rule_is_told_by_its_id_alone(
    tmp_path: Path, credit: str
) -> None:
    small = SmallHome.make(tmp_path)
    sources = small.home.catalogue / "sources" / "sensors.yaml"
    sources.write_text(f"{SENSORS}terms: {{tlp: amber, credit: {credit}}}\n", "utf-8")
    add(small, LOGIN)
    seen(small, password="secret")
    assert explained(small, BRUTE, 1).by_rule is None
    assert "Rule 1" not in tocsin_explain(small, BRUTE, "1").stdout
