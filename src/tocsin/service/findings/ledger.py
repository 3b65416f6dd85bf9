"""Findings as the newest ledger of the engine has them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tocsin.engine.nightly.finish import dated
from tocsin.model.severity import Severity
from tocsin.service import installation
from tocsin.service.delivery.models import Night

WITHDRAWN = "withdrawn"
"""The state of a finding of which all rows that were reported lately have been taken back."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. id: hexadecimal. first, length: of its subject in 128 bits, None for a name.

    state: `open` or `fixed`, as the engine judges by what is seen; or WITHDRAWN.
    """

    id: str
    report_type: str
    subject: str
    first: int | None
    length: int | None
    port: int | None
    infection: str
    severity: str
    state: str
    first_seen: dt.datetime
    last_seen: dt.datetime
    days_seen: int
    events: int
    fixed_on: dt.date | None
    relapsed_on: dt.date | None
    relapses: int

    @property
    def order(self) -> tuple[int, int, int, str]:
        """Open ones first, then the worst, then the newest; the id makes it one order."""
        seen = int(self.last_seen.timestamp())
        return (int(self.state != "open"), -Severity.from_word(self.severity), -seen, self.id)

    def in_state(self, state: str) -> Finding:
        """The same in another state."""
        return replace(self, state=state)


def newest_ledger() -> Path | None:
    """The ledger of the newest whole night that was taken and looked over, if it is kept."""
    nights = Night.objects.filter(partial=False, looked_at__isnull=False)
    for night in nights.order_by("-day", "-revision")[:10]:
        path = ledger_of(night)
        if path is not None:
            return path
    return None


def ledger_of(night: Night) -> Path | None:
    """The ledger that a night made, if it is kept."""
    path = dated(installation.home().findings, night.day, night.revision)
    return path if path.exists() else None


def read_findings(ids: Collection[bytes], path: Path | None = None) -> list[Finding]:
    """The findings of these ids that a ledger has, the newest unless it is said, in their order."""
    path = newest_ledger() if path is None else path
    if path is None or not ids:
        return []
    wanted = pc.field("id").isin(pa.array(sorted(ids), pa.binary(16)))
    rows = pq.read_table(path, filters=wanted).to_pylist()
    return sorted(map(_finding, rows), key=lambda each: each.order)


def _finding(row: dict[str, object]) -> Finding:
    said: dict[str, object] = {
        name: row[name]
        for name in (
            "report_type", "subject", "port", "infection", "state", "first_seen", "last_seen",
            "days_seen", "events", "fixed_on", "relapsed_on", "relapses",
        )
    }  # fmt: skip
    hi, lo, length = row["subject_hi"], row["subject_lo"], row["subject_len"]
    is_address = isinstance(hi, int) and isinstance(lo, int)
    number, severity = row["id"], row["severity"]
    assert isinstance(number, bytes) and isinstance(severity, int)  # noqa: S101, PT018 - the schema
    return Finding(
        id=number.hex(),
        first=(hi << 64) | lo if is_address else None,  # type: ignore[operator]
        length=(128 if length is None else length) if is_address else None,  # type: ignore[arg-type]
        severity=Severity(severity).word,
        **said,  # type: ignore[arg-type] # typed by the ledger's schema
    )
