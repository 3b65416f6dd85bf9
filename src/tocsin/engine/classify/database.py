"""The database that questions are put to: one a process, nothing stored in it."""

from __future__ import annotations

from functools import cache

import duckdb


@cache
def database() -> duckdb.DuckDBPyConnection:
    """Opening it takes longer than a small file has to."""
    return duckdb.connect(config={"threads": 1})
