"""How many messages may go to a domain now: pure, over times and rates.

Each message uses up a minute's share of its domain, one after the other from `free_at` on. What was
not used within the last seconds is lost, so that an idle domain is not sent a minute's messages at
once: in any span of T seconds there are at most rate / 60 * (T + BURST) + 1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

BURST = dt.timedelta(seconds=10)
"""How much of its share a domain may get at once. Workers look again more often than that."""

_MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages a minute: of single domains, and of all others. 0: no limit."""

    usual: int = 0
    of_domains: Mapping[str, int] | None = None

    def of(self, domain: str) -> int:
        """Of a domain."""
        return (self.of_domains or {}).get(domain, self.usual)

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return bool(self.usual or any((self.of_domains or {}).values()))


def allowed(
    wanted: int, rate: int, free_at: dt.datetime | None, now: dt.datetime
) -> tuple[int, dt.datetime]:
    """How many of `wanted` may go now, and from when on the next one. rate: more than 0."""
    share = _MINUTE / rate
    start = max(free_at, now - BURST) if free_at is not None else now - BURST
    if start > now:
        return 0, start
    given = min(wanted, int((now - start) / share) + 1)
    return given, start + given * share
