"""Names that there are not: those that were meant are told, and never a page of names."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.strategies.rule_files import rule_text, write_rule

from tocsin.catalogue.load import load_catalogue
from tocsin.catalogue.nearest import LIST_NAMES_THEM, in_type, nearest
from tocsin.catalogue.yaml_lines import Plain
from tocsin.model.errors import CatalogueError


def test_those_that_are_like_it_are_named_else_all_of_a_few_or_where_they_are_listed() -> None:
    many = [f"source-{number}" for number in range(60)]
    assert nearest("sorce-7", many) == "'source-7' was meant?"
    assert nearest("source-7x", many, most=2) == "'source-7' or 'source-57' was meant?"
    assert nearest("zzz", many) == LIST_NAMES_THEM
    assert nearest("zzz", ["b", "a"]) == "there are a, b"
    assert nearest("zzz", []) == LIST_NAMES_THEM
    assert in_type("zzz", "scan_ssh", many) == "tocsin catalogue show scan_ssh names those it has"


def test_a_source_that_there_is_not_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(None).source("cowry")
    assert caught.value.todo == (
        "describe it in sources/cowry.yaml, or name another: 'cowrie' was meant?"
    )
    detection: dict[str, Plain] = {"one": {"service": "ssh"}, "condition": "one"}
    write_rule(tmp_path, 1, rule_text(1, detection, service="nothing-like-it"))
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)
    (problem,) = caught.value.problems
    assert problem.todo == LIST_NAMES_THEM
