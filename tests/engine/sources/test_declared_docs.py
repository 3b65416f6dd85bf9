"""The page that shows how to describe a format: what it says can be done, is done here."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from tests.fakes.small_home import SmallHome

from tocsin.catalogue.reading import Form
from tocsin.engine.intake.ledger import Ledger

PAGE = Path(__file__).parents[3] / "docs" / "developers" / "formats.md"


def _blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def test_the_partner_of_the_page_is_read_as_it_says(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    source, _, _ = _blocks("yaml")
    small.write_source("partner", source)
    (content,) = _blocks("csv")
    path = small.put("partner-2026-11-22.csv", content.encode())
    small.collect(path, source="partner", switched_off=("reserved",))
    ((piece,),) = (record.pieces for record in Ledger(small.home.ledger).records())
    assert piece.records == {"event4_sinkhole": 1}
    assert piece.dropped == {"comment": 1, "header": 1}


def test_the_rule_of_the_page_is_asked(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    source, reading, rule = map(yaml.safe_load, _blocks("yaml"))
    reading["reading"] |= {"delimiter": "semicolon", "comment": "#"}
    small.write_source("partner", yaml.safe_dump(source | reading))
    rules = small.home.catalogue / "rules"
    rules.mkdir()
    (rules / "bots.yml").write_text(yaml.safe_dump(rule), encoding="utf-8")
    content = b"Seen;Machine;What;Evidence\n2026-11-22 04:12;192.0.2.10;Bot/x;\n" + (
        b"2026-11-22 04:13;192.0.2.11;spam;\n"
    )
    path = small.put("partner-2026-11-22.csv", content)
    small.collect(path, source="partner", switched_off=("reserved",))
    ((piece,),) = (record.pieces for record in Ledger(small.home.ledger).records())
    assert piece.records == {"event4_sinkhole": 1}
    assert piece.dropped == {"header": 1, "no_rule": 1}


def test_every_form_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [form.value for form in Form if f"`{form.value}`" not in text] == []
