"""HTML brought into a form that a parser reads in linear time.

The standard library's parser, below Beautiful Soup, takes hours for a megabyte of unclosed comments
or attributes. Here every tag is written anew, with the attributes that reading needs.
"""

from __future__ import annotations

import re
from html import escape, unescape

_LONGEST_TAG = 4_000
_NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,15})")
_ATTRIBUTE = re.compile(
    r"(?<![\w-])(href|style|hidden)(?:\s{0,5}=\s{0,5}(\"[^\"]*\"|'[^']*'|[^\s>\"']+))?(?![\w-])",
    re.IGNORECASE,
)
_SKIPPED_WHOLE = frozenset(("script", "style", "title", "template", "noscript", "textarea"))


def safe_html(html: str) -> str:
    """The same page without comments, scripts and whatever else never shows."""
    kept: list[str] = []
    at = 0
    lowered = html.lower() if len(html.lower()) == len(html) else html
    while (start := html.find("<", at)) >= 0:
        kept.append(html[at:start])
        at = _after(html, lowered, start, kept)
    kept.append(html[at:])
    return "".join(kept)


def _after(html: str, lowered: str, start: int, kept: list[str]) -> int:
    """Write what begins with this `<`; the index of what follows it."""
    if html.startswith("<!--", start):
        return _behind(html, "-->", start + 4)
    if html.startswith(("<!", "<?"), start):
        return _behind(html, ">", start)
    named = _NAME.match(html, start)
    end = html.find(">", start, start + _LONGEST_TAG)
    if not named or end < 0:
        kept.append("&lt;")
        return start + 1
    closing, name = named[1], named[2].lower()
    if name in _SKIPPED_WHOLE and not closing:
        return _behind(html, ">", _behind(lowered, f"</{name}", end) - 1)
    kept.append(f"<{closing}{name}{'' if closing else _attributes(html[named.end() : end])}>")
    return end + 1


def _behind(text: str, mark: str, start: int) -> int:
    """Index behind the next mark; the end of the text if there is none."""
    found = text.find(mark, start)
    return found + len(mark) if found >= 0 else len(text)


def _attributes(said: str) -> str:
    told = {
        found[1].lower(): unescape((found[2] or "").strip("\"'"))
        for found in _ATTRIBUTE.finditer(said)
    }
    return "".join(f' {name}="{escape(value)}"' for name, value in told.items())
