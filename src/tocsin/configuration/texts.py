"""Checks of texts that several tables of settings share."""

from __future__ import annotations

import re


def mail_address(text: str) -> str:
    """Empty, or an address for mail."""
    if text and not re.fullmatch(
        r"[A-Za-z0-9._%+=-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}", text
    ):
        raise ValueError("is no mail address such as abuse@example.org")
    return text
