"""What `collect`, `nightly`, `reports` and `prune` say to a newcomer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tocsin.cli.exit_codes import DONE, USAGE
from tocsin.cli.main import application

NOW = "2026-11-23T00:30:00Z"
ROW: Mapping[str, object] = {
    "report_type": "event4_honeypot_brute_force",
    "sensor": "pot-1",
    "timestamp": "2026-11-22T04:12:09Z",
    "protocol": "tcp",
    "src_ip": "192.0.2.44",
    "dst_port": 22,
}
SOURCE = """\
extends: tocsin-ndjson
title: Our honeypots
files: ["pot-*.ndjson*"]
examples: {takes: [pot-1.ndjson]}
filters: {reserved_allowed: [documentation]}
"""
LISTS = {
    "format": "tocsin-lists/1",
    "organisations": [
        {"id": "far-away", "name": "Far Away", "kind": "owner", "networks": [{"asn": 64500}]}
    ],
    "lists": [{"id": 1, "name": "far-away", "organisation": "far-away", "filter": "asn"}],
}


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(application(words[0]), [*words, "--home", str(home)])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a source, an atlas and a list that nothing concerns."""
    home = tmp_path / "home"
    sources = home / "catalogue" / "sources"
    sources.mkdir(parents=True)
    (sources / "my-honeypots.yaml").write_text(SOURCE, "utf-8")
    (home / "lists.json").write_text(json.dumps(LISTS), "utf-8")
    (tmp_path / "routes.csv").write_text("prefix,asn\n192.0.2.0/24,64496\n", "utf-8")
    routes = str(tmp_path / "routes.csv")
    built = run(home, "atlas", "build", "--routes", routes, "--at", "2026-11-20")
    assert built.exit_code == 0, built.output
    return home


def collect(home: Path, *lines: str) -> Result:
    file = home.parent / "pot-1.ndjson"
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return run(home, "collect", str(file), "--source", "my-honeypots", "--now", NOW)


def test_a_night_of_which_nobody_is_told_says_so(home: Path) -> None:
    collect(home, json.dumps(ROW))
    night = run(home, "nightly", "--date", "2026-11-22", "--now", NOW)
    assert night.exit_code == 0, night.output
    assert "nobody is told of anything" in night.output
    assert "0 lists" not in night.output


def test_areas_are_called_by_their_titles(home: Path) -> None:
    collect(home, json.dumps(ROW))
    night = run(home, "nightly", "--date", "2026-11-22", "--now", NOW)
    assert "Scans and break-in attempts" in night.output
    assert "exposure" not in night.output
    assert "Rows by area" in night.output


def test_what_was_noticed_is_said_in_words(home: Path) -> None:
    said = collect(home, json.dumps(ROW), "").output
    assert "Blank lines: 1." in said
    assert "blank_lines" not in said


def test_after_a_file_that_was_turned_away_it_is_named(home: Path) -> None:
    picture = home.parent / "a picture.bin"
    picture.write_bytes(b"\x89PNG\0\0\0\1" * 40)
    said = run(home, "collect", str(picture), "--source", "my-honeypots", "--now", NOW).output
    assert f"Next: tocsin look '{picture}'" in said


def test_after_rows_that_were_all_rejected_the_file_is_named(home: Path) -> None:
    said = collect(home, json.dumps({**ROW, "timestamp": "long ago"})).output
    assert f"Next: tocsin look {home.parent / 'pot-1.ndjson'}" in said


def test_what_is_taken_for_history_leads_to_no_night(home: Path) -> None:
    file = home.parent / "old.ndjson"
    file.write_text(json.dumps({**ROW, "timestamp": "2026-11-20T04:00:00Z"}) + "\n", "utf-8")
    words = ("collect", str(file), "--source", "my-honeypots", "--historical", "--now", NOW)
    assert "nightly" not in run(home, *words).output


def test_a_whole_day_is_listed_rather_than_one_that_has_only_begun(home: Path) -> None:
    collect(home, json.dumps(ROW))
    for words in (("--date", "2026-11-22"), ("--date", "2026-11-23", "--partial")):
        assert run(home, "nightly", *words, "--now", NOW).exit_code == 0
    assert "2026-11-22" in run(home, "reports", "list").output


def test_without_anything_taken_in_no_night_is_proposed(home: Path) -> None:
    assert "Next: tocsin collect" in run(home, "reports", "list").output
    collect(home, json.dumps(ROW))
    assert "Next: tocsin nightly" in run(home, "reports", "list").output


def test_an_export_of_nothing_makes_no_directory(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(home, "reports", "export", str(out)).exit_code == USAGE
    collect(home, json.dumps(ROW))
    run(home, "nightly", "--date", "2026-11-22", "--now", NOW)
    exported = run(home, "reports", "export", str(out))
    assert exported.exit_code == DONE
    assert "Nothing was written" in exported.output
    assert not out.exists()


def test_lists_of_the_home_need_not_be_named(home: Path) -> None:
    assert "--lists" not in run(home, "lists", "check").output
    (home / "lists.json").unlink()
    missing = run(home, "lists", "check")
    assert "--lists" not in missing.output
    assert "tocsin lists check FILE" in " ".join(missing.output.split())


def test_a_folder_of_no_source_in_the_spool_is_pointed_out(home: Path) -> None:
    (home / "spool" / "my-honeypot").mkdir(parents=True)
    watched = run(home, "collect", "--watch", "--once", "--now", NOW)
    assert "no source is called my-honeypot (my-honeypots was meant?)" in watched.output
    assert watched.exit_code == DONE
