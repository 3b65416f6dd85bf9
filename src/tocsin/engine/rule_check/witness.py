"""Whether any cell at all can be as wanted of one column.

Texts are decided by running through all cells letter by letter, numbers and networks by trying
those at every border. Where kinds are mixed, or a regular expression is asked, only a cell that
fits proves something: without one the answer is that nobody knows.
"""

from __future__ import annotations

import string
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from tocsin.engine.classify.cell_tests import (
    MANY,
    SINGLE,
    Expression,
    Missing,
    Number,
    Part,
    Text,
    Within,
)
from tocsin.engine.classify.wanted import (
    AllOf,
    AnyOf,
    NotSo,
    OfCell,
    Wanted,
    cells_of,
    takes,
)
from tocsin.model.address import ALL_ONES, address_text

_MOST_STATES: Final = 4_000
_MOST_TRIED: Final = 1_000_000
"""Cells times tests: of lists of some hundred texts everything is tried."""
_OTHER: Final = "\ue000"
"""Stands for all letters that are not asked for."""

_Place = frozenset[int]
"""How far a text may have been read: places among its tokens."""


def can_be(column: str, wanted: Wanted, known: Iterable[str] = ()) -> bool | None:
    """Whether a cell of the column can be as wanted, which asks no other; None: nobody knows.

    known: cells to try first, of examples.
    """
    if _fits(column, wanted, None) or any(_fits(column, wanted, cell) for cell in known):
        return True
    if _contradicts_itself(wanted):
        return False
    tests = list(dict.fromkeys(each.test for each in cells_of(wanted)))
    tried = list(dict.fromkeys(worth_trying(tests)))
    if any(_fits(column, wanted, cell) for cell in tried[: _MOST_TRIED // len(tests)]):
        return True
    if len(tried) * len(tests) > _MOST_TRIED:
        return None
    kinds = {type(test) for test in tests} - {Missing}
    cased = any(isinstance(test, Text) and test.cased for test in tests)
    is_folded = not cased and Expression not in kinds
    if kinds <= {Number, Within} or (is_folded and _is_listed(wanted)):
        return False
    return _by_letters(wanted) if kinds == {Text} else None


def _fits(column: str, wanted: Wanted, cell: str | None) -> bool:
    return takes(wanted, {} if cell is None else {column: cell})


def _contradicts_itself(wanted: Wanted) -> bool:
    """Whether the very same is wanted and denied."""
    parts = set(_together(wanted))
    return any(isinstance(part, NotSo) and part.part in parts for part in parts)


def _together(wanted: Wanted) -> Iterator[Wanted]:
    if isinstance(wanted, AllOf):
        for part in wanted.parts:
            yield from _together(part)
    else:
        yield wanted


# --- cells that are worth trying ------------------------------------------------------------


def worth_trying(tests: Iterable[object]) -> Iterator[str]:
    """Cells at the borders of what tests take."""
    yield from ("", _OTHER)
    for test in tests:
        if isinstance(test, Text):
            yield _plainest(test.parts)
        elif isinstance(test, Number):
            number = test.number
            yield from (f"{number}", f"{number - 1}", f"{number + 1}", f"{number}.5")
            yield f"{number - 1}.5"
        elif isinstance(test, Within):
            first, last = test.network.first, test.network.last
            beside = (max(first - 1, 0), first, last, min(last + 1, ALL_ONES))
            yield from (address_text(address) for address in beside)


def _plainest(parts: tuple[Part, ...]) -> str:
    shown = {MANY: "", SINGLE: _OTHER}
    return "".join(part if isinstance(part, str) else shown[part] for part in parts)


def _is_listed(wanted: Wanted) -> bool:
    """Whether only cells that are named whole can be as wanted."""
    if isinstance(wanted, OfCell):
        test = wanted.test
        exact = isinstance(test, Text) and all(isinstance(part, str) for part in test.parts)
        return exact or isinstance(test, Missing)
    if isinstance(wanted, NotSo):
        return isinstance(wanted.part, NotSo) and _is_listed(wanted.part.part)
    found = (_is_listed(part) for part in wanted.parts)
    return any(found) if isinstance(wanted, AllOf) else all(found)


# --- all cells, letter by letter ------------------------------------------------------------


def _by_letters(wanted: Wanted) -> bool | None:
    """Whether some text is as wanted, where only texts are asked; None if that takes too long."""
    tests = list(dict.fromkeys(each.test for each in cells_of(wanted)))
    texts = [_Read(test) for test in tests if isinstance(test, Text)]
    letters = sorted(_alphabet(texts))
    begin = tuple(text.begin for text in texts)
    seen, waiting = {begin}, deque([begin])
    while waiting:
        state = waiting.popleft()
        ends = {text.test: text.ends(at) for text, at in zip(texts, state, strict=True)}
        if _accepts(wanted, ends):
            return True
        for letter in letters:
            after = tuple(text.step(at, letter) for text, at in zip(texts, state, strict=True))
            if after not in seen:
                if len(seen) == _MOST_STATES:
                    return None
                seen.add(after)
                waiting.append(after)
    return False


def _accepts(wanted: Wanted, fits: dict[Text, bool]) -> bool:
    if isinstance(wanted, OfCell):
        return isinstance(wanted.test, Text) and fits[wanted.test]
    if isinstance(wanted, NotSo):
        return not _accepts(wanted.part, fits)
    found = (_accepts(part, fits) for part in wanted.parts)
    return any(found) if isinstance(wanted, AnyOf) else all(found)


def _alphabet(texts: Iterable[_Read]) -> set[str]:
    asked = {token for text in texts for token in text.tokens if isinstance(token, str)}
    both = {letter.swapcase() for letter in asked if letter in string.ascii_letters}
    return asked | both | {_OTHER}


class _Read:
    """A text with wildcards, read letter by letter; the places where it may stand are a state."""

    def __init__(self, test: Text) -> None:
        self.test = test
        self.tokens: list[Part] = []
        for part in test.parts:
            self.tokens += list(part) if isinstance(part, str) else [part]
        self.begin = self._with_skipped({0})

    def step(self, at: _Place, letter: str) -> _Place:
        """The state after one more letter."""
        if not self.test.cased and letter in string.ascii_uppercase:
            letter = letter.lower()
        found = set()
        for place in at:
            token = self.tokens[place] if place < len(self.tokens) else None
            if token == MANY:
                found.add(place)
            elif token in (SINGLE, letter):
                found.add(place + 1)
        return self._with_skipped(found)

    def ends(self, at: _Place) -> bool:
        """Whether the text may be over."""
        return len(self.tokens) in at

    def _with_skipped(self, places: set[int]) -> _Place:
        """With those behind wildcards that may stand for nothing."""
        found = set(places)
        for place in places:
            here = place
            while here < len(self.tokens) and self.tokens[here] == MANY:
                here += 1
                found.add(here)
        return frozenset(found)
