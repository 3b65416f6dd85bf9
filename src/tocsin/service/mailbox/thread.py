"""Which request a mail goes on with: told by the letter that it answers, or by a number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tocsin.service.letters.models import Letter
from tocsin.service.mailbox.models import IncomingMessage
from tocsin.service.subscribers.models import Request

_NUMBER = re.compile(r"#([1-9][0-9]{0,11})\b")


@dataclass(frozen=True, slots=True)
class Thread:
    """What a mail goes on with.

    request: None if it is about none that exists. letter: the letter of ours that it answers,
    whose identifier nobody knows who has not seen it. organisation: of that letter.
    """

    request: Request | None = None
    letter: Letter | None = None

    @property
    def organisation(self) -> int | None:
        """The organisation that the letter is about."""
        return self.letter.organisation if self.letter else None


def thread_of(message: IncomingMessage) -> Thread:
    """The thread of a message; the letter that it answers tells more than the subject."""
    letter = Letter.objects.filter(message_id__in=message.in_reply_to).order_by("-id").first()
    number = letter.request if letter else None
    if number is None and (found := _NUMBER.search(message.subject)):
        number = int(found[1])
    request = Request.objects.filter(pk=number).first() if number is not None else None
    return Thread(request, letter)
