"""Events as sensors write them: NDJSON, packed, some lines of it wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from isal import igzip

from bench.world.events import Events
from bench.world.scale import below
from tocsin.engine.files import atomic_path

_SHAPES = 4
_WRONG_EACH = 200
_LEVEL = 2
_TEXTS = pa.string()

COLUMNS = (
    "severity",
    "sensor",
    *("timestamp", "protocol", "src_ip", "src_port", "dst_ip", "dst_port", "src_hostname"),
    *("infection", "family", "tag", "application", "service"),
    *("http_method", "http_host", "http_url", "http_agent", "username", "payload_md5"),
)
"""The keys of a line, twenty; sensors of different make write them in different orders. No line
tells its report type: that is for the rules."""

_TAKEN = '{"infection": "bot-001", "dst_port": 22'
"""What some rule takes."""

_WRONG = (
    f'{_TAKEN}, "timestamp": "2026-03-03T',
    f'{_TAKEN}, "timestamp": "2026-03-03T00:00:00Z", "src_ip": "999.1.2.3"}}',
    f'{_TAKEN}, "timestamp": "2026-03-03T00:00:00Z", "src_ip": "10.0.0.1"}}',
    f'{_TAKEN}, "timestamp": "2026-01-03T00:00:00Z", "src_ip": "10.0.0.1"}}',
    f'{_TAKEN}, "src_ip": "198.18.0.1"}}',
)


def write_ndjson(events: Events, path: Path) -> None:
    """One file of a part's events."""
    cells = _quoted(events)
    lines = pa.nulls(len(events), _TEXTS)
    shapes = events.sensor % _SHAPES
    for shape in range(_SHAPES):
        here = np.flatnonzero(shapes == shape)
        some = {name: cell.take(pa.array(here)) for name, cell in cells.items()}
        lines = pc.replace_with_mask(lines, pa.array(shapes == shape), _lines(some, shape))
    wrong = below(events.number, 61, _WRONG_EACH) == 0
    texts = pa.array(_WRONG).take(pa.array(below(events.number, 62, len(_WRONG))[wrong]))
    lines = pc.replace_with_mask(lines, pa.array(wrong), texts)
    with atomic_path(path) as temporary:
        packed = igzip.compress(_content(lines), compresslevel=_LEVEL, mtime=0)
        temporary.write_bytes(packed)


def _quoted(events: Events) -> dict[str, pa.Array]:
    """The cells as they stand in a line."""
    cells = events.cells()
    times = pc.strftime(cells["timestamp"], format="%Y-%m-%dT%H:%M:%SZ")
    said = {
        **cells,
        "timestamp": times,
        "sensor": pa.array([f"sensor-{n:02}" for n in range(64)]).take(pa.array(events.sensor)),
        "severity": pa.array(["medium", "high"]).take(pa.array(below(events.habit, 63, 2))),
    }
    return {
        name: cell.cast(_TEXTS)
        if pa.types.is_integer(cell.type)
        else pc.binary_join_element_wise('"', cell, '"', "")
        for name, cell in said.items()
    }


def _lines(cells: dict[str, pa.Array], shape: int) -> pa.Array:
    names = [*COLUMNS[shape:], *COLUMNS[:shape]]
    parts: list[pa.Array | str] = []
    for number, name in enumerate(names):
        parts += [f'{", " if number else "{"}"{name}": ', cells[name]]
    return pc.binary_join_element_wise(*parts, "}", "")


def _content(lines: pa.Array) -> bytes:
    """The lines, one after the other."""
    ended = pc.binary_join_element_wise(lines, "\n", "")
    if isinstance(ended, pa.ChunkedArray):
        ended = ended.combine_chunks()
    _, offsets, data = ended.buffers()
    bounds = np.frombuffer(offsets, np.int32)
    content: bytes = data.to_pybytes()
    return content[bounds[ended.offset] : bounds[ended.offset + len(ended)]]
