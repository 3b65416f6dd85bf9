"""Families of malware have one name in records that rules make, and what was said is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.fakes.small_home import SmallHome, event
from tests.strategies.rule_files import rule_text, write_rule

from tocsin.catalogue.yaml_lines import Plain

KIND = "event4_sinkhole"


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def add(small: SmallHome, number: int, tag: str, **emits: Plain) -> None:
    detection: dict[str, Plain] = {"one": {"tag": tag}, "condition": "one"}
    text = rule_text(number, detection, report_types=(KIND,), service="sensors", **emits)
    write_rule(small.home.catalogue, number, text)


def seen(second: int, *, by_rules: bool = True, **cells: object) -> dict[str, object]:
    said = {**event(second), "family": None, "infection": None, **cells}
    return {key: cell for key, cell in said.items() if key != "report_type" or not by_rules}


def records(small: SmallHome, *events: dict[str, object]) -> list[dict[str, object]]:
    small.collect_events(events)
    (file,) = (small.home.lake / "records").rglob("*.parquet")
    return sorted(pq.read_table(file).to_pylist(), key=lambda row: str(row["timestamp"]))


def said(row: dict[str, object]) -> object:
    extra = row["_extra"]
    return json.loads(str(extra)).get("family_said") if extra else None


def test_an_alias_becomes_the_one_name_and_what_was_said_is_kept(small: SmallHome) -> None:
    add(small, 1, "bot")
    first, second, third = records(
        small,
        seen(1, tag="bot", family="Elf.Bashlite", infection="GAFGYT"),
        seen(2, tag="bot", family="bashlite", infection="Redline Stealer"),
        seen(3, tag="bot", family="nobody-knows-it"),
    )
    assert (first["family"], first["infection"]) == ("bashlite", "bashlite")
    assert said(first) == "GAFGYT;Elf.Bashlite"
    assert (second["family"], second["infection"]) == ("bashlite", "redline")
    assert said(second) == "Redline Stealer"
    assert (third["family"], said(third)) == ("nobody-knows-it", None)


def test_what_a_rule_fills_in_has_the_one_name_too(small: SmallHome) -> None:
    add(small, 1, "bot", family="QBot")
    (row,) = records(small, seen(1, tag="bot"))
    assert (row["family"], said(row)) == ("qakbot", "QBot")


def test_rows_that_no_rule_judges_are_left_as_they_are(small: SmallHome) -> None:
    add(small, 1, "bot")
    (row,) = records(small, seen(1, by_rules=False, family="Gafgyt", infection="gafgyt"))
    assert (row["family"], row["infection"], said(row)) == ("Gafgyt", "gafgyt", None)


def test_a_masked_family_is_not_brought_back(small: SmallHome) -> None:
    add(small, 1, "bot", mask=["family"], remove=["infection"])
    (row,) = records(small, seen(1, tag="bot", family="Gafgyt", infection="Gafgyt"))
    assert (row["family"], row["infection"], row["_extra"]) == ("G***", None, None)


def test_families_of_the_home_count_as_well(small: SmallHome) -> None:
    add(small, 1, "bot")
    text = "families: {our-bot: ['Trojan:Win32/Our Bot!ml']}\n"
    (small.home.catalogue / "families.yaml").write_text(text)
    (row,) = records(small, seen(1, tag="bot", family="trojan:win32/our_bot!ML"))
    assert row["family"] == "our-bot"
