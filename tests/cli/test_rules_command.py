"""`tocsin rules` as people call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest
from tests.strategies.rule_files import rule_text, write_rule
from typer.testing import CliRunner, Result

from tocsin.catalogue.yaml_lines import Plain
from tocsin.cli.exit_codes import DONE, REJECTED, TERMINAL, USAGE
from tocsin.cli.main import application

BRUTE = "event4_honeypot_brute_force"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(application("rules"), ["rules", *arguments])


def value(*arguments: str) -> dict[str, object]:
    return cast("dict[str, object]", json.loads(call(*arguments, "--json").stdout))


def add(
    home: Path,
    number: int,
    detection: dict[str, Plain],
    hit: dict[str, Plain],
    report_types: tuple[str, ...] = ("event4_sinkhole",),
    service: str = "tocsin-ndjson",
    **emits: Plain,
) -> None:
    examples: Plain = {"hits": [hit], "misses": [{"tag": "never-such"}]}
    emits = {"examples": examples, **emits}
    text = rule_text(number, detection, report_types=report_types, service=service, **emits)
    write_rule(home / "catalogue", number, text)


def kinds(home: Path) -> list[tuple[str, int]]:
    found = cast("list[dict[str, object]]", value("check", "--home", str(home))["findings"])
    return [(str(each["kind"]), int(str(each["rule"])[-3:])) for each in found]


def test_the_rules_that_ship_hold_together() -> None:
    result = call("check")
    assert result.exit_code == DONE, result.stdout
    assert "examples judged as they say" in result.stdout


def test_all_that_is_wrong_with_rules_is_told_with_its_kind(tmp_path: Path) -> None:
    ssh: dict[str, Plain] = {"service": "ssh"}
    add(tmp_path, 1, {"one": ssh, "condition": "one"}, ssh)
    add(tmp_path, 2, {"one": ssh, "two": {"service": "ftp"}, "condition": "one and two"}, ssh)
    dead: dict[str, Plain] = {"one": {"tag": ["a", "b"]}, "two": {"tag": "b"}}
    add(tmp_path, 3, {**dead, "condition": "one and not two"}, {"tag": "a"})
    both: dict[str, Plain] = {"service": "ssh", "tag|startswith": "x"}
    add(tmp_path, 4, {"one": both, "condition": "one"}, {"service": "SSH", "tag": "xy"})
    either: dict[str, Plain] = {"one": ssh, "two": {"tag": "z"}}
    add(tmp_path, 5, {**either, "condition": "1 of them"}, ssh)
    add(tmp_path, 6, {"one": {"tag": "right"}, "condition": "one"}, {"tag": "wrong"})
    threat: dict[str, Plain] = {"threat_type": "botnet_cc", "http_url": "/x"}
    add(tmp_path, 7, {"one": threat, "condition": "one"}, threat, service="threatfox")
    assert kinds(tmp_path) == [
        ("never", 2),
        ("example", 2),
        ("dead_part", 3),
        ("shadowed", 4),
        ("no_own_hit", 5),
        ("example", 6),
        ("no_such_cell", 7),
    ]
    result = call("check", "--home", str(tmp_path))
    assert result.exit_code == REJECTED
    assert "rule-4.yml:1:" in result.stdout
    assert "all that it takes goes to 'Rule 1'" in result.stdout


def test_a_rule_for_something_else_or_of_a_source_that_extends_shadows_nothing(
    tmp_path: Path,
) -> None:
    ssh: dict[str, Plain] = {"service": "ssh"}
    own = tmp_path / "catalogue" / "sources"
    own.mkdir(parents=True)
    (own / "ours.yaml").write_text("extends: tocsin-ndjson\ntitle: Ours\n", "utf-8")
    add(tmp_path, 1, {"one": ssh, "condition": "one"}, ssh, service="ours", priority=1)
    add(tmp_path, 2, {"one": ssh, "condition": "one"}, ssh, report_types=(BRUTE,), priority=2)
    add(tmp_path, 3, {"one": ssh, "condition": "one"}, ssh)
    assert kinds(tmp_path) == []
    add(tmp_path, 4, {"one": ssh, "condition": "one"}, ssh, service="ours")
    assert kinds(tmp_path) == [("shadowed", 4)]


def test_rules_are_listed_and_shown_by_how_they_begin(tmp_path: Path) -> None:
    add(tmp_path, 1, {"one": {"service": ["ssh", "ftp"]}, "condition": "one"}, {"service": "ssh"})
    add(tmp_path, 2, {"one": {"service": "ssh"}, "condition": "one"}, {"service": "ssh"})
    home = ("--home", str(tmp_path))
    listed = cast(
        "list[dict[str, object]]", value("list", "--source", "tocsin-ndjson", *home)["rules"]
    )
    assert [each["title"] for each in listed] == ["Rule 1", "Rule 2"]
    assert value("show", "rule 1", *home)["asks"] == "service is ssh or ftp"
    assert value("show", "rule 2", *home)["before"] == [listed[0]["id"]]
    shown = call("show", str(listed[0]["id"]), *home)
    assert "service is ssh or ftp" in shown.stdout
    several = call("show", "rule", *home)
    assert several.exit_code == USAGE
    assert "2 rules have an id or title that begins with 'rule'" in several.stderr
    assert call("show", "no such rule", *home).exit_code == USAGE


LOG: list[dict[str, object]] = [
    {"service": "ssh", "username": "root", "password": "secret"},
    {"service": "ssh", "username": "monitor", "password": "secret"},
    {"service": "ssh", "password": "secret"},
    {"service": "ftp", "username": "root"},
    {"service": "dns"},
    {"service": "ssh", "username": "admin", "src_ip": None},
    {"report_type": BRUTE},
]


def log(folder: Path, *more: str) -> str:
    lines = [
        json.dumps({"timestamp": f"2026-11-22 00:00:{n:02}", "src_ip": f"192.0.2.{n}", **cells})
        for n, cells in enumerate(LOG)
    ]
    (folder / "log.ndjson").write_text("\n".join([*lines, *more]) + "\n", "utf-8")
    return str(folder / "log.ndjson")


LOGIN: dict[str, Plain] = {
    "login": {"service": "ssh", "username|exists": True},
    "condition": "login",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    hit: dict[str, Plain] = {"service": "ssh", "username": "root"}
    add(place, 1, LOGIN, hit, report_types=(BRUTE,), mask=["password"], observation="flow")
    first: dict[str, Plain] = {"one": {"username": "monitor"}, "condition": "one"}
    add(place, 2, first, {"username": "monitor"}, report_types=(BRUTE,), priority=1)
    return place


def test_a_rule_is_tried_on_a_log_and_nothing_is_stored(tmp_path: Path, home: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    found = value("test", "rule 1", log(tmp_path), "--home", str(home))
    figures = [found[name] for name in ("events", "taken", "left", "not_asked")]
    assert figures == [7, 3, 3, 1]
    record, observation = cast("list[dict[str, object]]", found["outcomes"])
    assert (record["report_type"], record["made"], record["rejected"]) == (
        BRUTE,
        2,
        {"no_subject": 1},
    )
    assert record["elsewhere"] == {"00000000-0000-4000-8000-000000000002": 1}
    first = cast("list[dict[str, object]]", record["first"])[0]
    assert first["line"] == 1
    assert cast("dict[str, str]", first["cells"])["password"] == "s***"
    assert (observation["observation"], observation["made"]) == ("flow", 3)
    assert found["nearly"] == {"service": 1, "username": 1}
    near = cast("list[dict[str, object]]", found["near_rows"])
    assert near == [
        {"line": 4, "column": "service", "cell": "ftp", "wanted": "service is ssh"},
        {"line": 3, "column": "username", "cell": None, "wanted": "username exists"},
    ]
    assert set(tmp_path.rglob("*")) - set(before) == {tmp_path / "log.ndjson"}


def test_what_is_tried_is_shown_to_people(tmp_path: Path, home: Path) -> None:
    result = call("test", "rule 1", log(tmp_path, "no json"), "--home", str(home), "--top", "1")
    assert result.exit_code == REJECTED
    for said in (
        "1: no JSON",
        f"2 records of {BRUTE}",
        "1 would be rejected: does not say whom it is about",
        "1 go to a rule that is asked earlier: Rule 2",
        "password s***",
        "line 3: username says nothing; wanted: username exists",
    ):
        assert said in result.stdout


def test_a_rule_is_tried_from_its_file_in_the_place_of_the_one_with_its_id(
    tmp_path: Path, home: Path
) -> None:
    ftp: dict[str, Plain] = {"one": {"service": "ftp"}, "condition": "one"}
    (tmp_path / "other.yml").write_text(rule_text(1, ftp), "utf-8")
    found = value("test", str(tmp_path / "other.yml"), log(tmp_path), "--home", str(home))
    assert found["taken"] == 1
    of_home = home / "catalogue" / "rules" / "rule-1.yml"
    assert value("test", str(of_home), log(tmp_path), "--home", str(home))["taken"] == 3
    assert value("test", str(tmp_path / "other.yml"), log(tmp_path))["taken"] == 1


def test_a_rule_that_cannot_be_tried_is_told(tmp_path: Path, home: Path) -> None:
    (tmp_path / "other.yml").write_text("title: [\n", "utf-8")
    broken = call("test", str(tmp_path / "other.yml"), log(tmp_path), "--home", str(home))
    assert (broken.exit_code, "other.yml:2:1: this is not YAML" in broken.stderr) == (
        TERMINAL,
        True,
    )
    assert (
        call("test", "rule 1", log(tmp_path), "--source", "cowrie", "--home", str(home)).exit_code
        == USAGE
    )
    assert call("test", "rule 1", str(tmp_path / "none"), "--home", str(home)).exit_code == TERMINAL


# --- correlations --------------------------------------------------------------------------


def add_together(
    home: Path, number: int, group: tuple[str, ...] = ("src_ip",), **more: Plain
) -> None:
    """A correlation of rule 1: three different cells of a column within ten minutes."""
    said: dict[str, Plain] = {
        "type": "value_count",
        "rules": [ID.format(1)],
        "group-by": [*group],
        "timespan": "10m",
        "condition": {"field": "dst_ip", "gte": 3},
        **more,
    }
    step = {"times": 3, "observation": {"src_ip": "192.0.2.44", "dst_ip": "198.51.100.{n}"}}
    examples = {"hits": [[step]], "misses": [[{**step, "times": 2}]]}
    emits = {"report_types": ["event4_honeypot_darknet"], "evidence": "content"}
    text = {
        "title": f"Correlation {number}",
        "id": ID.format(number),
        "correlation": said,
        "tocsin": {**emits, "examples": examples},
    }
    write_rule(home / "catalogue", number, json.dumps(text))


ID = "00000000-0000-4000-8000-00000000000{}"


@pytest.fixture
def observing(tmp_path: Path) -> Path:
    text = json.loads(rule_text(1, {"one": {"service": "ssh"}, "condition": "one"}))
    del text["tocsin"]["report_types"]
    text["tocsin"]["observation"] = "connection"
    text["tocsin"]["examples"] = {"hits": [{"service": "ssh"}], "misses": [{"service": "ftp"}]}
    write_rule(tmp_path / "catalogue", 1, json.dumps(text))
    return tmp_path


def test_correlations_are_listed_and_shown_beside_rules(observing: Path) -> None:
    add_together(observing, 5)
    home = ("--home", str(observing))
    listed = value("list", "--source", "tocsin-ndjson", *home)["correlations"]
    assert [each["title"] for each in cast("list[dict[str, object]]", listed)] == ["Correlation 5"]
    assert value("list", "--source", "dmarc", *home)["correlations"] == []
    assert "Correlation 5" in call("list", *home).stdout
    found = value("show", "correlation 5", *home)
    assert found["asks"] == "3 or more different dst_ip within 10m, of the same src_ip"
    assert found["rules"] == [ID.format(1)]
    shown = call("show", ID.format(5), *home).stdout
    assert "Rule 1 (00000000)" in shown
    assert "1 hit, 1 miss" in shown
    tried = call("test", "correlation 5", "any.log", *home)
    assert tried.exit_code == USAGE
    assert "'Correlation 5' is a correlation" in tried.stderr


def test_an_example_with_a_cell_of_another_kind_is_told_with_its_line(observing: Path) -> None:
    add_together(observing, 5, ("src_ip", "dst_port"))
    file = observing / "catalogue" / "rules" / "rule-5.yml"
    odd = file.read_text("utf-8").replace('"dst_ip": "198', '"dst_port": "ssh", "dst_ip": "198')
    file.write_text(odd, "utf-8")
    result = call("check", "--home", str(observing))
    assert result.exit_code == REJECTED, result.output
    assert "rule-5.yml:1:" in result.stdout
    assert "a cell of the column 'dst_port' is none of the kind integer" in result.stdout


def test_correlations_are_checked_like_rules(observing: Path) -> None:
    add_together(observing, 5)
    before = value("check", "--home", str(observing))
    assert before["findings"] == []
    add_together(observing, 6, timespan="5m")
    add_together(observing, 7)
    add_together(observing, 8, ("src_ip", "dst_ip"))
    after = value("check", "--home", str(observing))
    assert after["correlations"] == cast("int", before["correlations"]) + 3
    assert after["examples"] == cast("int", before["examples"]) + 6
    found = cast("list[dict[str, object]]", after["findings"])
    seen = [(each["kind"], str(each["file"])[-5:], each["other"]) for each in found]
    assert seen == [
        ("shadowed", "6.yml", ID.format(5)),
        ("shadowed", "7.yml", ID.format(5)),
        ("never", "8.yml", None),
        ("example", "8.yml", None),
    ]
    assert all(each["line"] for each in found)
    result = call("check", "--home", str(observing))
    assert result.exit_code == REJECTED
    assert "4 things to mend" in result.stdout
