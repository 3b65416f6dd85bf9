"""What a rule may want of one cell: the tests themselves, and how they are told to people.

The same tests as SQL are in `sigma_sql`; property tests hold the two equal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.address import Network, parse_address

NUMBER: Final = r"-?[0-9]{1,15}(\.[0-9]{1,9})?"
"""What is compared as a number; all else is none."""

MANY: Final = 0
"""Any letters, or none."""
SINGLE: Final = 1
"""Any one letter."""

Part: TypeAlias = str | int
"""A piece of a text that is looked for, MANY or SINGLE."""

_NUMBER = re.compile(NUMBER)
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def folded(text: str) -> str:
    """Capitals A to Z as small letters; all other letters as they stand."""
    return text.translate(_LOWER)


@dataclass(frozen=True, slots=True)
class Text:
    """The whole cell is this text. cased: to the letter; else the parts are folded already."""

    parts: tuple[Part, ...]
    cased: bool

    def fits(self, cell: str | None) -> bool:
        """Whether a cell is as wanted."""
        if cell is None:
            return False
        said = cell if self.cased else folded(cell)
        if len(self.parts) == 1 and isinstance(self.parts[0], str):
            return said == self.parts[0]
        return _pattern(self.parts).fullmatch(said) is not None

    def told(self, *, held: bool) -> str:
        """What is wanted, behind the name of the column."""
        shape = tuple(part if isinstance(part, int) else "" for part in self.parts)
        said = "".join(part for part in self.parts if isinstance(part, str))
        verbs = {
            (): ("is empty", "is not empty"),
            ("",): (f"is {said}", f"is not {said}"),
            ("", MANY): (f"begins with {said}", f"does not begin with {said}"),
            (MANY, ""): (f"ends with {said}", f"does not end with {said}"),
            (MANY, "", MANY): (f"contains {said}", f"does not contain {said}"),
        }
        shown = "".join(_shown(part) for part in self.parts)
        yes, no = verbs.get(shape, (f"looks like {shown}", f"does not look like {shown}"))
        return (yes if held else no) + (", to the letter" if self.cased else "")


@dataclass(frozen=True, slots=True)
class Number:
    """The cell is a number, and stands so to this one: `=`, `<`, `<=`, `>` or `>=`."""

    operator: str
    number: int

    def fits(self, cell: str | None) -> bool:
        """Whether a cell is as wanted."""
        if cell is None or not _NUMBER.fullmatch(cell):
            return False
        value = float(cell)
        found = {"=": value == self.number, "<": value < self.number, ">": value > self.number}
        return any(found[sign] for sign in self.operator)

    def told(self, *, held: bool) -> str:
        """What is wanted, behind the name of the column."""
        return f"{'is' if held else 'is not'} {_COMPARED[self.operator]}{self.number}"


_COMPARED: Final = {
    "=": "",
    "<": "less than ",
    "<=": "at most ",
    ">": "greater than ",
    ">=": "at least ",
}


@dataclass(frozen=True, slots=True)
class Missing:
    """The event says nothing there."""

    def fits(self, cell: str | None) -> bool:
        """Whether a cell is as wanted."""
        return cell is None

    def told(self, *, held: bool) -> str:
        """What is wanted, behind the name of the column."""
        return "is missing" if held else "exists"


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression of RE2's is found in the cell."""

    pattern: str

    def fits(self, cell: str | None) -> bool:
        """Whether a cell is as wanted."""
        if cell is None:
            return False
        # Python's own expressions differ from RE2 in what letters, digits and line ends are.
        return bool(
            pc.match_substring_regex(pa.array([cell], pa.string()), self.pattern)[0].as_py()
        )

    def told(self, *, held: bool) -> str:
        """What is wanted, behind the name of the column."""
        return f"{'matches' if held else 'does not match'} {self.pattern}"


@dataclass(frozen=True, slots=True)
class Within:
    """The cell is an address of this network."""

    network: Network

    def fits(self, cell: str | None) -> bool:
        """Whether a cell is as wanted."""
        if cell is None:
            return False
        try:
            address = parse_address(cell.strip())
        except ValueError:
            return False
        return self.network.first <= address <= self.network.last

    def told(self, *, held: bool) -> str:
        """What is wanted, behind the name of the column."""
        return f"{'lies' if held else 'does not lie'} in {self.network}"


Test: TypeAlias = Text | Number | Missing | Expression | Within


@lru_cache(maxsize=4096)
def _pattern(parts: tuple[Part, ...]) -> re.Pattern[str]:
    forms = {MANY: ".*", SINGLE: "."}
    said = (re.escape(part) if isinstance(part, str) else forms[part] for part in parts)
    return re.compile("".join(said), re.DOTALL)


def _shown(part: Part) -> str:
    if isinstance(part, str):
        return "".join(f"\\{letter}" if letter in "*?\\" else letter for letter in part)
    return "*" if part == MANY else "?"
