"""Atlases on disk: a directory each, opened by mapping it into memory.

    <directory>/<name>/atlas.json     the label: AtlasInfo, and the size of every file
                       *.npy          the arrays of `Layout`
                       *.arrow        its tables

A name is the moment from which the atlas counts and eight digits of its content's hash. An
atlas is written beside its place and renamed, so that it is there whole or not at all.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tocsin.engine.atlas.blocks import make_blocks
from tocsin.engine.atlas.build import BuiltAtlas
from tocsin.engine.atlas.disk import content_hash, damaged, read_layout, write_layout
from tocsin.engine.atlas.gate import refuse_implausible
from tocsin.engine.atlas.info import FORMAT, AtlasInfo, AtlasInput, atlas_for
from tocsin.engine.atlas.layout import Layout
from tocsin.engine.atlas.lookup import Atlas
from tocsin.engine.files import TEMPORARY, canonical_json, write_atomically
from tocsin.model.errors import AtlasError

__all__ = ["AtlasInfo", "atlas_for", "list_atlases", "load_atlas", "save_atlas", "verify_atlas"]

_LABEL = "atlas.json"
_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z-[0-9a-f]{8}")
_BUILD = "build one with tocsin atlas build"


def save_atlas(built: BuiltAtlas, directory: Path, *, force: bool) -> AtlasInfo:
    """Keep an atlas; the same content at the same moment again changes nothing.

    Raises AtlasError when another atlas counts from the same moment, or, unless `force`, when
    this one has fewer than half the prefixes or names of the newest earlier one. One process at
    a time may save to a directory.
    """
    name = f"{built.at:%Y-%m-%dT%H%M%SZ}-{content_hash(built.layout)[:8]}"
    known = list_atlases(directory)
    for info in known:
        if info.name == name:
            return info
        if info.at == built.at:
            raise AtlasError(
                f"another atlas, {info.name}, counts from the same moment",
                where=str(directory),
                todo="give the new one a later --at: what was located with the old one stays so",
            )
    new = AtlasInfo(
        name,
        built.at,
        built.prefixes_v4,
        built.prefixes_v6,
        built.places,
        built.inputs,
        names=built.layout.names.num_rows,
    )
    if not force:
        refuse_implausible(new, atlas_for(known, built.at))
    _write(new, built.layout, directory)
    return new


def list_atlases(directory: Path) -> tuple[AtlasInfo, ...]:
    """The atlases of a directory by the moment they count from; none if it does not exist.

    Names that begin with a dot are passed over: they were never finished. Raises AtlasError
    naming what is neither that nor an atlas.
    """
    if not directory.is_dir():
        return ()
    entries = sorted(path for path in directory.iterdir() if not path.name.startswith("."))
    return tuple(sorted((_read_label(path)[0] for path in entries), key=lambda info: info.at))


def load_atlas(directory: Path, name: str) -> Atlas:
    """Open an atlas; its arrays are mapped, not read, so that workers share them.

    Raises AtlasError for one that is missing, damaged, or of another format.
    """
    # A name comes out of plans and records too, and must not lead out of the directory.
    if not _NAME.fullmatch(name) or not (directory / name).is_dir():
        known = ", ".join(info.name for info in list_atlases(directory)) or "none"
        raise AtlasError(
            f"there is no atlas {name!r}; known: {known}", where=str(directory), todo=_BUILD
        )
    info, sizes = _read_label(directory / name)
    _check_sizes(directory / name, sizes)
    return Atlas(info, read_layout(directory / name))


def verify_atlas(directory: Path, name: str) -> AtlasInfo:
    """Read an atlas whole and compare it with the hash in its name.

    `load_atlas` looks at sizes only, since every worker opens it. Raises AtlasError.
    """
    atlas = load_atlas(directory, name)
    layout = atlas.layout
    found = content_hash(layout)[:8]
    if not name.endswith(found):
        raise damaged(directory / name / _LABEL, f"its content is not the one it was ({found})")
    if layout.blocks is not None and layout.overflow is not None:
        blocks, overflow = make_blocks(layout.v4_starts) or (None, None)
        for file, kept, made in (
            ("blocks.npy", layout.blocks, blocks),
            ("overflow.npy", layout.overflow, overflow),
        ):
            if made is None or not np.array_equal(kept, made):
                raise damaged(directory / name / file, "its content is not the one it was")
    return atlas.info


def _write(info: AtlasInfo, layout: Layout, directory: Path) -> None:
    temporary = directory / f".{info.name}{TEMPORARY}"
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        write_layout(layout, temporary)
        sizes = {path.name: path.stat().st_size for path in temporary.iterdir()}
        write_atomically(temporary / _LABEL, canonical_json(_label(info, sizes)))
        temporary.rename(directory / info.name)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _label(info: AtlasInfo, sizes: Mapping[str, int]) -> dict[str, object]:
    return {
        "format": info.format,
        "name": info.name,
        "at": info.at.isoformat(),
        "prefixes_v4": info.prefixes_v4,
        "prefixes_v6": info.prefixes_v6,
        "places": info.places,
        "names": info.names,
        "inputs": info.inputs,
        "sizes": dict(sizes),
    }


def _read_label(atlas: Path) -> tuple[AtlasInfo, dict[str, int]]:
    path = atlas / _LABEL
    try:
        said = json.loads(path.read_bytes())
        if said["format"] != FORMAT:
            raise AtlasError(
                f"the atlas has format {said['format']!r}, this version reads {FORMAT}",
                where=str(path),
                todo=_BUILD,
            )
        if said["name"] != atlas.name:
            raise damaged(path, f"it calls itself {said['name']!r}")
        return _info(said), {str(name): int(size) for name, size in said["sizes"].items()}
    except OSError as error:
        raise damaged(path, str(error.strerror)) from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise damaged(path, f"its label cannot be read ({error!r})") from error


def _info(said: Mapping[str, str]) -> AtlasInfo:
    at = dt.datetime.fromisoformat(said["at"])
    if at.tzinfo is None:
        raise ValueError("the moment names no time zone")
    return AtlasInfo(
        name=said["name"],
        at=at,
        prefixes_v4=int(said["prefixes_v4"]),
        prefixes_v6=int(said["prefixes_v6"]),
        places=int(said["places"]),
        inputs=tuple(_input(*one) for one in said["inputs"]),
        format=FORMAT,
        names=int(said.get("names", 0)),
    )


def _input(file: str, sha256: str, made: str = "", use: str = "") -> AtlasInput:
    """An input as a label tells it; earlier labels tell neither day nor use."""
    if made:
        dt.date.fromisoformat(made)
    return AtlasInput(str(file), str(sha256), str(made), str(use))


def _check_sizes(atlas: Path, sizes: Mapping[str, int]) -> None:
    for name, size in sorted(sizes.items()):
        path = atlas / name
        if not path.is_file():
            raise damaged(path, "this file is missing")
        found = path.stat().st_size
        if found != size:
            raise damaged(path, f"this file has {found} bytes instead of {size}")
