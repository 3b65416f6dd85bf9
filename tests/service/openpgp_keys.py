"""OpenPGP keys for tests: made anew each time, of a curve, since those are made at once."""

from __future__ import annotations

import datetime as dt

from pysequoia import Cert, Sig, Tsk, verify
from pysequoia.packet import PacketPile, Tag


def key(address: str, valid: dt.timedelta | None = None) -> Tsk:
    """A secret key of that address; valid: from now on by the machine's clock, None: for good."""
    seconds = None if valid is None else int(valid.total_seconds())
    return Tsk.generate(f"Somebody <{address}>", validity_seconds=seconds)


def public(secret: Tsk) -> bytes:
    """What somebody uploads: its public part, armoured."""
    return str(secret.extract_certificate()).encode()


def revoked(secret: Tsk) -> bytes:
    """Its public part once it has been revoked."""
    cert = secret.extract_certificate()
    revocation = cert.revoke(secret.certifier())
    return str(Cert.from_bytes(bytes(cert) + bytes(revocation))).encode()


def is_signed_by(content: bytes, signature: bytes, secret: Tsk) -> bool:
    """Whether the detached signature over exactly those bytes is that key's."""
    cert = secret.extract_certificate()
    try:
        found = verify(content, lambda _: [cert], signature=Sig.from_bytes(signature))
    except RuntimeError:
        return False
    return bool(found.valid_sigs)


def without_encryption(secret: Tsk) -> str:
    """Its public part without the key for encryption."""
    packets = list(PacketPile.from_bytes(bytes(secret.extract_certificate())))
    last = max(at for at, each in enumerate(packets) if each.tag == Tag.PublicSubkey)
    return str(Cert.from_packets(packets[:last]))
