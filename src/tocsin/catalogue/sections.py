"""Reading one file of the catalogue: YAML, then schema, then the entries that are sound.

An entry with a mistake of form is told once and left out, so that the entries beside it are
still looked at: all mistakes come at once.
"""

from __future__ import annotations

import pathlib
from dataclasses import dataclass
from functools import lru_cache

from tocsin.catalogue.validate import schema_problems
from tocsin.catalogue.yaml_lines import MOST_BYTES, Document, Path, read_yaml
from tocsin.model.errors import Problem


@dataclass(frozen=True, eq=False)
class Section:
    """One file: what it says, and what is wrong with its form. The same bytes are one object."""

    document: Document
    problems: tuple[Problem, ...]
    broken: tuple[Path, ...]
    """Paths at which the form is wrong; the empty one if nothing could be read."""

    @property
    def readable(self) -> bool:
        """Whether there is anything to look at."""
        return isinstance(self.document.data, dict) and () not in self.broken

    def entries(self, key: str) -> dict[str, object]:
        """The sound entries of the mapping at `key`."""
        if not self.readable or not isinstance(self.document.data, dict):
            return {}
        held = self.document.data.get(key)
        if not isinstance(held, dict):
            return {}
        return {name: value for name, value in held.items() if self.is_sound((key, name))}

    def names(self, key: str) -> set[str]:
        """Names of all entries of the mapping at `key`, sound or not."""
        data = self.document.data
        held = data.get(key) if isinstance(data, dict) else None
        return set(held) if isinstance(held, dict) else set()

    def is_sound(self, path: Path) -> bool:
        """Whether nothing at `path`, around it or within it is of the wrong form."""
        return not any(
            wrong[: len(path)] == path or path[: len(wrong)] == wrong for wrong in self.broken
        )


def read_section(path: pathlib.Path, schema: str) -> Section:
    """Read one file and hold it against its schema. What it says is not to be changed."""
    where = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        what = f"the file cannot be read: {error.strerror}"
        problem = Problem(where, 0, 0, what, "see to its rights, or take it away")
        return Section(Document(where, None, {}), (problem,), ((),))
    return _section(content, where, schema)


@lru_cache(maxsize=2048)
def _section(content: bytes, where: str, schema: str) -> Section:
    """The same bytes are read once: of a night's three catalogues most is what ships."""
    document, mistakes = read_yaml(content, where)
    if document.data is None:
        empty = Problem(where, 1, 0, "the file says nothing", "write it, or take it away")
        return Section(document, mistakes or (empty,), ((),))
    misfits = [
        (path, problem)
        for path, problem in schema_problems(document, schema)
        # What could not be read has been told already.
        if not any(path[: len(spoiled)] == spoiled for spoiled in document.spoiled)
    ]
    # A root that lacks a key, or holds an unknown one, does not make its entries unsound.
    misfitting = [path for path, _ in misfits if path or not isinstance(document.data, dict)]
    broken = (*misfitting, *sorted(document.spoiled, key=str))
    return Section(document, (*mistakes, *(problem for _, problem in misfits)), broken)
