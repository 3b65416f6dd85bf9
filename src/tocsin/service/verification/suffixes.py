"""Which part of a name is registered, by the public suffix list that is installed with us."""

from __future__ import annotations

from functools import cache

from publicsuffixlist import PublicSuffixList


def registered_domain(name: str) -> str:
    """The domain that somebody registered; empty for a suffix below which others register theirs.

    `example.org` of `mail.example.org`; nothing of `org` or `co.uk`.
    """
    return str(_suffixes().privatesuffix(name) or "")


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
