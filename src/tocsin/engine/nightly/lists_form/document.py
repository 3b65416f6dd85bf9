"""A lists file as a whole: its parts, in the order in which they name each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.nightly.lists_form.fields import Fields, Mistakes, shown
from tocsin.engine.nightly.lists_form.lists import ListForm
from tocsin.engine.nightly.lists_form.networks import read_networks
from tocsin.engine.nightly.lists_form.places import Path
from tocsin.engine.nightly.lists_form.suppressions import SuppressionForm
from tocsin.engine.nightly.lists_form.types import TypeNames
from tocsin.engine.nightly.subscribers import (
    Organisation,
    OrganisationKind,
    ReportList,
    Suppression,
)

FORMAT: Final = "tocsin-lists/1"


@dataclass(frozen=True, slots=True)
class Document:
    """What a lists file says; not to be used if there were mistakes."""

    organisations: Mapping[str, Organisation]
    lists: Mapping[int, ReportList]
    suppressions: tuple[Suppression, ...]


def read_document(said: object, catalogue: Catalogue | None, mistakes: Mistakes) -> Document:
    """Read it all, keeping every mistake."""
    top = Fields(
        said,
        (),
        mistakes,
        required=("format", "organisations", "lists"),
        optional=("suppressions",),
    )
    if "format" in top and top.raw("format") != FORMAT:
        top.wrong("format", f"format is {shown(top.raw('format'))}, not {FORMAT!r}")
    organisations: dict[str, Organisation] = {}
    for number, each in enumerate(top.array("organisations")):
        _read_organisation(each, ("organisations", number), mistakes, organisations)
    types = TypeNames(catalogue, mistakes)
    lists = ListForm(organisations, types, mistakes)
    for number, each in enumerate(top.array("lists")):
        lists.read(each, ("lists", number))
    suppressions = SuppressionForm(lists.ids, types, mistakes)
    for number, each in enumerate(top.array("suppressions")):
        suppressions.read(each, ("suppressions", number))
    return Document(organisations, lists.lists, tuple(suppressions.suppressions.values()))


def _read_organisation(
    said: object, path: Path, mistakes: Mistakes, into: dict[str, Organisation]
) -> None:
    fields = Fields(said, path, mistakes, required=("id", "name", "kind", "networks"))
    identity = fields.text("id")
    if identity in into:
        fields.wrong("id", f"a second organisation with the id {shown(identity)}")
    kind = fields.word("kind", OrganisationKind) or OrganisationKind.OWNER
    networks = tuple(network for _, network in read_networks(fields, mistakes))
    into[identity] = Organisation(identity, fields.text("name"), kind, networks)
