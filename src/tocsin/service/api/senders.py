"""From which address a request comes, behind proxies of our own."""

from __future__ import annotations


def sender_of(remote: str, forwarded: str, proxies: int) -> str:
    """The address that the outermost of our proxies saw.

    remote: who is connected. forwarded: the header X-Forwarded-For, to which each proxy adds whom
    it saw; what stands before those is the client's own word, and nothing is believed of it.
    """
    if proxies <= 0:
        return remote
    seen = [each.strip() for each in forwarded.split(",") if each.strip()]
    return seen[-proxies] if len(seen) >= proxies else remote
