"""The five words of urgency, in order."""

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """How urgent a record is; greater is worse."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The word as reports write it."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> Severity:
        """Read the word; ValueError if it is none of the five."""
        try:
            return cls[word.strip().upper()]
        except KeyError:
            known = ", ".join(member.word for member in cls)
            raise ValueError(f"severity {word!r} is none of {known}") from None
