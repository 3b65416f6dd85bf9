"""How far back records have been pruned; rows of such days can no longer be taken in."""

from __future__ import annotations

import datetime as dt

from tocsin.engine.files import canonical_json, read_object, write_atomically
from tocsin.engine.home import Home


def pruned_before(home: Home) -> dt.date | None:
    """Records of days before this one are gone, so nothing can tell what was sent of them."""
    path = home.ledger / "pruned.json"
    if not path.exists():
        return None
    return dt.date.fromisoformat(str(read_object(path)["records_before"]))


def note_pruned(home: Home, before: dt.date) -> None:
    """Remember it, before the files go; the boundary never moves back."""
    known = pruned_before(home)
    latest = max(before, known) if known else before
    said = {"records_before": latest.isoformat()}
    write_atomically(home.ledger / "pruned.json", canonical_json(said))
