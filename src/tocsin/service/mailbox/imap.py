"""A mailbox elsewhere, looked into by IMAP."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from tocsin.configuration.service import MailboxPlace
from tocsin.model.errors import ConfigurationError, TransientError

_SECONDS = 60.0


class MailboxUnreachable(TransientError):
    """The IMAP server does not answer, or answers with nonsense."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that has not been taken yet: its number, and its size in bytes."""

    uid: str
    size: int


class Source(Protocol):
    """A mailbox. All methods may raise MailboxUnreachable."""

    def waiting(self) -> Sequence[Waiting]:
        """What has not been seen, oldest first."""
        ...

    def fetch(self, uid: str, *, header_only: bool = False) -> bytes:
        """The bytes of a message; it stays unseen."""
        ...

    def done(self, uid: str) -> None:
        """It has been stored: mark it as seen, and move it if it is to be moved."""
        ...


class ImapSource:
    """The real one. Make it with `open_source`."""

    def __init__(self, box: Any, done_folder: str) -> None:
        self._box = box
        self._done_folder = done_folder

    def waiting(self) -> Sequence[Waiting]:
        """See Source."""
        with _told():
            uids = self._box.uids("UNSEEN", charset=None)
            return [Waiting(uid, self._size(uid)) for uid in sorted(uids, key=int)]

    def fetch(self, uid: str, *, header_only: bool = False) -> bytes:
        """See Source."""
        part = "BODY.PEEK[HEADER]" if header_only else "BODY.PEEK[]"
        with _told():
            for each in self._asked(uid, f"({part})"):
                if isinstance(each, tuple):
                    return bytes(each[1])
        raise MailboxUnreachable(
            f"message {uid} was not given", where="IMAP server", todo="nothing: tried again"
        )

    def done(self, uid: str) -> None:
        """See Source."""
        with _told():
            # Not by the library's own function: that would also remove what others have marked.
            status, _ = self._box.client.uid("STORE", uid, "+FLAGS", f"({MailMessageFlags.SEEN})")
            if status != "OK":
                raise MailboxUnreachable(
                    f"message {uid} cannot be marked", where="IMAP server", todo="look at its log"
                )
            if self._done_folder:
                self._box.move(uid, self._done_folder)

    def _size(self, uid: str) -> int:
        for each in self._asked(uid, "(RFC822.SIZE)"):
            said = (each[0] if isinstance(each, tuple) else each) or b""
            digits = bytes(said).upper().partition(b"RFC822.SIZE ")[2].split(b")")[0].split()
            if digits:
                return int(digits[0])
        return 0

    def _asked(self, uid: str, what: str) -> Sequence[Any]:
        status, found = self._box.client.uid("FETCH", uid, what)
        if status != "OK":
            raise MailboxUnreachable(
                f"{status} to {what}", where="IMAP server", todo="nothing: tried again"
            )
        return list(found)


@contextmanager
def open_source(place: MailboxPlace) -> Iterator[ImapSource]:
    """Sign in, and open the folder. ConfigurationError if the server does not let us in."""
    if not place.imap_host:
        raise ConfigurationError(
            "no mailbox is named", where="mailbox.imap_host", todo="name the IMAP server"
        )
    with _told():
        box = _box(place)
    try:
        with _told():
            box.login(place.imap_user, place.imap_password.get_secret_value(), place.imap_folder)
        yield ImapSource(box, place.imap_done_folder)
    finally:
        _leave(box)


def _box(place: MailboxPlace) -> Any:
    kinds = {"tls": MailBox, "starttls": MailBoxStartTls, "none": MailBoxUnencrypted}
    return kinds[place.imap_encryption](place.imap_host, place.imap_port, timeout=_SECONDS)


def _leave(box: Any) -> None:
    try:
        box.logout()
    except (ImapToolsError, imaplib.IMAP4.error, OSError):
        # It is over either way, and what was stored is stored.
        with suppress(OSError):
            box.client.shutdown()


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the libraries in our words."""
    try:
        yield
    except MailboxLoginError as error:
        raise ConfigurationError(
            "the IMAP server does not let us in",
            where="mailbox.imap_user",
            todo="correct user or password",
        ) from error
    except MailboxFolderSelectError as error:
        raise ConfigurationError(
            f"the folder cannot be opened: {error}",
            where="mailbox.imap_folder",
            todo="name one that there is",
        ) from error
    except (ImapToolsError, imaplib.IMAP4.error, OSError, ValueError) as error:
        raise MailboxUnreachable(
            f"the IMAP server fails: {error}", where="IMAP server", todo="try again later"
        ) from error
