"""What the texts of messages, and the pages of report types, need to be filled."""

from __future__ import annotations

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_CODE = re.compile(r"`([^`]+)`")
_NO_BREAK = "\u00a0"


@register.filter
def thousands(number: int, mark: str = ",") -> str:
    """1,234,567, or with another mark; a blank is made one at which no line is broken."""
    return f"{number:,}".replace(",", _NO_BREAK if mark == " " else mark)


@register.filter
def from_two(number: int, ending: str) -> str:
    """The ending of a plural that begins with two: none is singular there, as in French."""
    return ending if number > 1 else ""


@register.filter
def marked(text: str) -> SafeString:
    """A text of the catalogue as HTML: what stands between backticks is code, all is escaped."""
    return mark_safe(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S308 - escaped here
