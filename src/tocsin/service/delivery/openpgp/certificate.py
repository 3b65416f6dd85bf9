"""A recipient's OpenPGP certificate (public key): read strictly, and judged.

pysequoia encrypts to keys that have expired or were revoked without a word (checked with 0.1.35).
So what may not be used is taken out of a certificate here, before it is used or kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pysequoia import ArmorKind, Cert, armor, encrypt
from pysequoia.packet import Packet, PacketPile, PublicKeyAlgorithm, SignatureType, Tag

from tocsin.model.errors import UsageError
from tocsin.service.texts import harmless

MOST_BYTES = 128 << 10
"""As large as what is uploaded may be; a usual key has less than 10 KiB."""

MOST_PACKETS = 2_000
LEAST_RSA_BITS = 2048

_RSA = (PublicKeyAlgorithm.RSAEncryptSign, PublicKeyAlgorithm.RSAEncrypt)
_ENCRYPTING = (
    *_RSA,
    PublicKeyAlgorithm.ECDH,
    PublicKeyAlgorithm.X25519,
    PublicKeyAlgorithm.X448,
    PublicKeyAlgorithm.MLKEM768_X25519,
    PublicKeyAlgorithm.MLKEM1024_X448,
)
_SECRET = (Tag.SecretKey, Tag.SecretSubkey)
_KEYS = (Tag.PublicKey, Tag.PublicSubkey)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is known of a certificate that may be encrypted to.

    fingerprint: capital hex digits. addresses: of its user ids, in small letters. names: the user
    ids, for people. expires_at: when the last of its keys for encryption ends; None: never.
    armour: the certificate without what others have signed or attached.
    """

    fingerprint: str
    addresses: frozenset[str]
    names: tuple[str, ...]
    expires_at: dt.datetime | None
    armour: str


def read_certificate(said: bytes, now: dt.datetime) -> Certificate:
    """Read and judge what somebody uploaded, armoured or not.

    UsageError says what is wrong with it: no key, several, a secret one, too weak, over.
    """
    cert = certificate_in(said)
    try:
        return _judged(cert, now)
    except RuntimeError as error:
        # What the library holds for too weak it does not even say the end of.
        raise _wrong(
            "this key is too weak, or damaged",
            "make one of an elliptic curve, or of RSA with 2048 bits or more",
        ) from error


def _judged(cert: Cert, now: dt.datetime) -> Certificate:
    if cert.is_revoked:
        raise _wrong("this key is revoked", "upload a key that you still use")
    if cert.expiration is not None and cert.expiration <= now:
        raise _wrong(
            f"this key expired at {cert.expiration:%Y-%m-%d %H:%M} UTC",
            "make it valid for longer with your OpenPGP program, export it, and upload it again",
        )
    kept, ends = _usable(cert, now)
    encrypt(b"", recipients=[kept])
    names = [str(each) for each in kept.user_ids]
    return Certificate(
        fingerprint=kept.fingerprint.upper(),
        addresses=frozenset(_addresses(kept, names)),
        names=tuple(harmless(each, 200) for each in names[:20]),
        expires_at=min((end for end in (cert.expiration, ends) if end is not None), default=None),
        armour=str(kept),
    )


def certificate_in(said: bytes) -> Cert:
    """The one certificate in what somebody uploaded. UsageError if it is none."""
    if len(said) > MOST_BYTES:
        raise _wrong(
            f"this is larger than {MOST_BYTES >> 10} KiB", "export the key without the signatures"
        )
    try:
        tags = [each.tag for each in PacketPile.from_bytes(said)]
    except Exception as error:
        # The library's own words hold addresses in memory, and what was uploaded.
        raise _wrong("this is no OpenPGP key", _EXPORT) from error
    if not tags:
        raise _wrong("this is no OpenPGP key", _EXPORT)
    if any(tag in _SECRET for tag in tags):
        raise _wrong(
            "this holds a SECRET key, which nobody else may ever have; it was not kept",
            "export the public key alone; if this came here by mistake, make a new key",
        )
    if tags.count(Tag.PublicKey) != 1 or tags[0] != Tag.PublicKey:
        raise _wrong("this is not exactly one OpenPGP key", _EXPORT)
    if len(tags) > MOST_PACKETS:
        raise _wrong("this key has too many signatures", "export it without them")
    try:
        return Cert.from_bytes(said)
    except Exception as error:
        raise _wrong("this is no OpenPGP key that can be read", _EXPORT) from error


def together(said: bytes, on_file: str) -> bytes:
    """A key, with what was known of the same key before: a revocation is not forgotten.

    UsageError as `read_certificate`, if it is no key.
    """
    found = certificate_in(said)
    try:
        return bytes(Cert.from_bytes(on_file.encode()).merge(found))
    except RuntimeError as error:
        raise _wrong("the key on file cannot be read", "remove it, and upload it anew") from error


def armoured(said: bytes) -> str:
    """A public key as text."""
    return armor(said, ArmorKind.PublicKey)


def is_revoked(said: bytes) -> bool:
    """Whether that is a key that its owner has revoked. UsageError if it is no key."""
    try:
        return certificate_in(said).is_revoked
    except RuntimeError:
        return False


def fingerprint_of(said: bytes) -> str:
    """Of the key, in capital hex digits. UsageError if it is none."""
    return certificate_in(said).fingerprint.upper()


_EXPORT = "export your public key, as in: gpg --armor --export-options export-minimal --export"


