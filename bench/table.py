"""The table that a run prints, and the files that it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table. `must`, `aim`: `value` should be at most so much, or at least."""

    title: str
    value: float
    must: float
    aim: float
    ours: str
    floor: str = ""
    at_least: bool = False
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether it is as good as it must be."""
        return self.value >= self.must if self.at_least else self.value <= self.must

    @property
    def _sign(self) -> str:
        return "≥" if self.at_least else "≤"

    def cells(self) -> tuple[str, ...]:
        """As the table shows it."""
        return (
            self.title,
            self.ours,
            self.floor,
            f"{self.value:.2f}{self.unit}",
            f"{self._sign} {self.must:g}{self.unit}",
            f"{self.aim:g}{self.unit}",
            "yes" if self.met else "NO",
        )


_HEADINGS = ("figure", "Tocsin", "floor", "value", "must", "aim", "met")


def show(figures: Sequence[Figure], title: str) -> None:
    """Print the table."""
    table = Table(title=title, title_justify="left")
    for number, heading in enumerate(_HEADINGS):
        table.add_column(heading, justify="left" if not number else "right")
    for figure in figures:
        table.add_row(*figure.cells())
    Console(width=150).print(table)
