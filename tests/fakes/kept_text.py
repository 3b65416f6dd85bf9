"""All that a home keeps, as one text to look for what it must not have."""

from __future__ import annotations

import pyarrow.parquet as pq
from tests.fakes.small_home import SmallHome


def kept_text(small: SmallHome) -> str:
    """What stands in all files of the home, tables taken apart."""
    files = sorted(path for path in small.home.root.rglob("*") if path.is_file())
    tables = [pq.read_table(path).to_pylist() for path in files if path.suffix == ".parquet"]
    others = [path.read_bytes() for path in files if path.suffix != ".parquet"]
    return f"{tables}{others}"
