"""What a message says that gives one of ours back: values that the reader makes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tocsin.service.subscribers.models import Cause


class Action(StrEnum):
    """What became of it for a recipient (RFC 3464, 2.3.3); `delayed`: it is tried further."""

    FAILED = "failed"
    DELAYED = "delayed"
    RELAYED = "relayed"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a refusal means; definite: there is no such address, beyond doubt."""

    cause: Cause
    definite: bool = False


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of it for one recipient.

    recipient: whom the server could not reach; original: whom we had sent it to, as far as the
    server says so; both in small letters, "" if not said. status: such as 5.1.1. said: in the
    server's words, harmless.
    """

    recipient: str
    original: str
    action: Action
    verdict: Verdict
    status: str
    said: str


@dataclass(frozen=True, slots=True)
class Traces:
    """What of our message is in it: Message-IDs of our form, and return paths, as they stand."""

    message_ids: tuple[str, ...] = ()
    return_paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounce:
    """A message given back."""

    fates: tuple[Fate, ...]
    traces: Traces


@dataclass(frozen=True, slots=True)
class Complaint:
    """Somebody has called our message unwanted (RFC 5965). kind: the feedback type."""

    kind: str
    traces: Traces


@dataclass(frozen=True, slots=True)
class NotReturned:
    """It gives nothing back; a word, and a sentence."""

    reason: str
    explanation: str


CameBack = Bounce | Complaint | NotReturned
