"""The service's own OpenPGP key, with which all that it mails is signed."""

from __future__ import annotations

import datetime as dt
import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pysequoia import PySigner, Tsk
from pysequoia.packet import PacketPile, Tag

from tocsin.model.errors import ConfigurationError
from tocsin.service import installation
from tocsin.service.delivery.openpgp.certificate import signing_ends


@dataclass(frozen=True)
class ServiceKey:
    """The key: its public part, and what signs. fingerprint: capital hex digits."""

    fingerprint: str
    public: str
    expires_at: dt.datetime | None
    signer: PySigner | None

    @property
    def grouped(self) -> str:
        """The fingerprint as people compare it: in groups of four."""
        said = self.fingerprint
        return " ".join(said[at : at + 4] for at in range(0, len(said), 4))

    def signs(self, now: dt.datetime) -> bool:
        """Whether it can sign: it has not expired, nor its part for signing."""
        return self.signer is not None and (self.expires_at is None or self.expires_at > now)


def service_key() -> ServiceKey | None:
    """The key of the installation; None if it has none.

    ConfigurationError if there should be one and it cannot be used: others may read its file, it
    is no secret key, or the password is wrong.
    """
    mail = installation.configuration().mail
    if not mail.openpgp_key:
        return None
    path = installation.home().root / mail.openpgp_key
    try:
        found = path.stat()
    except OSError as error:
        raise _wrong(path, "the OpenPGP key cannot be read", "name its file") from error
    if found.st_mode & 0o077 or found.st_uid != os.geteuid() or not stat.S_ISREG(found.st_mode):
        raise _wrong(
            path,
            "others than the service may read, or own, its OpenPGP key",
            "chown it to the account of the service and chmod 600 it; if others may have read it, "
            "revoke it and make a new one",
        )
    return _read(path, mail.openpgp_password.get_secret_value(), found.st_mtime_ns)


# Making a signer of a key with a password takes long on purpose.
@lru_cache(maxsize=4)
def _read(path: Path, password: str, changed: int) -> ServiceKey:  # noqa: ARG001 - tells versions apart
    try:
        said = path.read_bytes()
        holds_secret = any(each.tag == Tag.SecretKey for each in PacketPile.from_bytes(said))
        secret = Tsk.from_bytes(said)
        public = secret.extract_certificate()
        signs, last = signing_ends(public)
        ends = [end for end in (public.expiration, last) if end is not None]
    except (OSError, RuntimeError) as error:
        raise _wrong(path, *_NO_KEY) from error
    if not holds_secret or not signs:
        raise _wrong(path, *_NO_KEY)
    if public.is_revoked:
        raise _wrong(path, "this OpenPGP key is revoked", "make a new one")
    return ServiceKey(
        public.fingerprint.upper(),
        str(public),
        min(ends, default=None),
        _signer(path, secret, password),
    )


_NO_KEY = (
    "this is no secret OpenPGP key that signs",
    "export one, as docs/operators/openpgp.md tells",
)


def _signer(path: Path, secret: Tsk, password: str) -> PySigner | None:
    try:
        return secret.signer(password or None)
    except Exception as error:
        if str(error).startswith("No suitable signing"):
            return None
        raise _wrong(
            path,
            "the OpenPGP key cannot be opened",
            "set mail.openpgp_password (TOCSIN_MAIL__OPENPGP_PASSWORD), or take the password off",
        ) from error


def _wrong(path: Path, what: str, todo: str) -> ConfigurationError:
    return ConfigurationError(what, where=str(path), todo=todo)
