"""Which files make a catalogue, each read and held against its schema."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from tocsin.catalogue.build_correlations import is_correlation
from tocsin.catalogue.sections import Section, read_section

SHIPPED: Final = pathlib.Path(__file__).parent


@dataclass(frozen=True)
class Files:
    """All files of one catalogue: what ships, and the operator's own after it.

    They are equal where every file is the very section it was before.
    """

    words: tuple[Section, ...]
    areas: Section
    types: tuple[tuple[Section, ...], ...]
    """By root, as are the sources."""
    sources: tuple[tuple[Section, ...], ...]
    provisional: tuple[Section, ...]
    observations: tuple[Section, ...]
    families: tuple[Section, ...]
    rules: tuple[Section, ...]
    """Without the one that is tried."""
    tried: Section | None


def read_files(
    shipped: pathlib.Path, extra: pathlib.Path | None, tried: pathlib.Path | None
) -> Files:
    """Read them; what is wrong with the form of one is told by its section."""
    first = _what_ships() if shipped == SHIPPED else _read_root(shipped)
    roots = [first] if extra is None else [first, _read_root(extra)]
    rules = [each for root in roots for each in root.rules]
    if tried is not None:
        instead = tried.resolve()
        rules = [each for each in rules if _place(each).resolve() != instead]
    words, provisional = [shipped / "columns.yaml"], []
    if extra is not None:
        words += _there([extra / "columns.yaml", *_yaml_files(extra / "columns")])
        provisional = _yaml_files(extra / "provisional")
    return Files(
        words=_read(words, "columns"),
        areas=read_section(shipped / "areas.yaml", "areas"),
        types=tuple(root.types for root in roots),
        sources=tuple(root.sources for root in roots),
        provisional=_read(provisional, "provisional"),
        observations=tuple(each for root in roots for each in root.observations),
        families=tuple(each for root in roots for each in root.families),
        rules=tuple(rules),
        tried=_rule(tried) if tried is not None else None,
    )


@dataclass(frozen=True)
class _Root:
    """What there may be in what ships as well as beside it."""

    types: tuple[Section, ...]
    sources: tuple[Section, ...]
    observations: tuple[Section, ...]
    families: tuple[Section, ...]
    rules: tuple[Section, ...]


@lru_cache(maxsize=1)
def _what_ships() -> _Root:
    """Some 270 files, which do not change while a process runs."""
    return _read_root(SHIPPED)


def _read_root(root: pathlib.Path) -> _Root:
    return _Root(
        types=_read(_yaml_files(root / "report_types"), "family"),
        sources=_read(_yaml_files(root / "sources"), "source"),
        observations=_read(_there([root / "observations.yaml"]), "observations"),
        families=_read(_there([root / "families.yaml"]), "families"),
        rules=tuple(_rule(path) for path in _yaml_files(root / "rules", ".yml")),
    )


def _place(section: Section) -> pathlib.Path:
    return pathlib.Path(section.document.where)


def _yaml_files(directory: pathlib.Path, ending: str = ".yaml") -> list[pathlib.Path]:
    # Names that begin with a dot are files being written, by us or by an editor.
    held = (path for path in directory.glob(f"*{ending}") if not path.name.startswith("."))
    return sorted(held)


def _there(paths: Iterable[pathlib.Path]) -> list[pathlib.Path]:
    return [path for path in paths if path.exists()]


def _read(paths: Iterable[pathlib.Path], schema: str) -> tuple[Section, ...]:
    return tuple(read_section(path, schema) for path in paths)


def _rule(path: pathlib.Path) -> Section:
    section = read_section(path, "rule")
    return read_section(path, "correlation") if is_correlation(section) else section
