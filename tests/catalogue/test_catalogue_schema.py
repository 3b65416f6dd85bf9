"""The JSON Schemas explain themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tocsin.catalogue.validate import SCHEMAS, schema

NAMES = sorted(path.stem for path in SCHEMAS.glob("*.json"))


def subschemas(node: object, path: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Every place in which a schema speaks of a key or of what lies under it."""
    if not isinstance(node, dict):
        return
    yield path, node
    properties = node.get("properties", {})
    assert isinstance(properties, dict)
    for key, value in properties.items():
        yield from subschemas(value, f"{path}.{key}")
    for word in ("items", "additionalProperties", "propertyNames", "if", "then", "else"):
        yield from subschemas(node.get(word), f"{path}[{word}]")


@pytest.mark.parametrize("name", NAMES)
def test_every_key_of_a_file_is_explained(name: str) -> None:
    silent = [path for path, node in subschemas(schema(name), name) if not node.get("description")]
    assert silent == []


@pytest.mark.parametrize("name", NAMES)
def test_every_mapping_refuses_keys_that_nobody_described(name: str) -> None:
    open_ones = [
        path
        for path, node in subschemas(schema(name), name)
        if node.get("type") == "object"
        and "additionalProperties" not in node
        and "[if]" not in path
    ]
    assert open_ones == []


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(json.loads(Path(SCHEMAS / f"{name}.json").read_text()))
