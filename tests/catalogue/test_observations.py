"""Kinds of observation of an operator's own, and what is wrong with some."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.catalogue.load import load_catalogue
from tocsin.model.errors import CatalogueError


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("lookup: {description: One., columns: {timestamp: text}}", "kept of every observation"),
        ("lookup: {description: One., columns: {dst_port: text}}", "kept of every observation"),
        ("login: {description: One.}", "the observation 'login' is described already"),
    ],
)
def test_what_is_wrong_with_a_kind_is_told_with_its_line_and_cure(
    tmp_path: Path, said: str, told: str
) -> None:
    (tmp_path / "observations.yaml").write_text(f"observations:\n  {said}\n", "utf-8")
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)
    (problem,) = caught.value.problems
    assert told in problem.what
    assert problem.line == 2
    assert problem.todo
