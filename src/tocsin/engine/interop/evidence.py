"""The row itself as evidence: header and line of the report, byte for byte, with their SHA-256."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from tocsin.engine.interop.row import Row, cells_of_line, taken_apart


def evidence_item(row: Row) -> dict[str, str | int]:
    """The row as an item of evidence in XARF's form."""
    content = f"{row.header}\n{row.line}\n".encode()
    return {
        "content_type": "text/csv",
        "description": "The row of the report, below its header",
        "payload": base64.b64encode(content).decode("ascii"),
        "hash": _hash(content),
        "size": len(content),
    }


def cells_of_evidence(item: object) -> Mapping[str, str] | None:
    """The cells, none empty, of the row in an item; None if it is none, or not as it was hashed."""
    if not isinstance(item, dict):
        return None
    try:
        content = base64.b64decode(str(item.get("payload")), validate=True)
        header, line, _ = content.decode().split("\n")
        cells = cells_of_line(taken_apart(header), line)
    except ValueError:
        return None
    return cells if item.get("hash") == _hash(content) else None


def _hash(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
