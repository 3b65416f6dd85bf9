"""Shapes of flat JSON lines, learnt from lines that were read exactly (kernels/flat_lines)."""

from __future__ import annotations

import numpy as np

from tocsin.engine.kernels.flat_lines import Shapes
from tocsin.engine.sources.json_rows import JsonObject
from tocsin.engine.sources.json_template import MEMBER

MOST_SHAPES = 64
_ROOM = 16
"""So many bytes behind the last piece let the compiled loop compare it all at once."""

MOST_VALUES = 200

Between = tuple[bytes, ...]
"""What stands before each value of a line, and after the last one."""


def between_values(text: str, value: JsonObject) -> Between | None:
    """The shape of a line and the object that was read from it; None if it is not that plain."""
    if not text.startswith("{") or not 0 < len(value) <= MOST_VALUES:
        return None
    pieces: list[str] = []
    before, position = "{", 1
    for key in value:
        member = MEMBER.match(text, position)
        if member is None or member["key"].strip(" \t:") != f'"{key}"':
            return None
        pieces.append(before + member["key"])
        before, position = member["end"], member.end()
    if position != len(text):
        return None
    return tuple(piece.encode() for piece in [*pieces, before])


class KnownShapes:
    """The shapes that were learnt so far, and the keys of each."""

    def __init__(self) -> None:
        self.keys: list[tuple[str, ...]] = []
        self._known: dict[Between, None] = {}

    @property
    def full(self) -> bool:
        """Whether no more are learnt; data in the place of keys would give one a line."""
        return len(self._known) >= MOST_SHAPES

    def learn(self, text: str, value: JsonObject) -> bool:
        """Learn the shape of a line that was read; whether it is a new one."""
        shape = between_values(text, value)
        if shape is None or shape in self._known or self.full:
            return False
        self._known[shape] = None
        self.keys.append(tuple(value))
        return True

    def arrays(self) -> Shapes:
        """As the compiled loop takes them."""
        many = len(self._known)
        bounds = np.zeros((2, many, MOST_VALUES + 1), np.uint64)
        between = bytearray()
        for number, shape in enumerate(self._known):
            for place, piece in enumerate(shape):
                bounds[0, number, place] = len(between)
                between += piece
                bounds[1, number, place] = len(between)
        between += bytes(_ROOM)
        return Shapes(
            np.frombuffer(bytes(between), np.uint8),
            bounds[0],
            bounds[1],
            np.array([len(keys) for keys in self.keys], np.uint64),
            np.array([b"".join(shape).isascii() for shape in self._known], np.bool_),
        )
