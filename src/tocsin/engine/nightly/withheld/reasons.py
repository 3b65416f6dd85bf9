"""Why an event is in no row of a unit; of several reasons the first of this list counts."""

from __future__ import annotations

from enum import IntEnum

from tocsin.engine.nightly.lake_rows import PLACE


class Reason(IntEnum):
    """Numbers, since there may be many events; accounts have the names in small letters."""

    REPEATED = 0
    SENT_BEFORE = 1
    ON_HOLD = 2
    DISTRUSTED = 3
    WITHDRAWN = 4
    OVER_CAP = 5
    UNCORROBORATED = 6

    @property
    def key(self) -> str:
        """As accounts and manifests name it."""
        return self.name.lower()


WITHHELD = tuple(reason for reason in Reason if reason >= Reason.ON_HOLD)
"""What somebody, or a rule's limit, keeps from being sent."""

SKIPPED = f"CREATE TABLE skipped ({PLACE} BIGINT, reason UTINYINT)"
"""The events that are in no row, each once: where they lie, and the number of the reason."""
