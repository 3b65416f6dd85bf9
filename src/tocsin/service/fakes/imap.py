"""A mailbox without a server: it holds what it is given, or fails when it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tocsin.service.mailbox.imap import MailboxUnreachable, Waiting


@dataclass(slots=True)
class FakeMailbox:
    """Messages by number. dead: it does not answer. forgets_marks: it dies instead of marking,
    that many times. vanishing: numbers of messages that are gone when they are asked for."""

    messages: dict[str, bytes] = field(default_factory=dict)
    dead: bool = False
    forgets_marks: int = 0
    vanishing: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    asked: list[tuple[str, bool]] = field(default_factory=list)

    def waiting(self) -> Sequence[Waiting]:
        """See Source."""
        self._answer()
        return [
            Waiting(uid, len(raw)) for uid, raw in self.messages.items() if uid not in self.seen
        ]

    def fetch(self, uid: str, *, header_only: bool = False) -> bytes:
        """See Source."""
        self._answer()
        self.asked.append((uid, header_only))
        if uid in self.vanishing:
            raise MailboxUnreachable("gone", where="fake mailbox", todo="try later")
        raw = self.messages[uid]
        return raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if header_only else raw

    def done(self, uid: str) -> None:
        """See Source."""
        self._answer()
        if self.forgets_marks:
            self.forgets_marks -= 1
            raise MailboxUnreachable("died", where="fake mailbox", todo="try later")
        self.seen.append(uid)

    def _answer(self) -> None:
        if self.dead:
            raise MailboxUnreachable("does not answer", where="fake mailbox", todo="try later")
