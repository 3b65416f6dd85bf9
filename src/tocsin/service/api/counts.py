"""How many calls this process has answered, by method and status."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping

_lock = threading.Lock()
_counts: Counter[tuple[str, int]] = Counter()


def count_answer(method: str, status: int) -> None:
    """Count one. method: of the list of methods, or "" for none of these."""
    with _lock:
        _counts[method, status] += 1


def answers_so_far() -> Mapping[tuple[str, int], int]:
    """All of them, since the process began."""
    with _lock:
        return dict(_counts)
