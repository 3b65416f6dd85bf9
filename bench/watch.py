"""Looks again and again at how many messages have come, and what they cost, while they are sent."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import psutil

from bench.measure import Value
from bench.sink import Sink

_EVERY = 0.5

WARM = 200
"""Messages after which processes have read what they read once: a batch of each."""


@dataclass(frozen=True, slots=True)
class Look:
    """at: seconds. came: messages. processor: seconds of all who send."""

    at: float
    came: int
    processor: float


@dataclass(slots=True)
class Watch:
    """The looks at a sink, and at the processes below this one except for it."""

    sink: Sink
    looks: list[Look] = field(default_factory=list)

    def look_until(self, ended: threading.Event, seconds: int) -> None:
        """Until that is set, or for so many seconds once they are warm, after which it sets it.

        On a busy machine it may take long until then; altogether it is three times that at most.
        """
        begin = self._look().at
        until = begin + 3 * seconds
        while time.monotonic() < until and not ended.wait(_EVERY):
            seen = self._look()
            if seen.came >= WARM:
                until = min(until, self._warm()[0].at + seconds)
        ended.set()

    def found(self) -> Value:
        """Messages a second, and milliseconds of processor for each, from the first warm look on.

        Where so few come, or so fast, that there are no two such looks, of all that was seen.
        """
        warm = self._warm()
        # With a process that has ended, what it cost is gone.
        while len(warm) > 1 and warm[-1].processor < warm[-2].processor:
            warm.pop()
        enough = len(warm) > 1 and warm[-1].came > warm[0].came
        first, last = (warm[0], warm[-1]) if enough else (self.looks[0], self.looks[-1])
        mails, seconds = last.came - first.came, last.at - first.at
        return {
            "rate": mails / seconds if seconds else 0.0,
            "milliseconds_each": (last.processor - first.processor) * 1000 / max(mails, 1),
        }

    def _warm(self) -> list[Look]:
        return [each for each in self.looks if each.came >= WARM]

    def _look(self) -> Look:
        family = psutil.Process().children(recursive=True)
        assert self.sink.process is not None
        used = [_seconds(each) for each in family if each.pid != self.sink.process.pid]
        self.looks.append(Look(time.monotonic(), self.sink.ask(), sum(used)))
        return self.looks[-1]


def _seconds(process: psutil.Process) -> float:
    """On a processor, so far."""
    try:
        used = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(used.user + used.system)