@dataclass(slots=True)
class _Component:
    """A key, user id or attribute of a certificate.

    signatures: of the key itself, on it. binding: those that say what it is for; of the primary
    key they may be on its user ids.
    """

    packet: Packet
    signatures: list[Packet] = field(default_factory=list)
    binding: list[Packet] = field(default_factory=list)


def _components(cert: Cert) -> list[_Component]:
    """All of them, the primary key first; without what others have signed."""
    packets = list(PacketPile.from_bytes(bytes(cert)))
    mine = packets[0]
    found: list[_Component] = []
    for each in packets:
        if each.tag != Tag.Signature:
            found.append(_Component(each))
        elif mine.fingerprint == each.issuer_fingerprint or mine.key_id == each.issuer_key_id:
            found[-1].signatures.append(each)
    for one in found:
        one.binding = [each for each in one.signatures if each.signature_type in _BINDING]
    primary, *others = found
    for one in others:
        primary.binding += one.binding if one.packet.tag == Tag.UserID else []
    return found


def _usable(cert: Cert, now: dt.datetime) -> tuple[Cert, dt.datetime | None]:
    """The certificate without what may not be used, and when the last of its keys ends."""
    kept: list[_Component] = []
    ends: list[dt.datetime | None] = []
    weak = False
    for each in _components(cert):
        if each.packet.tag == Tag.PublicSubkey:
            weak = weak or _is_weak(each.packet)
            end = _end(each)
            if not _encrypts(each, now) or (end is not None and end <= now):
                continue
            ends.append(end)
        elif each.packet.tag == Tag.PublicKey:
            weak = weak or _is_weak(each.packet)
            if _is_for_encryption(each) and not _is_weak(each.packet):
                ends.append(None)
        elif each.packet.tag != Tag.UserID:
            continue
        kept.append(each)
    if weak and not ends:
        raise _wrong("this key is too weak", f"make one with {LEAST_RSA_BITS} bits at least")
    if not ends:
        raise _wrong(
            "this key has no valid part for encryption", "add one, or upload a key that has one"
        )
    last = None if None in ends else max(end for end in ends if end is not None)
    return _made_of(kept), last


def signing_ends(cert: Cert) -> tuple[bool, dt.datetime | None]:
    """Whether a certificate has a part for signing that is not revoked, and when the last ends."""
    ends = [
        _end(each)
        for each in _components(cert)
        if each.packet.tag in _KEYS
        and (newest := _newest(each)) is not None
        and newest.key_flags is not None
        and newest.key_flags.signing
        and not _is_revoked(each)
    ]
    last = max((each for each in ends if each is not None), default=None)
    return bool(ends), None if None in ends else last


def _made_of(components: Sequence[_Component]) -> Cert:
    packets = [each for one in components for each in (one.packet, *one.signatures)]
    try:
        return Cert.from_packets(packets)
    except Exception as error:
        raise _wrong("this key is damaged", _EXPORT) from error


def _encrypts(key: _Component, now: dt.datetime) -> bool:
    newest = _newest(key)
    if newest is None or _is_revoked(key) or not _is_for_encryption(key):
        return False
    over = newest.signature_expiration_time
    return not _is_weak(key.packet) and (over is None or over > now)


def _is_revoked(key: _Component) -> bool:
    return any(each.signature_type == SignatureType.SubkeyRevocation for each in key.signatures)


def _is_for_encryption(key: _Component) -> bool:
    newest = _newest(key)
    flags = newest.key_flags if newest is not None else None
    return flags is not None and (flags.transport_encryption or flags.storage_encryption)


def _end(key: _Component) -> dt.datetime | None:
    newest = _newest(key)
    span = newest.key_validity_period if newest is not None else None
    made = key.packet.key_created
    return made + span if span is not None and made is not None else None


_BINDING = (
    SignatureType.SubkeyBinding,
    SignatureType.DirectKey,
    SignatureType.PositiveCertification,
    SignatureType.GenericCertification,
)


def _newest(key: _Component) -> Packet | None:
    """The newest signature that says what the key is for."""
    # Of the primary key, others say something else alone, such as who may revoke it.
    dated = [each for each in key.binding if each.signature_created and each.key_flags]
    return max(dated, key=lambda each: each.signature_created or _NEVER, default=None)


_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


def _is_weak(key: Packet) -> bool:
    """RSA that is too short, and algorithms that nobody should encrypt with any more."""
    algorithm = key.key_algorithm
    if algorithm in _RSA:
        return _rsa_bits(key.body) < LEAST_RSA_BITS
    return key.tag == Tag.PublicSubkey and algorithm not in (*_ENCRYPTING, *_SIGNING)


_SIGNING = (
    PublicKeyAlgorithm.RSASign,
    PublicKeyAlgorithm.DSA,
    PublicKeyAlgorithm.ECDSA,
    PublicKeyAlgorithm.EdDSA,
    PublicKeyAlgorithm.Ed25519,
    PublicKeyAlgorithm.Ed448,
)


def _rsa_bits(body: bytes) -> int:
    """How many bits its modulus has: RFC 9580, 5.5.2 (version, time, algorithm, then the modulus;
    version 6 has the length of what follows before that)."""
    begin = 10 if body[:1] == b"\x06" else 6
    return int.from_bytes(body[begin : begin + 2], "big")


def _addresses(cert: Cert, names: Sequence[str]) -> Iterator[str]:
    """Those of user ids that hold, as the library reads them."""
    for each in PacketPile.from_bytes(bytes(cert)):
        if each.tag == Tag.UserID and each.user_id in names and each.user_id_email:
            yield each.user_id_email.strip().casefold()


def _wrong(what: str, todo: str) -> UsageError:
    return UsageError(what, where="OpenPGP key", todo=todo)
