"""What a catalogue that loads may still lack: text, examples, columns that nobody uses."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.interop_load import load_vocabularies
from tocsin.catalogue.load import Loaded, load_files
from tocsin.model.errors import Problem

TEXTS: Final = ("meaning", "why", "fix", "method")


@dataclass(frozen=True, slots=True)
class Checked:
    """A catalogue that holds together, and what it lacks nevertheless."""

    catalogue: Catalogue
    lacks: tuple[Problem, ...]


def check_catalogue(extra: pathlib.Path | None = None) -> Checked:
    """Load as `load_catalogue` does, CatalogueError included, and look for what is missing.

    So for other vocabularies. Provisional types lack everything by nature; each is named, as
    something to be described.
    """
    loaded = load_files(SHIPPED, extra)
    load_vocabularies(loaded.catalogue, extra)
    lacks = [*_types(loaded), *_columns(loaded), *_sources(loaded)]
    return Checked(loaded.catalogue, tuple(sorted(lacks)))


def _types(loaded: Loaded) -> Iterator[Problem]:
    for name, report_type in loaded.catalogue.report_types.items():
        place = loaded.origins[name]
        if report_type.provisional:
            what = f"{name} is provisional: it passes through, and nobody has described it"
            todo = "write it into report_types/ with area, severity and text"
            yield dataclasses.replace(place, what=what, todo=todo)
            continue
        missing = [key for key in TEXTS if not report_type.text.get(key)]
        if missing:
            yield dataclasses.replace(place, what=f"{name} has no text for {', '.join(missing)}")
        if not report_type.sample:
            yield dataclasses.replace(place, what=f"{name} has no sample row")


def _columns(loaded: Loaded) -> Iterator[Problem]:
    types = loaded.catalogue.report_types.values()
    used = {name for report_type in types for name in report_type.column_names}
    for name in loaded.catalogue.columns.keys() - used - loaded.retired:
        what = f"no report type has the column {name!r}"
        yield Problem("columns.yaml", 0, 0, what, "use it, retire it, or take it out")


def _sources(loaded: Loaded) -> Iterator[Problem]:
    for name, source in loaded.catalogue.sources.items():
        where = f"sources/{name}.yaml"
        if not source.description:
            yield Problem(where, 0, 0, f"the source {name} has no description")
        if source.files and not loaded.examples[name].get("takes"):
            what = f"the source {name} has no examples of file names that it takes"
            yield Problem(where, 0, 0, what)
