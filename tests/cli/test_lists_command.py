"""`tocsin lists check` as people call it."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from tocsin.cli.exit_codes import DONE, TERMINAL
from tocsin.cli.main import application

LISTS = {
    "format": "tocsin-lists/1",
    "organisations": [
        {"id": "isp", "name": "ISP", "kind": "owner", "networks": [{"cidr": "192.0.2.0/24"}]}
    ],
    "lists": [
        {"id": 1, "name": "isp", "organisation": "isp", "filter": "cidr"},
        {"id": 2, "name": "isp", "organisation": "isp", "filter": "asn"},
    ],
}


def _check(*arguments: str) -> Result:
    return CliRunner().invoke(application("lists"), ["lists", "check", *arguments])


def _file(folder: Path, text: str) -> str:
    path = folder / "lists.json"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_good_file_is_counted_and_what_is_odd_is_pointed_out(tmp_path: Path) -> None:
    result = _check(_file(tmp_path, json.dumps(LISTS)))
    assert result.exit_code == DONE
    assert "1 asn, 1 cidr" in result.stdout
    assert "no mistake, 1 thing to look at" in result.stdout
    assert "list 2 (isp, asn) gets nothing" in result.stderr
    assert result.stdout.strip().splitlines()[-1].startswith("Next: tocsin nightly --lists")


def test_the_figures_come_as_one_json_object(tmp_path: Path) -> None:
    result = _check(_file(tmp_path, json.dumps(LISTS)), "--json")
    said = json.loads(result.stdout)
    assert said["lists"] == {"asn": 1, "cidr": 1}
    assert len(said["warnings"]) == 1
    assert len(said["sha256"]) == 64


def test_mistakes_end_with_the_code_for_what_has_to_be_changed(tmp_path: Path) -> None:
    text = json.dumps(LISTS, indent=1).replace("192.0.2.0/24", "192.0.2.1/24")
    result = _check(_file(tmp_path, text.replace('"asn"', '"\\u001b[31masn"')))
    assert result.exit_code == TERMINAL
    assert "192.0.2.0/24 was meant?" in result.stderr
    assert "\x1b" not in result.stderr
    assert result.stdout == ""


def test_without_a_file_the_homes_own_is_checked(tmp_path: Path) -> None:
    _file(tmp_path, json.dumps(LISTS))
    assert _check("--home", str(tmp_path)).exit_code == DONE
    assert _check("--home", str(tmp_path / "none")).exit_code == TERMINAL
