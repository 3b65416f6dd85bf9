"""The table of families: one name for each, and no name for two."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from typer.testing import CliRunner

from tocsin.catalogue.families import folded
from tocsin.catalogue.load import load_catalogue
from tocsin.cli.catalogue import app

OWN = "families:\n  own-bot: [Win.OwnBot]\n  mirai: [our mirai]\n"


def test_what_ships_knows_the_well_known_families_and_no_name_means_two() -> None:
    families = load_catalogue().families
    assert len(families) >= 60
    said = Counter(
        folded(name) for each in families.values() for name in {each.name, *each.aliases}
    )
    assert [name for name, times in said.items() if times > 1] == []


def test_own_families_add_to_those_that_ship_and_change_the_version(tmp_path: Path) -> None:
    (tmp_path / "families.yaml").write_text(OWN)
    shipped, own = load_catalogue(), load_catalogue(tmp_path)
    assert own.families["own-bot"].aliases == ("Win.OwnBot",)
    assert {*own.families["mirai"].aliases} == {*shipped.families["mirai"].aliases, "our mirai"}
    assert own.version != shipped.version


def test_the_order_of_aliases_means_nothing(tmp_path: Path) -> None:
    versions = set()
    for text in ("families:\n  own-bot: [a, b]\n", "families:\n  own-bot: [b, a]\n"):
        (tmp_path / "families.yaml").write_text(text)
        versions.add(load_catalogue(tmp_path).version)
    assert len(versions) == 1


def test_a_family_is_shown_by_any_of_its_names() -> None:
    for name in ("bashlite", "Gafgyt", "LINUX.gafgyt"):
        shown = CliRunner().invoke(app, ["show", name, "--json"])
        value = json.loads(shown.stdout)
        assert (value["entry"], value["name"]) == ("family", "bashlite")
        assert "gafgyt" in value["aliases"]
