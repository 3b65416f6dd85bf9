"""Domains in letters beyond ASCII: as people see them, and what about them may mislead."""

from __future__ import annotations

import unicodedata

from tocsin.service.texts import harmless


def as_seen(domain: str) -> str:
    """The domain in the letters that its A-labels stand for; a label that is none stays."""
    return ".".join(_label(each) for each in domain.split("."))


def shown(domain: str) -> str:
    """For people: the A-labels, and in brackets what they look like where that is another text."""
    seen = harmless(as_seen(domain), 253)
    return domain if seen == domain else f"{domain} (shown as {seen})"


def scripts_of(label: str) -> frozenset[str]:
    """The scripts of the letters of a label, by the first word of their Unicode names."""
    names = (unicodedata.name(each, "UNKNOWN") for each in label if each.isalpha())
    return frozenset(each.split()[0] for each in names)


def is_misleading(domain: str) -> bool:
    """Whether a label mixes scripts, or is of letters that all look like Latin ones.

    Japanese and Korean labels mix scripts by nature, and are not misleading for that.
    """
    return any(_misleads(each) for each in as_seen(domain).split("."))


_TOGETHER = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA", "LATIN"}),
    frozenset({"CJK", "HANGUL", "LATIN"}),
)
_LOOK_LATIN = frozenset(
    "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456\u0458"
    "\u0455\u0501\u04bb\u051b\u051d\u04cf\u03bd\u03bf\u03b1"
)
"""Cyrillic and Greek small letters that nobody tells from Latin ones."""


def _misleads(label: str) -> bool:
    scripts = scripts_of(label)
    if label.isascii() or not scripts:
        return False
    if len(scripts) > 1:
        return not any(scripts <= each for each in _TOGETHER)
    return all(each in _LOOK_LATIN or each.isascii() for each in label)


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.removeprefix("xn--").encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label
