"""Listening for mail by SMTP or LMTP: it only stores, and says so after that.

It stands behind a mail server and is not meant for the open Internet: no TLS, nobody is turned
away for what they are. Whoever is told 250 may forget the message; 4yz means that it is to be sent
again.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Container
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog
from aiosmtpd.controller import Controller, UnixSocketController
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as Handed
from django.db import close_old_connections, connection

from tocsin.model.errors import StorageFull
from tocsin.service.mailbox.store import Envelope

Keep = Callable[[bytes, Envelope], object]
"""Stores a message; raises if it has not been stored."""

MOST_SESSIONS = 50
_LONGEST_LINE = 1 << 20
_SECONDS = 120.0

_STORED = "250 2.0.0 stored"
_FULL = "452 4.3.1 no room to store it; send it again later"
_FAILED = "451 4.3.0 it could not be stored; send it again later"
_NOT_OURS = "550 5.1.1 no such address here"
_ONE_AT_A_TIME = "452 4.5.3 one recipient at a time"
_BUSY = b"421 4.3.2 too many sessions; come again later\r\n"

_log = structlog.get_logger("tocsin.mailbox")


class Handler:
    """What is done for a client. addresses: those that are ours, in small letters."""

    def __init__(self, keep: Keep, addresses: Container[str]) -> None:
        self._keep = keep
        self._addresses = addresses
        # One at a time, in a thread that has its own connection to the database.
        self._storing = ThreadPoolExecutor(1, thread_name_prefix="store")

    async def handle_RCPT(  # noqa: N802 - the library's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Handed,
        address: str,
        _options: list[str],
    ) -> str:
        """Ours, and one for each message: LMTP wants an answer for each, SMTP does not mind."""
        known = address.lower()
        if known not in self._addresses:
            return _NOT_OURS
        if envelope.rcpt_tos:
            return _ONE_AT_A_TIME
        envelope.rcpt_tos.append(known)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Handed
    ) -> str:
        """Store it; whatever fails is told as something that may work later."""
        log = _log.bind(peer=str(session.peer), size=len(envelope.original_content or b""))
        handed = Envelope(
            envelope.mail_from or "",
            tuple(envelope.rcpt_tos),
            peer=_peer_of(server, session),
            helo=session.host_name or "",
        )
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(
                self._storing, self._store, bytes(envelope.original_content or b""), handed
            )
        except StorageFull as error:
            log.error("not stored", error=str(error))
            return _FULL
        except Exception as error:
            log.error("not stored", error=repr(error), exc_info=True)
            return _FAILED
        log.info("stored")
        return _STORED

    async def handle_exception(self, error: Exception) -> str:
        """What goes wrong in a session is no reason to give a message up."""
        _log.error("session failed", error=repr(error), exc_info=error)
        return _FAILED

    def close(self) -> None:
        """Finish what is being stored, and let go of the database."""
        self._storing.submit(_let_go).result()
        self._storing.shutdown()

    def _store(self, raw: bytes, envelope: Envelope) -> None:
        close_old_connections()
        self._keep(raw, envelope)


def _peer_of(server: SMTP, session: Session) -> str | None:
    """The address of who is there; None by LMTP, which only a mail server of ours speaks."""
    # What the socket says: address and port, or the text "" of one that has no address.
    place: object = session.peer
    if isinstance(server, LMTP) or not isinstance(place, tuple):
        return None
    try:
        found = ipaddress.ip_address(str(place[0]).partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def _let_go() -> None:
    # Each thread has a connection of its own: it is looked up in the thread.
    connection.close()


class _Limited:
    """Turns clients away beyond MOST_SESSIONS; mixed into a protocol."""

    sessions = 0

    def connection_made(self, transport: Any) -> None:
        """Called by asyncio."""
        _Limited.sessions += 1
        if _Limited.sessions > MOST_SESSIONS:
            transport.write(_BUSY)
            transport.close()
            self._turned_away = True
            return
        super().connection_made(transport)  # type: ignore[misc] # of the protocol

    def connection_lost(self, error: Exception | None) -> None:
        """Called by asyncio."""
        _Limited.sessions -= 1
        if not getattr(self, "_turned_away", False):
            super().connection_lost(error)  # type: ignore[misc] # of the protocol


class _Smtp(_Limited, SMTP):
    line_length_limit = _LONGEST_LINE


class _Lmtp(_Limited, LMTP):
    line_length_limit = _LONGEST_LINE


class _Served:
    """Makes the protocol; mixed into a controller."""

    protocol: type[SMTP] = _Smtp
    handler: Handler
    SMTP_kwargs: dict[str, Any]

    def factory(self) -> SMTP:
        """Called by the library for each client."""
        return self.protocol(self.handler, **self.SMTP_kwargs)

    def stop(self, no_assert: bool = False) -> None:
        """End; what is being stored is stored first."""
        super().stop(no_assert)  # type: ignore[misc] # of the controller
        self.handler.close()


class _Inet(_Served, Controller):
    pass


class _Unix(_Served, UnixSocketController):
    pass


def listener(place: str, keep: Keep, addresses: Container[str], most_bytes: int) -> Any:
    """A listener with `start` and `stop`, in a thread of its own.

    place: `smtp:HOST:PORT`, `lmtp:HOST:PORT` or `lmtp:/a/socket`.
    """
    protocol, _, where = place.partition(":")
    options: dict[str, Any] = {
        "data_size_limit": most_bytes,
        "enable_SMTPUTF8": True,
        "ident": "Tocsin",
        "timeout": _SECONDS,
        "server_hostname": "tocsin",
    }
    handler = Handler(keep, addresses)
    made = (
        _at_socket(handler, where, options)
        if where[0] == "/"
        else _at_port(handler, where, options)
    )
    made.protocol = _Lmtp if protocol == "lmtp" else _Smtp
    return made


def _at_port(handler: Handler, where: str, options: dict[str, Any]) -> Any:
    host, _, port = where.rpartition(":")
    return _Inet(handler, hostname=host.strip("[]"), port=int(port), **options)


def _at_socket(handler: Handler, where: str, options: dict[str, Any]) -> Any:
    # A listener that was killed leaves its socket behind, and nobody can bind to it then.
    Path(where).unlink(missing_ok=True)
    return _Unix(handler, where, **options)
