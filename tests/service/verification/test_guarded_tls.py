"""Who answers over TLS has a certificate of the name that was asked, whatever the address."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tocsin.service.verification.guarded_http import GuardedHttp, Refused
from tocsin.service.verification.registry import RegistryUnreachable

NAME = "rdap.example.org"


def certificate(folder: Path) -> Path:
    """A key, and a certificate of NAME that it signed itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A server over TLS that sends everybody to the same address without TLS."""
    path = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        listening.settimeout(0.05)

        def serve() -> None:
            while not ended.is_set():
                try:
                    plain, _ = listening.accept()
                except TimeoutError:
                    continue
                plain.settimeout(2)
                try:
                    with context.wrap_socket(plain, server_side=True) as stream:
                        asked = stream.recv(4096)
                        stream.sendall(REDIRECT if b"GET /away" in asked else HELLO)
                except OSError:
                    plain.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield port, path
        ended.set()
        thread.join()


HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: http://rdap.example.org/\r\nContent-Length: 0\r\n\r\n"


def trusting(path: Path) -> GuardedHttp:
    return GuardedHttp(
        loopback_allowed=True,
        seconds=3,
        addresses_of=lambda _host, _port: ["127.0.0.1"],
        tls=ssl.create_default_context(cafile=str(path)),
    )


def test_the_certificate_is_checked_against_the_name(server: tuple[int, Path]) -> None:
    port, path = server
    assert trusting(path).get(f"https://{NAME}:{port}/").content == b"hello"
    with pytest.raises(RegistryUnreachable, match="certificate"):
        trusting(path).get(f"https://other.example.org:{port}/")


def test_a_certificate_that_nobody_vouches_for_is_not_taken(server: tuple[int, Path]) -> None:
    port, _ = server
    strict = GuardedHttp(
        loopback_allowed=True, seconds=3, addresses_of=lambda _host, _port: ["127.0.0.1"]
    )
    with pytest.raises(RegistryUnreachable, match="certificate"):
        strict.get(f"https://{NAME}:{port}/")


def test_there_is_no_way_from_https_to_http(server: tuple[int, Path]) -> None:
    port, path = server
    with pytest.raises(Refused, match="from https to http"):
        trusting(path).get(f"https://{NAME}:{port}/away")
