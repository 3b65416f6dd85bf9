"""Where the real tables, reports and honeypot days lie, for tests that read them."""

from __future__ import annotations

import os
from pathlib import Path


def shared_data() -> Path:
    """The folder that TOCSIN_SHARED_DATA names, or the one beside the project; may be absent."""
    named = os.environ.get("TOCSIN_SHARED_DATA")
    return Path(named) if named else Path(__file__).parents[3] / "shared" / "data"
