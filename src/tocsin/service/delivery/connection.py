"""One connection to the mail server: messages go over it one by one, and what the server said."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import SafeMIMEText, sanitize_address

Sign = Callable[[bytes], bytes]
"""Adds a signature of the domain to a message, as it goes over the wire."""


class Unreachable(Exception):
    """No connection can be had: nobody is there, or we are not let in."""


class Unsendable(Exception):
    """The message cannot be put on the wire: a header with a line end, an address that is none."""


class Broken(Exception):
    """The connection broke. maybe_taken: the server had all of the message, and said nothing."""

    def __init__(self, said: str, *, maybe_taken: bool) -> None:
        super().__init__(said)
        self.maybe_taken = maybe_taken


class Refused(Exception):
    """The server said no. step: MAIL, RCPT or DATA."""

    def __init__(self, code: int, said: bytes | str, step: str) -> None:
        self.code = code
        self.said = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        self.step = step
        super().__init__(f"{code} {self.said}")


_TAKEN = 250
_WILL_FORWARD = 251
_GOES_AWAY = 421


def _as_it_is(message: bytes) -> bytes:
    return message


def _nothing() -> None:
    return


@dataclass(slots=True)
class Connection:
    """Opened at the first message; a broken one is made anew at the next.

    computing: held while a message becomes bytes.
    """

    sign: Sign = _as_it_is
    computing: threading.Lock = field(default_factory=threading.Lock)
    _backend: BaseEmailBackend | None = None
    _used: int = 0
    _opening: bool = False

    @property
    def has_hope(self) -> bool:
        """Whether it is open, as far as anybody knows, or just being opened."""
        return self._opening or self._backend is not None

    def open(self) -> None:
        """Unreachable if that cannot be."""
        if self._backend is not None:
            return
        backend = get_connection()
        self._opening = True
        try:
            backend.open()
        except (smtplib.SMTPException, OSError, ValueError) as error:
            _closed(backend)
            raise Unreachable(_said(error)) from error
        else:
            self._backend, self._used = backend, 0
        finally:
            self._opening = False

    def send(self, message: EmailMessage, going: Callable[[], None] = _nothing) -> None:
        """Hand a message over. Refused, Broken, Unreachable or Unsendable if it was not taken.

        going: called right before the server gets what it may take.

        Servers close connections that were idle, or have brought enough: as long as the server had
        not all of the message, it is tried again at once on a new one.
        """
        self.open()
        was_used = self._used > 0
        try:
            self._send(message, going)
        except Broken as error:
            self.close()
            if error.maybe_taken or not was_used:
                raise
            self.open()
            self._send(message, going)

    def close(self) -> None:
        """Say goodbye, if anybody listens."""
        backend, self._backend = self._backend, None
        if backend is not None:
            _closed(backend)

    def _send(self, message: EmailMessage, going: Callable[[], None]) -> None:
        backend = self._backend
        assert backend is not None  # noqa: S101 - opened before
        self._used += 1
        if not isinstance(backend, EmailBackend):
            # A folder, or the memory of a test: there is no server that could refuse.
            going()
            backend.send_messages([message])
            return
        smtp = backend.connection
        assert smtp is not None  # noqa: S101 - the backend is open
        with self.computing:
            sender, to, raw = self._on_the_wire(message)
        try:
            _hand_over(smtp, sender, to, raw, going)
        except Refused:
            self._forget_message(smtp)
            raise
        except Broken:
            self.close()
            raise

    def _on_the_wire(self, message: EmailMessage) -> tuple[str, str, bytes]:
        try:
            sender, to = (
                sanitize_address(each, "utf-8") for each in (message.from_email, message.to[0])
            )
            # Django's messages know the line ends of the wire; the type of `message` hides that.
            raw = cast("SafeMIMEText", message.message()).as_bytes(linesep="\r\n")
        except ValueError as error:
            raise Unsendable(_said(error)) from error
        return sender, to, self.sign(raw)

    def _forget_message(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.rset()
        except (smtplib.SMTPException, OSError):
            self.close()


def _hand_over(
    smtp: smtplib.SMTP, sender: str, to: str, raw: bytes, going: Callable[[], None]
) -> None:
    """As smtplib's `sendmail`, which does not tell how far it came before the connection broke."""
    with _as_ours(maybe_taken=False):
        smtp.ehlo_or_helo_if_needed()
        options = [f"size={len(raw)}"] if smtp.has_extn("size") else []
        _expect(smtp.mail(sender, options), "MAIL")
        _expect(smtp.rcpt(to), "RCPT")
    # What goes wrong here is none of the server's doing.
    going()
    with _as_ours(maybe_taken=True):
        _expect(smtp.data(raw), "DATA")


@contextmanager
def _as_ours(*, maybe_taken: bool) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPResponseException as error:
        # DATA itself was answered with something else than 354.
        _expect((error.smtp_code, error.smtp_error), "DATA")
    except (smtplib.SMTPException, OSError) as error:
        raise Broken(_said(error), maybe_taken=maybe_taken) from error


def _expect(answer: tuple[int, bytes | str], step: str) -> None:
    code, said = answer
    if code in (_TAKEN, _WILL_FORWARD):
        return
    refused = Refused(code, said, step)
    if code in (_GOES_AWAY, -1):
        # It closes the connection, which says nothing of this message, nor has it taken it.
        raise Broken(str(refused), maybe_taken=False) from refused
    raise refused


def _closed(backend: BaseEmailBackend) -> None:
    try:
        backend.close()
    except (smtplib.SMTPException, OSError):
        # It was to be closed, and is.
        return


def _said(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
