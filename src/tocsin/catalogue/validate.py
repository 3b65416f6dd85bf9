"""Holding a file against its JSON Schema, and saying in words what does not fit."""

from __future__ import annotations

import difflib
import json
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tocsin.catalogue.yaml_lines import Document, Path
from tocsin.model.errors import Problem

SCHEMAS: Final = pathlib.Path(__file__).parent / "schema"

_KINDS: Final[Mapping[str, str]] = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}


@cache
def schema(name: str) -> Mapping[str, object]:
    """The JSON Schema of that name, as data."""
    loaded: Mapping[str, object] = json.loads((SCHEMAS / f"{name}.json").read_bytes())
    return loaded


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema(name))


def schema_problems(document: Document, name: str) -> tuple[tuple[Path, Problem], ...]:
    """Everything in which the document departs from the schema, with the path of each."""
    found = _validator(name).iter_errors(document.data)
    return tuple(told for error in found for told in _told(document, error))


def _told(document: Document, error: ValidationError) -> Iterable[tuple[Path, Problem]]:
    misfit = _misfit(error)
    if misfit.rule == "additionalProperties":
        for key in misfit.unknown_keys():
            place = (*misfit.path, key)
            what = f"unknown key {key!r}"
            yield place, document.problem(place, what, _nearest(key, misfit.known_keys))
        return
    what = misfit.in_words()
    yield misfit.path, document.problem(misfit.path, what, misfit.explained)


@dataclass(frozen=True, slots=True)
class _Misfit:
    """A validation error in the parts that its words need."""

    rule: str
    wanted: object
    found: object
    path: Path
    message: str
    explained: str
    known_keys: tuple[str, ...]

    def unknown_keys(self) -> list[str]:
        held = self.found if isinstance(self.found, dict) else {}
        return sorted(held.keys() - set(self.known_keys))

    def in_words(self) -> str:
        words = [str(part) for part in self.path if isinstance(part, str)]
        name = ".".join(words[-2:]) if words else "the file"
        shown = _short(self.found)
        texts = {
            "required": f"{name} lacks the key {self.message.partition(' is ')[0]}",
            "type": f"{name} has to be {_kinds(self.wanted)}, not {shown}",
            "enum": f"{name} is {shown}, which is none of {_listed(self.wanted)}",
            "pattern": f"{shown} does not fit {name}",
            "uniqueItems": f"{name} names something twice",
        }
        return texts.get(self.rule, f"{name} is {shown}")


def _misfit(error: ValidationError) -> _Misfit:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    path: Path = tuple(error.absolute_path)
    if "propertyNames" in error.absolute_schema_path:
        path = (*path, str(error.instance))
    return _Misfit(
        rule=str(error.validator),
        wanted=error.validator_value,
        found=error.instance,
        path=path,
        message=error.message,
        explained=_explained(error, schema),
        known_keys=tuple(sorted(schema.get("properties", {}))),
    )


def _explained(error: ValidationError, schema: Mapping[str, object]) -> str:
    if error.validator != "required":
        return str(schema.get("description", ""))
    # A missing key of a mapping is not explained by what the mapping is for.
    missing = error.message.partition(" is ")[0].strip("'")
    properties = schema.get("properties")
    found = properties.get(missing) if isinstance(properties, Mapping) else None
    told = str(found.get("description", "")) if isinstance(found, Mapping) else ""
    return f"add it: {told}" if told else "add it"


def _kinds(wanted: object) -> str:
    kinds = [str(kind) for kind in wanted] if isinstance(wanted, list) else [str(wanted)]
    return " or ".join(_KINDS.get(kind, kind) for kind in kinds)


def _listed(wanted: object) -> str:
    return ", ".join(str(word) for word in wanted) if isinstance(wanted, list) else str(wanted)


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _nearest(key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"{near[0]!r} was meant?" if near else f"known here: {', '.join(known)}"
