"""The bytes of an atlas: an `.npy` file for each array, an Arrow file for each table."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.atlas.layout import NAMES, ORIGIN_SETS, PLACES, REGISTRIES, Int32s, Layout
from tocsin.engine.files import atomic_path, canonical_json
from tocsin.model.errors import AtlasError

_Kind = TypeVar("_Kind", bound=np.generic)

_ARRAYS = {
    "v4_starts": np.dtype("<u4"),
    "v6_starts": np.dtype("S16"),
    "origin_set": np.dtype("<i4"),
    "route_length": np.dtype("u1"),
    "place": np.dtype("<i4"),
    "place_length": np.dtype("u1"),
    "blocks": np.dtype("<i4"),
    "overflow": np.dtype("<i4"),
    "neighbour_set": np.dtype("<i4"),
    "neighbour_bounds": np.dtype("<u4"),
    "neighbours": np.dtype("<u4"),
    "registry": np.dtype("u1"),
}
_SHORT_CUT = ("blocks", "overflow")
_OF_INTERVALS = (
    "origin_set", "route_length", "place", "place_length", "neighbour_set", "registry",
)  # fmt: skip
_TABLES = {"origin_sets": ORIGIN_SETS, "places": PLACES, "names": NAMES}


def damaged(path: Path, what: str) -> AtlasError:
    """The error for a file of an atlas that is not as it was written."""
    return AtlasError(
        f"the atlas is damaged: {what}",
        where=str(path),
        todo=f"remove {path.parent} and build it again with tocsin atlas build",
    )


def content_hash(layout: Layout) -> str:
    """SHA-256 over what the atlas says, the same whichever library wrote the files."""
    digest = hashlib.sha256()
    for name, array in _arrays(layout).items():
        if name not in _SHORT_CUT:
            digest.update(f"{name} {len(array)}\n".encode())
            digest.update(array.tobytes())
    for name in _TABLES:
        digest.update(canonical_json(getattr(layout, name).to_pydict()))
    return digest.hexdigest()


def write_layout(layout: Layout, directory: Path) -> None:
    """Write all arrays and tables into a directory."""
    for name, array in _arrays(layout).items():
        with atomic_path(directory / f"{name}.npy") as path, path.open("wb") as stream:
            np.save(stream, array)
    for name in _TABLES:
        table: pa.Table = getattr(layout, name).combine_chunks()
        with (
            atomic_path(directory / f"{name}.arrow") as path,
            pa.OSFile(str(path), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as writer,
        ):
            writer.write_table(table)


def _arrays(layout: Layout) -> dict[str, NDArray[np.generic]]:
    every = {name: getattr(layout, name) for name in _ARRAYS}
    return {
        name: array.astype(_ARRAYS[name], copy=False)
        for name, array in every.items()
        if array is not None
    }


def read_layout(directory: Path) -> Layout:
    """Map what `write_layout` wrote into memory. Raises AtlasError if it does not fit together."""
    short_cut = (directory / "blocks.npy").exists()
    paths = (directory / "neighbour_set.npy").exists()
    delegated = (directory / "registry.npy").exists()
    layout = Layout(
        v4_starts=_read_array(directory, "v4_starts", np.uint32),
        v6_starts=_read_array(directory, "v6_starts", np.bytes_),
        origin_set=_read_array(directory, "origin_set", np.int32),
        route_length=_read_array(directory, "route_length", np.uint8),
        place=_read_array(directory, "place", np.int32),
        place_length=_read_array(directory, "place_length", np.uint8),
        origin_sets=_read_table(directory, "origin_sets"),
        places=_read_table(directory, "places"),
        names=_read_table(directory, "names"),
        blocks=_read_array(directory, "blocks", np.int32) if short_cut else None,
        overflow=_read_array(directory, "overflow", np.int32) if short_cut else None,
        neighbour_set=_read_array(directory, "neighbour_set", np.int32) if paths else None,
        neighbour_bounds=_read_array(directory, "neighbour_bounds", np.uint32) if paths else None,
        neighbours=_read_array(directory, "neighbours", np.uint32) if paths else None,
        registry=_read_array(directory, "registry", np.uint8) if delegated else None,
    )
    intervals = len(layout.v4_starts) + len(layout.v6_starts)
    for name in _OF_INTERVALS:
        array = getattr(layout, name)
        if array is not None and len(array) != intervals:
            raise damaged(directory / f"{name}.npy", f"it does not hold {intervals} values")
    _check_rows(directory / "origin_set.npy", layout.origin_set, layout.origin_sets.num_rows)
    _check_rows(directory / "place.npy", layout.place, layout.places.num_rows)
    _check_neighbours(directory, layout)
    if layout.registry is not None and layout.registry.max() > len(REGISTRIES):
        raise damaged(directory / "registry.npy", "it names a registry that there is not")
    return layout


def _check_neighbours(directory: Path, layout: Layout) -> None:
    sets, bounds, numbers = layout.neighbour_set, layout.neighbour_bounds, layout.neighbours
    if sets is None or bounds is None or numbers is None:
        return
    path = directory / "neighbour_bounds.npy"
    if not len(bounds) or bounds[0] != 0 or bounds[-1] != len(numbers):
        raise damaged(path, f"it does not divide {len(numbers)} AS numbers")
    if (bounds[1:] < bounds[:-1]).any():
        raise damaged(path, "its values do not ascend")
    _check_rows(directory / "neighbour_set.npy", sets, len(bounds) - 1)


def _check_rows(path: Path, rows: Int32s, count: int) -> None:
    if rows.min() < -1 or rows.max() >= count:
        raise damaged(path, f"it points outside of {count} rows")


def _read_array(directory: Path, name: str, kind: type[_Kind]) -> NDArray[_Kind]:
    path = directory / f"{name}.npy"
    try:
        array: NDArray[_Kind] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise damaged(path, str(error)) from error
    if array.dtype != _ARRAYS[name] or array.dtype.type is not kind or array.ndim != 1:
        raise damaged(path, f"it holds {array.dtype} of {array.ndim} dimensions")
    return array


def _read_table(directory: Path, name: str) -> pa.Table:
    path = directory / f"{name}.arrow"
    try:
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except (OSError, pa.ArrowException) as error:
        raise damaged(path, str(error)) from error
    if table.schema != _TABLES[name]:
        raise damaged(path, "it has other columns")
    return table.combine_chunks()
