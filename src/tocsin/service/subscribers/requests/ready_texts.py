"""Texts for people that staff need again and again: files in ready_texts/DECISION/NAME.txt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TEXTS = Path(__file__).parent / "ready_texts"


@dataclass(frozen=True, slots=True)
class ReadyText:
    """A text: its name in the form, its title for staff, and the words for the person."""

    name: str
    title: str
    words: str


@cache
def ready_texts(decision: str) -> tuple[ReadyText, ...]:
    """All for a decision (ask, refuse, approve), by name; the first line of a file is its title."""
    return tuple(_read(each) for each in sorted((_TEXTS / decision).glob("*.txt")))


def words_of(decision: str, name: str, more: str) -> str:
    """The ready text with what was typed below it; either may be missing."""
    ready = next((each.words for each in ready_texts(decision) if each.name == name), "")
    return "\n\n".join(each for each in (ready, more.strip()) if each)


def _read(path: Path) -> ReadyText:
    title, _, words = path.read_text(encoding="utf-8").partition("\n")
    return ReadyText(path.stem, title.strip(), words.strip())
