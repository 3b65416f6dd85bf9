"""The words of people's languages, which are data: one file per purpose below `words`."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from tocsin.model.errors import CatalogueError, Problem

Words = dict[str, tuple[str, ...]]


@cache
def words(name: str) -> Words:
    """The words of `words/NAME.yaml` by meaning; CatalogueError if the file is wrong."""
    folder = resources.files(__package__) / "words"
    where = f"{name}.yaml"
    said = yaml.safe_load((folder / where).read_text("utf-8"))
    schema = json.loads((folder / "words.schema.json").read_text("utf-8"))
    problems = [_problem(where, each) for each in Draft202012Validator(schema).iter_errors(said)]
    if problems:
        raise CatalogueError(
            "words by which mails are read do not hold together", where=where, problems=problems
        )
    return {
        meaning: tuple(each.lower() for each in told) for meaning, told in said["words"].items()
    }


def _problem(where: str, error: Any) -> Problem:
    path = "/".join(str(each) for each in error.absolute_path)
    return Problem(where, 0, 0, f"{path}: {error.message}", "see words.schema.json")
