"""How a message is protected: signed, encrypted, or, with a key that is over, without its data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import structlog
from django.core.mail import EmailMessage
from pysequoia import Cert, PySigner

from tocsin.service.delivery.openpgp import mime
from tocsin.service.delivery.openpgp.finished import FinishedMessage
from tocsin.service.delivery.openpgp.service_key import service_key

_log = structlog.get_logger("tocsin.openpgp")


class Unusable(Exception):
    """The recipient's key cannot be encrypted to: the message must not go out as it is."""


@dataclass(frozen=True)
class Asked:
    """A recipient's key as it is on file: its certificate, or None if it is over."""

    cert: Cert | None


def asked(armour: str) -> Asked:
    """A key as it is kept, which was judged before; one that cannot be read is over."""
    try:
        return Asked(Cert.from_bytes(armour.encode()))
    except RuntimeError:
        return OVER


OVER = Asked(None)


def signer(now: dt.datetime) -> PySigner | None:
    """What signs now; None if there is no key, or it has expired. ConfigurationError as the key."""
    key = service_key()
    if key is None:
        return None
    if not key.signs(now):
        _log.error("the OpenPGP key of the service has expired: nothing is signed")
        return None
    return key.signer


def protected(message: EmailMessage, of: Asked | None, by: PySigner | None) -> EmailMessage:
    """The message, encrypted if a recipient asked for it, and signed if there is a signer.

    Unusable if it should be encrypted and cannot be: never in clear then.
    """
    if of is not None:
        if of.cert is None:
            raise Unusable
        try:
            made = mime.encrypted(message.message(), of.cert, by)
        except RuntimeError as error:
            raise Unusable from error
        return FinishedMessage(message, made, hidden=True)
    if by is None:
        return message
    return FinishedMessage(message, mime.signed(message.message(), by), hidden=False)
