"""The task that hands one letter to the mail server."""

from __future__ import annotations

import datetime as dt
import smtplib

from tocsin.model.errors import ConfigurationError, TransientError
from tocsin.service import clock, installation
from tocsin.service.delivery.openpgp.protection import protected, signer
from tocsin.service.letters.compose import message_of
from tocsin.service.letters.models import Letter, LetterState
from tocsin.service.work.worker import Payload, Work


def _hand_over(payload: Payload) -> str:
    """Hand it over; what the server says if it will never take it, "" if it took it."""
    letter = Letter.objects.get(pk=payload["letter"])
    if letter.state != LetterState.WAITING:
        return letter.refusal
    try:
        protected(message_of(letter, installation.secret()), None, signer(clock.now())).send()
    except ConfigurationError as error:
        # A key that cannot be used today must not lose a letter.
        raise TransientError(error.what, where=error.where, todo=error.todo) from error
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return _refusal(code, said)
    except smtplib.SMTPResponseException as error:
        return _refusal(error.smtp_code, error.smtp_error)
    except smtplib.SMTPException as error:
        raise TransientError(
            str(error), where="mail server", todo="nothing: tried again"
        ) from error
    return ""


def _refusal(code: int, said: bytes | str) -> str:
    """What a server says for good; TransientError if it may take the letter later."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    if code < 500:
        raise TransientError(f"{code} {text}", where="mail server", todo="nothing: tried again")
    return f"{code} {text}"


def _write_down(payload: Payload, refusal: str, now: dt.datetime) -> None:
    Letter.objects.filter(pk=payload["letter"], state=LetterState.WAITING).update(
        state=LetterState.REFUSED if refusal else LetterState.SENT,
        sent_at=None if refusal else now,
        refusal=refusal[:2000],
    )


SENDING = Work(_hand_over, _write_down)
