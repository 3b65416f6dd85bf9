"""Which files make a catalogue, each read and held against its schema."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.catalogue.build_correlations import is_correlation
from tocsin.catalogue.sections import Section, read_section


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
    roots = [shipped] if extra is None else [shipped, extra]
    rules = [path for root in roots for path in _yaml_files(root / "rules", ".yml")]
    if tried is not None:
        rules = [path for path in rules if path.resolve() != tried.resolve()]
    words = [shipped / "columns.yaml"]
    provisional: list[pathlib.Path] = []
    if extra is not None:
        words += _there([extra / "columns.yaml", *_yaml_files(extra / "columns")])
        provisional = _yaml_files(extra / "provisional")
    return Files(
        words=_read(words, "columns"),
        areas=read_section(shipped / "areas.yaml", "areas"),
        types=tuple(_read(_yaml_files(root / "report_types"), "family") for root in roots),
        sources=tuple(_read(_yaml_files(root / "sources"), "source") for root in roots),
        provisional=_read(provisional, "provisional"),
        observations=_read(_there(root / "observations.yaml" for root in roots), "observations"),
        families=_read(_there(root / "families.yaml" for root in roots), "families"),
        rules=tuple(_rule(path) for path in rules),
        tried=_rule(tried) if tried is not None else None,
    )


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
