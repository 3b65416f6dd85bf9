"""What became of a message, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.service.mailbox.models import MessageState


@dataclass(frozen=True, slots=True)
class Outcome:
    """A state with its reason, and what the message belongs to."""

    state: MessageState
    reason: str
    explanation: str = ""
    request: int | None = None
    organisation: int | None = None


def taken(
    reason: str,
    explanation: str = "",
    *,
    request: int | None = None,
    organisation: int | None = None,
) -> Outcome:
    """It was acted upon."""
    return Outcome(MessageState.TAKEN, reason, explanation, request, organisation)


def ignored(reason: str, explanation: str = "", *, request: int | None = None) -> Outcome:
    """It changes nothing, and that is right."""
    return Outcome(MessageState.IGNORED, reason, explanation, request)


def refused(reason: str, explanation: str = "") -> Outcome:
    """It cannot be taken."""
    return Outcome(MessageState.REFUSED, reason, explanation)
