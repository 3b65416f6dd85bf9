"""What methods need of a call, and what they give back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tocsin.service.api.arguments import Asked
from tocsin.service.api.caller import Caller


@dataclass(frozen=True, slots=True)
class Streamed:
    """JSON text that is made while it is sent."""

    pieces: Iterator[bytes]


Answer = object
"""What becomes JSON, or `Streamed`."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method: what answers, and the group that a key needs (None: every key has it).

    counted: whether calls are limited; fetching reports is not.
    """

    answer: Callable[[Caller, Asked], Answer]
    group: str | None = None
    counted: bool = True
