"""The task that hands one letter to the mail server."""

from __future__ import annotations

import datetime as dt

from tocsin.model.errors import ConfigurationError, TransientError
from tocsin.service import clock, installation
from tocsin.service.delivery.connection import Broken, Refused, Unreachable
from tocsin.service.delivery.outgoing import hand_over
from tocsin.service.letters.compose import message_of
from tocsin.service.letters.models import Letter, LetterState
from tocsin.service.work.worker import Payload, Work

_FOR_GOOD = 500


def _hand_over(payload: Payload) -> str:
    """Hand it over; what the server says if it will never take it, "" if it took it."""
    letter = Letter.objects.get(pk=payload["letter"])
    if letter.state != LetterState.WAITING:
        return letter.refusal
    try:
        hand_over(message_of(letter, installation.secret()), clock.now())
    except ConfigurationError as error:
        # A key that cannot be used today must not lose a letter.
        raise TransientError(error.what, where=error.where, todo=error.todo) from error
    except Refused as error:
        # At MAIL it is not this letter that is unwelcome, but we: somebody has to put that right.
        if error.code >= _FOR_GOOD and error.step != "MAIL":
            return str(error)
        raise _later(error) from error
    except (Broken, Unreachable) as error:
        raise _later(error) from error
    return ""


def _later(error: Exception) -> TransientError:
    return TransientError(str(error), where="mail server", todo="nothing: tried again")


def _write_down(payload: Payload, refusal: str, now: dt.datetime) -> None:
    Letter.objects.filter(pk=payload["letter"], state=LetterState.WAITING).update(
        state=LetterState.REFUSED if refusal else LetterState.SENT,
        sent_at=None if refusal else now,
        refusal=refusal[:2000],
    )


SENDING = Work(_hand_over, _write_down)
