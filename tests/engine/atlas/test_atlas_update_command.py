"""`tocsin atlas update` from a shell, against a publisher on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tocsin.cli.atlas import app
from tocsin.engine.atlas.fake_publisher import FakePublisher, fake_publisher

_OFF = ("afrinic", "apnic", "lacnic", "ripencc")
_NOW = "2026-11-22T12:00:00Z"
_TABLE = (
    b"192.0.2.0\t192.0.2.255\t64496\tXA\tEXAMPLE-ONE\n"
    b"2001:db8::\t2001:db8:ffff:ffff:ffff:ffff:ffff:ffff\t64497\tXB\tEXAMPLE-TWO\n"
)
_PLACES = b"2|arin|1|1|1|20261121|+0\narin|XA|ipv4|192.0.2.0|256|2001|assigned|h\n"
_NAMES = b"64496 EXAMPLE-ONE - Example Inc, XA\n"


@dataclass
class World:
    """A home whose maps come from a publisher on this machine."""

    home: Path
    fake: FakePublisher
    files: dict[str, bytes]

    def run(self, *arguments: str, now: str = _NOW) -> Result:
        command = ["update", "--home", str(self.home), "--now", now, *arguments]
        return CliRunner().invoke(app, command)

    def said(self, *arguments: str, now: str = _NOW) -> dict[str, object]:
        result = self.run("--json", *arguments, now=now)
        assert result.exit_code == 0, result.output
        value: dict[str, object] = json.loads(result.stdout)
        return value

    def show(self, address: str) -> dict[str, object]:
        result = CliRunner().invoke(app, ["show", address, "--json", "--home", str(self.home)])
        value: dict[str, object] = json.loads(result.stdout)
        return value


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    files = {"/ip2asn.tsv": _TABLE, "/delegated": _PLACES, "/asn.txt": _NAMES}
    with fake_publisher(files) as fake:
        home = tmp_path / "home"
        home.mkdir()
        off = "".join(f"[maps.sources.{name}]\nurl = ''\n" for name in _OFF)
        (home / "tocsin.toml").write_text(
            f"[maps]\nattempts = 1\nleast_names = 1\n{off}"
            f"[maps.sources.iptoasn]\nurl = '{fake.url('/ip2asn.tsv')}'\n"
            f"[maps.sources.arin]\nurl = '{fake.url('/delegated')}'\nchecksum = ''\n"
            f"[maps.sources.asnames]\nurl = '{fake.url('/asn.txt')}'\n"
        )
        yield World(home, fake, files)


def test_maps_are_fetched_shown_and_compiled(world: World) -> None:
    result = world.run()
    assert result.exit_code == 0, result.output
    for words in ("iptoasn", "2026-11-22", "public domain (PDDL 1.0)", "fetched"):
        assert words in result.stdout
    assert "1 IPv4 prefixes, 1 IPv6 prefixes, 1 places" in result.stdout
    assert "events before 2026-11-22 12:00:00 UTC belong to nobody" in result.stderr
    found = world.show("192.0.2.1")
    assert (found["asn"], found["as_name"], found["country"]) == (
        64496,
        "EXAMPLE-ONE - Example Inc",
        "XA",
    )
    assert result.stdout.splitlines()[-1].startswith("Next: tocsin atlas show")


def test_json_tells_date_checksum_and_licence_of_each_map(world: World) -> None:
    maps = world.said()["maps"]
    assert isinstance(maps, list)
    assert [(each["name"], each["use"], each["came"]) for each in maps] == [
        ("iptoasn", "routes", "fetched"),
        ("arin", "geo", "fetched"),
        ("asnames", "names", "fetched"),
    ]
    assert all(len(each["sha256"]) == 64 and each["licence"] for each in maps)


def test_the_same_maps_again_build_nothing(world: World) -> None:
    first = world.said()
    again = world.said(now="2026-11-22T13:00:00Z")
    assert (first["new"], again["new"]) == (True, False)
    assert first["name"] == again["name"]


def test_the_same_map_as_something_else_makes_another_atlas(world: World) -> None:
    world.said()
    settings = world.home / "tocsin.toml"
    text = settings.read_text().replace("sources.arin]", "sources.arin]\nuse = 'geo'")
    (world.home / "tocsin.toml").write_text(
        text.replace("sources.iptoasn]", "sources.iptoasn]\nuse = 'geo'")
    )
    again = world.said("--force", now="2026-11-23T12:00:00Z")
    assert again["new"] is True
    assert (world.show("192.0.2.1")["asn"], world.show("2001:db8::1")["country"]) == (None, "XB")


def test_a_changed_map_makes_an_atlas_that_counts_from_now_on(world: World) -> None:
    world.said()
    world.files["/ip2asn.tsv"] = _TABLE.replace(b"64496", b"64499")
    again = world.said(now="2026-11-23T12:00:00Z")
    assert again["at"] == "2026-11-23T12:00:00+00:00"
    assert world.show("192.0.2.1")["asn"] == 64499


def test_files_of_ones_own_come_last(world: World, tmp_path: Path) -> None:
    own, industries = tmp_path / "own.csv", tmp_path / "industries.csv"
    own.write_text("prefix,country,city\n192.0.2.0/24,XC,Ober-Ulm\n")
    industries.write_text("asn,naics,sector\n64496,517311,Communications\n")
    world.said("--geo", str(own), str(industries))
    found = world.show("192.0.2.1")
    assert (found["country"], found["city"], found["naics"]) == ("XC", "OBER-ULM", 517311)


def test_a_map_that_cannot_be_had_is_kept_told_and_ends_with_1(world: World) -> None:
    world.said()
    world.files["/ip2asn.tsv"] = _TABLE.replace(b"64496", b"64499")
    del world.files["/delegated"]
    result = world.run(now="2026-12-02T12:00:00Z")
    assert result.exit_code == 1
    assert "arin is the copy of 2026-11-22" in result.stderr
    assert "answers 404" in result.stderr
    assert "arin is 10 days old" in result.stderr
    assert world.show("192.0.2.1")["asn"] == 64499


def test_maps_that_were_never_had_stop_it_and_nothing_is_built(world: World) -> None:
    del world.files["/delegated"]
    gone = world.run()
    assert gone.exit_code == 3
    assert "arin: http://127.0.0.1" in gone.stderr
    world.fake.dials.refuse = 9
    busy = world.run()
    assert busy.exit_code == 4
    assert not (world.home / "atlas").exists()


def test_the_gate_guards_an_update_too(world: World) -> None:
    world.said()
    world.files["/ip2asn.tsv"] = _TABLE.splitlines(keepends=True)[0]
    refused = world.run(now="2026-11-23T12:00:00Z")
    assert refused.exit_code == 3
    assert "0 IPv6 prefixes" in refused.stderr
    assert world.run("--force", now="2026-11-23T12:00:00Z").exit_code == 0


def test_the_gate_counts_names_too(world: World) -> None:
    world.files["/asn.txt"] = b"".join(b"%d EXAMPLE\n" % n for n in range(64496, 64512))
    assert world.run().exit_code == 0
    (world.home / "maps" / "asnames" / "map.json").unlink()
    world.files["/asn.txt"] = _NAMES
    refused = world.run(now="2026-11-23T12:00:00Z")
    assert refused.exit_code == 3
    assert "2 names of ASes, the earlier atlas" in refused.stderr


def test_offline_takes_the_files_from_a_directory(world: World, tmp_path: Path) -> None:
    offline = tmp_path / "offline"
    offline.mkdir()
    for path, content in world.files.items():
        (offline / path.removeprefix("/")).write_bytes(content)
    assert world.said("--offline", str(offline))["new"] is True
    assert world.fake.requests == []
    assert world.run("--offline", str(tmp_path / "none")).exit_code == 2


def test_the_date_of_a_file_is_never_sent_to_a_publisher(world: World, tmp_path: Path) -> None:
    offline = tmp_path / "offline"
    offline.mkdir()
    for path, content in world.files.items():
        (offline / path.removeprefix("/")).write_bytes(content)
    world.said("--offline", str(offline))
    world.said(now="2026-11-23T12:00:00Z")
    assert len(world.fake.requests) == 3
    assert not any("if-modified-since" in headers for _, headers in world.fake.requests)


def test_list_tells_the_maps_and_fetches_none(world: World) -> None:
    result = world.run("--list")
    assert result.exit_code == 0
    assert "iptoasn" in result.stdout
    assert "apnic" not in result.stdout
    assert world.fake.requests == []


def test_without_a_configuration_the_public_maps_are_listed(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["update", "--list", "--json", "--home", str(tmp_path / "h")])
    maps = json.loads(result.stdout)["maps"]
    assert {"iptoasn", "arin", "asnames"} < {each["name"] for each in maps}
    assert not (tmp_path / "h").exists()
