"""The report types of the made-up world: 32, of 30 to 60 columns, in a catalogue of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.catalogue.load import load_catalogue
from tocsin.model.columns import ColumnKind

TYPES = tuple(f"bench_{number:02}" for number in range(32))
SOURCE = "bench"

CORE = (
    "timestamp",
    "protocol",
    *("src_ip", "src_port", "src_asn", "src_geo", "src_region", "src_city", "src_hostname"),
    "severity",
    *("dst_ip", "dst_port", "dst_asn", "dst_geo"),
    *("infection", "family", "tag", "application", "service"),
    *("http_method", "http_host", "http_url", "http_agent", "username", "payload_md5"),
)
"""Columns that all of them have: whatever the events say, and where the addresses are."""

_LEAST, _MOST = 30, 60
_SHARED = ("src_naics", "src_sector", "dst_naics", "dst_sector")
_NOT_FILLED = (ColumnKind.ADDRESS, ColumnKind.TIME)


def weights() -> NDArray[np.float64]:
    """How often each type occurs: a few make most of the events."""
    found: NDArray[np.float64] = 1 / np.arange(1, len(TYPES) + 1) ** 1.1
    shares: NDArray[np.float64] = found / found.sum()
    return shares


def extras() -> list[tuple[str, ...]]:
    """The columns that each type has besides."""
    columns = load_catalogue().columns
    free = [
        name
        for name, column in columns.items()
        if name not in {*CORE, *_SHARED}
        and column.kind not in _NOT_FILLED
        and not name.endswith(("_asn", "_geo", "_region", "_city", "_naics", "_sector", "_ip"))
        and name not in ("asn", "geo", "region", "city", "naics", "sector", "ip")
    ]
    found = []
    for number in range(len(TYPES)):
        many = _LEAST - len(CORE) + (number * 7) % (_MOST - _LEAST + 1)
        start = number * 5
        found.append(tuple((free * 2)[start % len(free) :][:many]))
    return found


def write_catalogue(folder: Path) -> None:
    """The catalogue files of a home: the types, and a source of sensors."""
    family = {
        "family": "Bench",
        "report_types": {
            name: _report_type(name, own) for name, own in zip(TYPES, extras(), strict=True)
        },
    }
    source = {
        "extends": "tocsin-ndjson",
        "title": "Bench sensors",
        "description": "Sensors of the made-up world.",
        "files": ["bench-*.ndjson.gz"],
        "examples": {"takes": ["bench-001.ndjson.gz"], "leaves": ["notes.json"]},
    }
    for name, said in {f"report_types/{SOURCE}": family, f"sources/{SOURCE}": source}.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(said, indent=1), encoding="ascii")  # JSON is YAML as well


def _report_type(name: str, own: tuple[str, ...]) -> dict[str, object]:
    text = f"What a row of {name} says."
    return {
        "title": f"Made-up rows of {name}",
        "area": "scans",
        "severity": "medium",
        "taxonomy": "information-gathering/scanner",
        "subject": {"column": "src_ip", "kind": "address", "role": "culprit"},
        "columns": [*CORE, *own],
        "text": {"meaning": text, "why": text, "fix": text, "method": text},
        "sample": {
            "timestamp": "2026-11-22 04:12:09",
            "protocol": "tcp",
            "src_ip": "192.0.2.44",
            "src_port": 50122,
            "severity": "medium",
            "infection": "example",
        },
    }
