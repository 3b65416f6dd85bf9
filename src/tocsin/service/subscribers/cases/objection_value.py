"""What an owner says of rows that were reported: wrong, or fixed since."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tocsin.engine.nightly.subscribers import SuppressionKind


@dataclass(frozen=True, slots=True)
class Objection:
    """An objection; what was not said is empty.

    kind: None if it is not clear which of the two is meant. subjects: addresses as text. report:
    the name of a report that was mentioned. at: when it was fixed.
    """

    kind: SuppressionKind | None = None
    subjects: tuple[str, ...] = ()
    port: int | None = None
    report: str = ""
    report_type: str = ""
    at: dt.datetime | None = None
    note: str = ""
    unclear: tuple[str, ...] = ()
