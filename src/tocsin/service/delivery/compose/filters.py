"""What the texts of messages, and the pages of report types, need to be filled."""

from __future__ import annotations

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_CODE = re.compile(r"`([^`]+)`")


@register.filter
def thousands(number: int) -> str:
    """1,234,567."""
    return f"{number:,}"


@register.filter
def marked(text: str) -> SafeString:
    """A text of the catalogue as HTML: what stands between backticks is code, all is escaped."""
    return mark_safe(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S308 - escaped here
