"""A mail in HTML as lines: blocks, rows of tables, quotes; nothing that the reader cannot see."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from tocsin.service.mailbox.reading.html_rim import safe_html

_NEVER_SHOWN = frozenset(
    ("script", "style", "head", "title", "template", "noscript", "object", "svg", "meta", "link")
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_APART = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote"))
"""Blocks with an empty line around them."""

_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|$)"
    r"|mso-hide\s*:\s*all|opacity\s*:\s*0\s*(?:;|$)",
    re.IGNORECASE,
)
_DEEPEST_QUOTE = 5
_LONGEST_PAGE = 150_000
_LONGEST_LINK = 500


@dataclass
class _Page:
    """Lines as they are written, and how deep in quotes we are."""

    lines: list[str] = field(default_factory=lambda: [""])
    quotes: int = 0

    def text(self, said: str) -> None:
        words = " ".join(said.split())
        line = self.lines[-1]
        if line and not line.endswith((" ", "\t")) and said[:1].isspace():
            words = f" {words}"
        if words and said[-1:].isspace():
            words += " "
        if words.strip() or (line and words):
            # Within a line pieces are few; a list per line would be slower for all mails.
            self.lines[-1] = line + words

    def end_line(self) -> None:
        line = self.lines[-1].rstrip()
        if line:
            self.lines[-1] = f"{'> ' * min(self.quotes, _DEEPEST_QUOTE)}{line}"
            self.lines.append("")

    def empty_line(self) -> None:
        self.end_line()
        if len(self.lines) > 1 and self.lines[-2]:
            self.lines.insert(-1, "")


def html_lines(html: str) -> str:
    """The text that a reader would see, with the targets of links behind their words."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about text that looks like a file name or like XML
        soup = BeautifulSoup(safe_html(html[:_LONGEST_PAGE]), "html.parser")
    page = _Page()
    waiting: list[tuple[PageElement, bool]] = [(soup, False)]
    while waiting:
        node, leaving = waiting.pop()
        if isinstance(node, Tag):
            if leaving:
                _leave(page, node)
            elif _is_shown(node):
                _enter(page, node)
                waiting.append((node, True))
                waiting.extend((child, False) for child in reversed(node.contents))
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            _say(page, node)
    page.end_line()
    return "\n".join(page.lines)


def _say(page: _Page, node: NavigableString) -> None:
    parent = node.parent
    if parent is not None and parent.name == "pre":
        for line in str(node).split("\n"):
            page.text(line)
            page.end_line()
    else:
        page.text(str(node))


def _is_shown(tag: Tag) -> bool:
    if tag.name in _NEVER_SHOWN or "hidden" in tag.attrs:
        return False
    return not _HIDING.search(str(tag.get("style") or "")[:_LONGEST_LINK])


def _enter(page: _Page, tag: Tag) -> None:
    if tag.name in _APART:
        page.empty_line()
    elif tag.name in _BLOCKS:
        page.end_line()
    if tag.name == "blockquote":
        page.quotes += 1
    elif tag.name == "li":
        page.text("- ")
    elif tag.name == "br":
        _break(page)


def _break(page: _Page) -> None:
    if page.lines[-1].strip():
        page.end_line()
    elif len(page.lines) > 1 and page.lines[-2]:
        page.lines.insert(-1, "")


def _leave(page: _Page, tag: Tag) -> None:
    if tag.name in ("td", "th"):
        page.lines[-1] = f"{page.lines[-1].rstrip()}\t"
    elif tag.name == "a":
        _link(page, str(tag.get("href") or "").strip()[:_LONGEST_LINK])
    elif tag.name in _BLOCKS:
        page.end_line()
    if tag.name == "blockquote":
        page.quotes -= 1
    if tag.name in _APART:
        page.empty_line()


def _link(page: _Page, target: str) -> None:
    if target[:7].lower() == "mailto:":
        target = target[7:].partition("?")[0]
    elif not target.lower().startswith(("http:", "https:")):
        return
    said = page.lines[-1][-_LONGEST_LINK:].lower()
    if target and target.lower().rstrip("/") not in said:
        page.text(f" <{target}> ")
