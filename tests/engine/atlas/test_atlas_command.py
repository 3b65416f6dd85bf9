"""`tocsin atlas` from a shell: what it prints, keeps, refuses, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from tocsin.cli.atlas import app
from tocsin.cli.file_options import spread

_DAY = "2026-11-22"


def _run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--home", str(home)])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "r.dat").write_text("192.0.2.0/24\t64496\n0.0.0.0/0\t64500\n")
    (tmp_path / "r.csv").write_text(
        "prefix,asn,peers\n2001:db8::/32,64497,2\n192.0.2.0/24,64498,9\n"
    )
    (tmp_path / "g.csv").write_text("prefix,country,city,naics\n192.0.2.0/25,xa,Ober-Ulm,517311\n")
    (tmp_path / "n.json").write_text('{"64496": "EXAMPLE [red]ONE"}')
    return tmp_path / "home"


def _build(home: Path, *more: str, at: str = _DAY) -> Result:
    base = home.parent
    routes = [str(base / "r.dat"), str(base / "r.csv")]
    geography = ["--geo", str(base / "g.csv"), "--names", str(base / "n.json")]
    return _run(home, "build", "--routes", *routes, *geography, "--at", at, *more)


def test_an_option_takes_several_files_as_a_shell_gives_them() -> None:
    assert spread(["--routes", "a", "b", "--at", "x"], ["--routes"]) == (
        ["--routes", "a", "--routes", "b", "--at", "x"]
    )
    assert spread(["--routes=a", "b", "--force", "c"], ["--routes"]) == (
        ["--routes=a", "--routes", "b", "--force", "c"]
    )


def test_building_tells_the_counts_the_notes_and_what_to_do_next(home: Path) -> None:
    result = _build(home)
    assert result.exit_code == 0, result.output
    assert "1 IPv4 prefixes, 1 IPv6 prefixes, 1 places" in result.stdout
    assert "r.dat: 1 default routes (/0) left out" in result.stderr
    assert result.stdout.splitlines()[-1].startswith("Next: tocsin atlas show")


def test_building_again_changes_nothing_and_says_so(home: Path) -> None:
    first, again = (json.loads(_build(home, "--json").stdout) for _ in range(2))
    assert (first["new"], again["new"]) == (True, False)
    assert first["name"] == again["name"]


def test_show_tells_origins_by_number_and_place(home: Path) -> None:
    _build(home)
    said = json.loads(_run(home, "show", "192.0.2.1", "--json").stdout)
    assert (said["prefix"], said["asn"], said["geo_prefix"]) == (
        "192.0.2.0/24",
        64498,
        "192.0.2.0/25",
    )
    assert said["origins"] == [
        {"asn": 64496, "peers": 1, "as_name": "EXAMPLE [red]ONE"},
        {"asn": 64498, "peers": 9, "as_name": None},
    ]
    assert (said["first"], said["last"]) == ("192.0.2.0", "192.0.2.127")
    assert (said["country"], said["city"], said["naics"]) == ("XA", "OBER-ULM", 517311)
    human = _run(home, "show", "192.0.2.1").stdout
    assert "AS64496 EXAMPLE [red]ONE (seen by 1)" in human
    assert "XA, OBER-ULM" in human


def test_show_asks_the_atlas_of_the_moment(home: Path) -> None:
    _build(home)
    (home.parent / "r.csv").write_text("prefix,asn\n2001:db8::/32,64499\n")
    _build(home, at="2026-11-23")
    shown = [
        json.loads(_run(home, "show", "2001:db8::1", "--json", *at).stdout)["asn"]
        for at in (["--at", "2026-11-22T23:59:59"], ["--at", "2026-11-23"], [])
    ]
    assert shown == [64497, 64499, 64499]
    early = _run(home, "show", "2001:db8::1", "--at", "2026-11-21")
    assert early.exit_code == 3
    assert "no atlas counts at 2026-11-21 00:00:00 UTC" in early.stderr


def test_the_gate_ends_with_3_and_keeps_nothing_unless_forced(home: Path) -> None:
    _build(home)
    (home.parent / "g.csv").write_text("prefix,country\n192.0.2.0/24,XA\n")
    (home.parent / "r.csv").write_text("prefix,asn\n192.0.2.0/24,64498\n")
    refused = _build(home, at="2026-11-23")
    assert refused.exit_code == 3
    assert "0 IPv6 prefixes, the earlier atlas" in refused.stderr
    assert _build(home, "--force", at="2026-11-23").exit_code == 0
    listed = json.loads(_run(home, "list", "--json").stdout)["atlases"]
    assert [one["prefixes_v6"] for one in listed] == [1, 0]


def test_list_checks_every_byte_when_asked(home: Path) -> None:
    _build(home)
    assert _run(home, "list", "--check").exit_code == 0
    (starts,) = (home / "atlas").glob("*/v4_starts.npy")
    array = np.load(starts)
    array[-1] += 1
    np.save(starts, array)
    assert _run(home, "list").exit_code == 0
    changed = _run(home, "list", "--check")
    assert changed.exit_code == 1
    assert "not the one it was" in changed.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["build", "--at", _DAY], 2, "no input"),
        (["build", "--routes", "absent.dat", "--at", _DAY], 3, "cannot be read"),
        (["build", "--routes", "absent.dat", "--at", "today"], 2, "no date or time"),
        (["show", "192.0.2.999"], 2, "is not an IP address"),
        (["show", "192.0.2.1"], 3, "there is no Tocsin home"),
        (["list"], 3, "there is no Tocsin home"),
    ],
)
def test_one_clear_message_and_the_documented_code(
    tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    result = _run(tmp_path / "home", *arguments)
    assert result.exit_code == code
    assert words in result.stderr


def test_a_home_without_an_atlas_says_how_to_get_one(home: Path) -> None:
    home.mkdir()
    assert "tocsin atlas build" in _run(home, "show", "192.0.2.1").stderr
    assert "tocsin atlas build" in _run(home, "list").stdout
