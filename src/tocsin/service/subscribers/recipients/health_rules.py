"""Whether an address is reached, judged by what came back of what was sent to it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.service.subscribers.models import Cause, Health

HARD_DAYS = 2
"""On messages of so many days it was said that there is no such address: then there is none."""

SOFT_DAYS = 5
SOFT_SPAN = dt.timedelta(days=7)
"""An address that fails for other reasons on so many days, the first and last of which are so far
apart, is not looked after any more."""

SETTLED = dt.timedelta(days=6)
"""A message that has not come back by then has arrived: servers try for five days."""

OF_THE_MESSAGE = (Cause.CONTENT, Cause.TOO_LARGE)
"""Causes that say nothing of the address."""

_NEVER_FATAL = Cause.POLICY
"""Who refuses us as spam has a mailbox that somebody reads: that is for staff to put right, and
nobody's reports stop over it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that came back. sent_at: when it was sent. said: in their server's words."""

    sent_at: dt.datetime
    cause: Cause
    definite: bool = False
    said: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The state, the last failure that counts, and on how many days' messages there were some."""

    state: Health
    last: Failure | None = None
    soft_days: int = 0
    hard_days: int = 0


def judge(failures: Iterable[Failure], success_at: dt.datetime | None) -> Judgement:
    """Judge an address by its failures, in any order.

    success_at: when the last message was sent that has arrived; None if none has. What was sent
    up to then does not count.

    Dead: it was once said beyond doubt that there is no such address, or said on messages of two
    days; or others failed on messages of five days that lie a week apart.
    """
    counted = sorted(
        (
            each
            for each in failures
            if each.cause not in OF_THE_MESSAGE
            and (success_at is None or each.sent_at > success_at)
        ),
        key=lambda each: each.sent_at,
    )
    if not counted:
        return Judgement(Health.HEALTHY)
    hard = [each for each in counted if each.cause == Cause.NO_ADDRESS]
    soft = [each for each in counted if each.cause != Cause.NO_ADDRESS]
    fatal = _days(each for each in soft if each.cause != _NEVER_FATAL)
    dead = (
        any(each.definite for each in hard)
        or len(_days(hard)) >= HARD_DAYS
        or (len(fatal) >= SOFT_DAYS and fatal[-1] - fatal[0] >= SOFT_SPAN)
    )
    state = Health.DEAD if dead else Health.SOFT_FAILING
    return Judgement(state, counted[-1], len(_days(soft)), len(_days(hard)))


def _days(failures: Iterable[Failure]) -> Sequence[dt.date]:
    """The days (UTC) of which there are messages, in order."""
    return sorted({each.sent_at.astimezone(dt.UTC).date() for each in failures})
