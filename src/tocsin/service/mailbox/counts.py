"""How many messages came in, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from tocsin.service.mailbox.models import IncomingMessage, MessageState


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages by state and reason; the sum of `by_reason` is `total`."""

    total: int
    by_reason: tuple[tuple[str, str, int], ...]

    def of(self, state: MessageState) -> int:
        """How many are in that state."""
        return sum(number for each, _, number in self.by_reason if each == state)


def count_messages() -> Counts:
    """All messages that ever came in."""
    rows = (
        IncomingMessage.objects.order_by("state", "reason")
        .values_list("state", "reason")
        .annotate(number=Count("pk"))
    )
    by_reason = tuple((str(state), str(reason), int(number)) for state, reason, number in rows)
    return Counts(sum(number for _, _, number in by_reason), by_reason)
