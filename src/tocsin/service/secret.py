"""The secret of an installation, and what is derived from it: keys, links, codes.

Nothing derived is ever stored: a copy of the database alone gives away neither a link nor a code.
Whatever makes one invalid (a decision, a try too many, an end) is a matter of the row that it is
about, whose reference holds a number that changes with it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from tocsin.engine.files import write_atomically
from tocsin.model.errors import ConfigurationError

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = [low + high for high in _BASE62 for low in _BASE62]
_PLAIN = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody takes for another when reading them out."""

CODE_LENGTH = 8
"""Eight of 32 letters are 40 bits: with three tries, one chance in 366,503,875,925."""

_LINK_LENGTH = 27
"""Twenty-seven of 62 letters are 160 bits."""


class Secret:
    """What is derived from the secret of the installation."""

    def __init__(self, master: bytes) -> None:
        self._master = master

    def key(self, purpose: str) -> bytes:
        """A key of 32 bytes for that purpose alone."""
        return hmac.digest(self._master, b"key\0" + purpose.encode(), hashlib.sha256)

    def link(self, purpose: str, reference: str) -> str:
        """The part of a link that proves that its holder was given it: 27 letters and digits."""
        return in_base62(self._digest("link", purpose, reference), _LINK_LENGTH)

    def code(self, purpose: str, reference: str) -> str:
        """A code that a person can read out, of 8 letters and digits."""
        number = int.from_bytes(self._digest("code", purpose, reference), "big")
        letters = []
        for _ in range(CODE_LENGTH):
            number, digit = divmod(number, 32)
            letters.append(_PLAIN[digit])
        return "".join(letters)

    def is_link(self, purpose: str, reference: str, said: str) -> bool:
        """Whether that is the link, compared in the same time for every wrong one."""
        return hmac.compare_digest(self.link(purpose, reference).encode(), _bytes(said))

    def is_code(self, purpose: str, reference: str, said: str) -> bool:
        """Whether that is the code, as a person may have typed it."""
        typed = "".join(said.split()).replace("-", "").upper()
        return hmac.compare_digest(self.code(purpose, reference).encode(), _bytes(typed))

    def _digest(self, kind: str, purpose: str, reference: str) -> bytes:
        return hmac.digest(self.key(f"{kind} {purpose}"), _bytes(reference), hashlib.sha256)


def in_base62(digest: bytes, length: int) -> str:
    """So many letters and digits of a digest, its last bits first."""
    number = int.from_bytes(digest, "big")
    pairs, found = _PAIRS, ""
    while len(found) < length:
        # Ten letters at a time: what is left then fits into a machine word. Written out, since a
        # poll makes hundreds of ids.
        number, ten = divmod(number, 62**10)
        rest, first = divmod(ten, 62**4)
        last, next_ = divmod(rest, 62**4)
        found += (
            pairs[first % 3844]
            + pairs[first // 3844]
            + pairs[next_ % 3844]
            + pairs[next_ // 3844]
            + pairs[last]
        )
    return found[:length]


def _bytes(text: str) -> bytes:
    """Also of what was read from a mail and is no text."""
    return text.encode("utf-8", "surrogatepass")


def read_secret(path: Path) -> Secret:
    """The secret of the file; it is made where there is none yet.

    ConfigurationError if the file holds too little to be a secret, or others may read it.
    """
    if not path.exists():
        write_atomically(path, secrets.token_bytes(32).hex().encode() + b"\n")
        path.chmod(0o600)
    if path.stat().st_mode & 0o077:
        raise ConfigurationError(
            "others than its owner may read the secret",
            where=str(path),
            todo="chmod 600 it; if somebody may have read it, remove it, and all links become void",
        )
    said = path.read_bytes().strip()
    if len(said) < 32:
        raise ConfigurationError(
            "this is too short for a secret", where=str(path), todo="restore it from a backup"
        )
    return Secret(said)
