"""A mail server on this machine, with dials for what mail servers do to those who send."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(slots=True)
class SmtpDials:
    """How it behaves; turn them at any time. Replies are whole: `450 4.2.0 come again`."""

    seconds: float = 0.0
    """How long it thinks before it says that it has taken a message."""
    slow_domains: dict[str, float] = field(default_factory=dict)
    """How long it thinks about a recipient, by domain."""
    recipients: dict[str, str] = field(default_factory=dict)
    """Replies to RCPT, by address or domain."""
    messages: dict[str, str] = field(default_factory=dict)
    """Replies to the end of DATA, by address or domain."""
    senders: str = ""
    """The reply to MAIL."""
    files: str = ""
    """The reply to a message with an attachment."""
    greylists: bool = False
    """Each recipient is told once to come again."""
    closes_at: Counter[str] = field(default_factory=Counter)
    """How often it closes the connection at MAIL, RCPT or DATA (before it has the message)."""
    goes_silently: int = 0
    """How often it takes a message, and dies before it says so."""
    most_connections: int = 0
    """More at a time are sent away; 0: as many as come."""
    most_messages: int = 0
    """So many on one connection, then 421; 0: as many as come."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that it has taken. at: seconds of the server's clock."""

    sender: str
    recipient: str
    raw: bytes
    at: float

    @property
    def message(self) -> Message:
        """Its header and parts."""
        return message_from_bytes(self.raw)

    @property
    def message_id(self) -> str:
        """What tells it."""
        return str(self.message["Message-ID"])

    @property
    def files(self) -> list[str]:
        """Names of what is attached."""
        return [name for part in self.message.walk() if (name := part.get_filename())]


@dataclass(slots=True)
class FakeSmtp:
    """A server, and what it has taken. connections: of now; met: how many there were in all."""

    host: str = "127.0.0.1"
    port: int = 0
    dials: SmtpDials = field(default_factory=SmtpDials)
    taken: list[Taken] = field(default_factory=list)
    met: int = 0
    tls: ssl.SSLContext | None = None
    password: str = ""
    refused: list[str] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _server: asyncio.Server | None = None
    _open: set[asyncio.Transport] = field(default_factory=set)
    _grey: set[str] = field(default_factory=set)

    def times(self) -> Counter[str]:
        """How often it has taken each Message-ID."""
        return Counter(each.message_id for each in self.taken)

    def die(self) -> None:
        """Nobody is there any more; who is talking to it is cut off."""
        self._do(self._stop())

    def live(self) -> None:
        """Be there, on the same port as before."""
        self._do(self._start())

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    def _do(self, what: Any) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _start(self) -> None:
        self._server = await self._loop.create_server(self._made, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _made(self) -> SMTP:
        return _Session(
            self,
            _Handler(self),
            tls_context=self.tls,
            require_starttls=self.tls is not None,
            auth_required=bool(self.password),
            auth_require_tls=self.tls is not None,
            authenticator=self._is_right if self.password else None,
            loop=self._loop,
            ident="fake",
        )

    def _is_right(self, *said: Any) -> AuthResult:
        given = cast("LoginPassword", said[-1])
        return AuthResult(success=given.password.decode() == self.password, handled=False)

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for each in list(self._open):
            each.abort()
        self._open.clear()
        await asyncio.sleep(0)

    # --- what sessions ask and tell -----------------------------------------------------

    def came(self, transport: asyncio.Transport) -> bool:
        """Somebody connects; whether they may stay."""
        self.met += 1
        most = self.dials.most_connections
        if most and len(self._open) >= most:
            return False
        self._open.add(transport)
        return True

    def went(self, transport: asyncio.Transport | None) -> None:
        """Somebody is gone."""
        if transport is not None:
            self._open.discard(transport)

    def later(self, what: Callable[[], None]) -> None:
        """Do it in a moment."""
        self._loop.call_later(0.05, what)

    def is_grey(self, address: str) -> bool:
        """Whether this is the first that is heard of an address."""
        new = self.dials.greylists and address not in self._grey
        self._grey.add(address)
        return new


class _Session(SMTP):
    """One connection. `Any`: the arguments are the library's."""

    def __init__(self, fake: FakeSmtp, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fake = fake
        self.raw_transport: asyncio.Transport | None = None
        self.messages = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See the library. After STARTTLS it is made once more."""
        first = self.raw_transport is None
        if first:
            self.raw_transport = cast("asyncio.Transport", transport)
            if not self.fake.came(self.raw_transport):
                self.raw_transport.write(b"421 4.7.0 too many connections\r\n")
                self.raw_transport.close()
                return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """See the library."""
        self.fake.went(self.raw_transport)
        if self.session is not None:
            super().connection_lost(error)

    def bye(self) -> None:
        """Close it once what is said was said."""
        if self.raw_transport is not None:
            self.fake.later(self.raw_transport.close)

    def cut(self) -> None:
        """Close it without a word."""
        if self.raw_transport is not None:
            self.raw_transport.abort()


class _Handler:
    """Answers by the dials."""

    def __init__(self, fake: FakeSmtp) -> None:
        self.fake = fake

    async def handle_MAIL(  # noqa: N802 - the library's names
        self, server: _Session, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        dials = self.fake.dials
        if self._closes(server, "MAIL"):
            return ""
        if dials.most_messages and server.messages >= dials.most_messages:
            server.bye()
            return "421 4.7.0 enough of you for now"
        if dials.senders:
            return dials.senders
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: _Session, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        dials, domain = self.fake.dials, address.rpartition("@")[2]
        if self._closes(server, "RCPT"):
            return ""
        await asyncio.sleep(dials.slow_domains.get(domain, 0))
        said = dials.recipients.get(address) or dials.recipients.get(domain)
        if said is None and self.fake.is_grey(address):
            said = "451 4.7.1 greylisted, come again"
        if said:
            self.fake.refused.append(address)
            return said
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: _Session, _: Session, envelope: Envelope) -> str:  # noqa: N802
        dials = self.fake.dials
        if self._closes(server, "DATA"):
            return ""
        await asyncio.sleep(dials.seconds)
        (address,) = envelope.rcpt_tos
        raw = cast("bytes", envelope.original_content)
        new = Taken(str(envelope.mail_from), address, raw, self.fake._loop.time())
        said = dials.messages.get(address) or dials.messages.get(address.rpartition("@")[2])
        if dials.files and new.files:
            said = dials.files
        if said:
            self.fake.refused.append(address)
            return said
        server.messages += 1
        self.fake.taken.append(new)
        if dials.goes_silently > 0:
            dials.goes_silently -= 1
            server.cut()
        return "250 OK taken"

    def _closes(self, server: _Session, step: str) -> bool:
        left = self.fake.dials.closes_at
        if left[step] <= 0:
            return False
        left[step] -= 1
        server.cut()
        return True


@contextmanager
def fake_smtp(*, tls: ssl.SSLContext | None = None, password: str = "") -> Iterator[FakeSmtp]:
    """A server on a port of the loopback address. tls: it wants STARTTLS; password: and that."""
    fake = FakeSmtp(tls=tls, password=password)
    thread = threading.Thread(target=fake._loop.run_forever, daemon=True)
    thread.start()
    fake.live()
    try:
        yield fake
    finally:
        fake.die()
        fake._loop.call_soon_threadsafe(fake._loop.stop)
        thread.join()
        fake._loop.close()
