"""OpenPGP in MIME, as RFC 3156 has it: the bytes that are signed are the bytes that are sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from email import quoprimime
from email.generator import BytesGenerator
from email.message import Message
from io import BytesIO

from pysequoia import Cert, PySigner, Sig, SignatureMode, encrypt, sign
from pysequoia.packet import HashAlgorithm

from tocsin.service.delivery.openpgp.finished import Exact

_OF_CONTENT = ("content-type", "content-transfer-encoding", "content-disposition")
_FROM = re.compile(r"^From ", re.MULTILINE)

_HASHES = (
    (HashAlgorithm.SHA512, "pgp-sha512"),
    (HashAlgorithm.SHA384, "pgp-sha384"),
    (HashAlgorithm.SHA256, "pgp-sha256"),
    (HashAlgorithm.SHA224, "pgp-sha224"),
    (HashAlgorithm.SHA3_256, "pgp-sha3-256"),
    (HashAlgorithm.SHA3_512, "pgp-sha3-512"),
)


def signed(message: Message, signer: PySigner) -> Exact:
    """As multipart/signed. What is in `message` is changed on the way."""
    headers, content = _taken_apart(message)
    signature = sign(signer, content, mode=SignatureMode.DETACHED)
    parts = [content, _part("application/pgp-signature", "signature.asc", signature)]
    parameters = f'micalg="{_micalg(signature)}";\r\n protocol="application/pgp-signature"'
    return _multipart("signed", parameters, headers, parts)


def encrypted(message: Message, cert: Cert, signer: PySigner | None) -> Exact:
    """As multipart/encrypted, signed inside if there is a signer; subject and headers stay plain.

    RuntimeError, as the library raises it, if that certificate cannot be encrypted to.
    """
    headers, content = _taken_apart(message)
    sealed = encrypt(content, recipients=[cert], signer=signer)
    version = b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
    parts = [version, _part("application/octet-stream", "encrypted.asc", sealed)]
    return _multipart("encrypted", 'protocol="application/pgp-encrypted"', headers, parts)


def _taken_apart(message: Message) -> tuple[list[tuple[str, str]], bytes]:
    """Its headers, and what is inside as bytes with CRLF, of seven bits, no blanks at line ends."""
    headers = [
        (name, str(value))
        for name, value in message.raw_items()
        if name.lower() not in (*_OF_CONTENT, "mime-version")
    ]
    for name in {name for name, _ in headers} | {"MIME-Version"}:
        del message[name]
    for part in message.walk():
        _make_safe(part)
    return headers, _bytes(message)


def _make_safe(part: Message) -> None:
    """Let no server on the way have a reason to change it (RFC 3156, 3 and 5)."""
    encoding = str(part.get("Content-Transfer-Encoding", "7bit")).lower()
    if part.is_multipart() or encoding not in ("7bit", "8bit", "quoted-printable"):
        return
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)  # noqa: S101 - as no multipart has none
    lines = content.decode("latin-1").replace("\r\n", "\n")
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(_FROM.sub("=46rom ", quoprimime.body_encode(lines)))


def _bytes(message: Message) -> bytes:
    file = BytesIO()
    BytesGenerator(file, mangle_from_=False).flatten(message, linesep="\r\n")
    return file.getvalue()


def _part(kind: str, name: str, armour: bytes) -> bytes:
    head = (
        f'Content-Type: {kind}; name="{name}"\r\n'
        f'Content-Disposition: inline; filename="{name}"\r\n\r\n'
    )
    return head.encode() + armour.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _multipart(
    kind: str, parameters: str, headers: Iterable[tuple[str, str]], parts: list[bytes]
) -> Exact:
    # No line that is quoted, of base64 or of armour begins like that.
    boundary = "=_" + hashlib.sha256(b"".join(parts)).hexdigest()[:40]
    head = Message()
    for name, value in headers:
        head[name] = value
    line = b"--" + boundary.encode()
    body = b"".join(line + b"\r\n" + each + b"\r\n" for each in parts)
    kind_of = f'multipart/{kind}; {parameters};\r\n boundary="{boundary}"'
    last = f"MIME-Version: 1.0\r\nContent-Type: {kind_of}\r\n\r\n".encode()
    begin = _bytes(head).removesuffix(b"\r\n")
    return Exact(head, begin + last + body + line + b"--\r\n")


def _micalg(signature: bytes) -> str:
    used = Sig.from_bytes(signature).hash_algorithm
    return next(name for algorithm, name in _HASHES if algorithm == used)
