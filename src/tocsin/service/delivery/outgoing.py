"""The road of all mail that is no report: letters, codes to sign in, probes.

It is signed as reports are, by OpenPGP and DKIM, if there are keys. Reports take the same two steps
(`protections`, `connection_of`), many over one connection.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

import structlog
from django.core.mail import EmailMessage

from tocsin.model.errors import ConfigurationError
from tocsin.service import installation
from tocsin.service.delivery.connection import Connection
from tocsin.service.delivery.openpgp.protection import protected, signer
from tocsin.service.delivery.signing import connection_of

Made = TypeVar("Made")

_log = structlog.get_logger("tocsin.mail")


def hand_over(message: EmailMessage, now: dt.datetime) -> None:
    """Sign a message to one recipient, and hand it over to the mail server.

    Refused, Broken or Unreachable if it was not taken; ConfigurationError, before anybody is
    asked, if there is a key to sign with that cannot be used.
    """
    by, connection = signer(now), connection_of(installation.configuration().mail)
    _send(protected(message, None, by), connection)


def hand_over_in_any_case(message: EmailMessage, now: dt.datetime) -> None:
    """The same, without the signature whose key cannot be used: for what somebody waits for.

    Were a code to sign in held back, nobody could sign in, nor the one who has to mend the key.
    """
    mail = installation.configuration().mail
    by = _if_usable(lambda: signer(now), None)
    connection = _if_usable(lambda: connection_of(mail), Connection())
    _send(protected(message, None, by), connection)


def _if_usable(make: Callable[[], Made], otherwise: Made) -> Made:
    try:
        return make()
    except ConfigurationError as error:
        _log.error("not signed: a key cannot be used", error=error.message())
        return otherwise


def _send(message: EmailMessage, connection: Connection) -> None:
    try:
        connection.send(message)
    finally:
        connection.close()
