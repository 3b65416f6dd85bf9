"""Addresses that are secrets themselves do not go into logs."""

from __future__ import annotations

import logging
import re

_SECRET = re.compile(r"(?P<place>/(?:dl|l)/)[^\s\"'?#]+")

LOGGERS = ("django.request", "django.server", "django.security.csrf", "gunicorn.error")
"""Those that write the address of a request. A filter counts for its own logger alone."""


class WithoutLinks(logging.Filter):
    """Leaves `/dl/...` of a download link, and `/l/...` of a link in a letter."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Called by `logging`; keeps every line."""
        record.msg = without_links(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(without_links(each) for each in record.args)
        return True


def without_links(said: object) -> object:
    """The same, if it is no text."""
    return _SECRET.sub(r"\g<place>...", said) if isinstance(said, str) else said


def keep_links_out_of_logs() -> None:
    """For this process; again does nothing."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, WithoutLinks) for each in logger.filters):
            logger.addFilter(WithoutLinks())
