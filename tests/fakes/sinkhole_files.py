"""Files of sensors taken in as they ship, and what became of their rows."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pyarrow.parquet as pq
from tests.fakes.small_home import SmallHome

from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_files
from tocsin.engine.intake.ledger import PieceAccount

NOW: Final = dt.datetime(2026, 11, 23, 0, 15, tzinfo=dt.UTC)
_SUBJECTS = ("http_referer_ip", "request", "src_ip", "ip")
_EXAMPLES = load_files(SHIPPED, None).examples


def example(source: str) -> bytes:
    """The content of a source's example."""
    return _EXAMPLES[source]["content"].encode()


def account(small: SmallHome, source: str, content: bytes) -> PieceAccount:
    """Take in a content of a source, documentation space let through."""
    name = f"{len(list((small.home.root.parent).rglob('*')))}-{_EXAMPLES[source]['file']}"
    path = small.put(name, content)
    found = small.collect(path, source=source, now=NOW, switched_off=("reserved",))
    assert found.refused == []
    ((piece,),) = (record.pieces for record in found.records)
    assert piece.adds_up
    return piece


def kept(small: SmallHome) -> list[dict[str, object]]:
    """All records and observations, as they lie in the lake."""
    files = sorted(small.home.lake.rglob("*.parquet"))
    return [row for path in files for row in pq.read_table(path).to_pylist()]


def outcomes(small: SmallHome) -> list[tuple[object, ...]]:
    """(report type or kind, subject, dst_ip, infection) of all rows, sorted."""
    found: list[tuple[object, ...]] = []
    for path in small.home.lake.rglob("*.parquet"):
        kind = path.relative_to(small.home.lake).parts[2]
        for row in pq.read_table(path).to_pylist():
            subject = next(row[name] for name in _SUBJECTS if name in row)
            found.append((kind, subject, row.get("dst_ip"), row.get("infection")))
    return sorted(found, key=str)


def rules_used(small: SmallHome) -> set[str]:
    """The ids of the rules that made them."""
    return {str(row["_rule"]).partition("@")[0] for row in kept(small)}
