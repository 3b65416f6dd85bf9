"""A file of records as a run's plan names it."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.engine.lake.layout import Unit


@dataclass(frozen=True, slots=True, order=True)
class PlannedFile:
    """A lake file in a plan. `own`: this run is the one that takes it."""

    name: str
    sha256: str
    rows: int
    day: str
    report_type: str
    source: str
    delayed: bool
    own: bool = True

    @property
    def unit(self) -> Unit:
        """The unit in which its rows are reported."""
        return Unit(self.report_type, self.delayed)
