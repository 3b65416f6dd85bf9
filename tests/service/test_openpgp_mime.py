"""Signed and encrypted mail as RFC 3156 has it, read by this library, and by GnuPG."""

from __future__ import annotations

import email
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives
from pysequoia import Cert, Tsk, decrypt
from tests.service import openpgp_keys as keys

from tocsin.service.delivery.openpgp import mime

TEXT = "Grüße  \nFrom here on  \n.\n-- \nTocsin\n" + "long " * 300 + "\n"


@pytest.fixture(scope="module")
def service() -> Tsk:
    """The key of the service."""
    return keys.key("reports@example.org")


def message() -> EmailMultiAlternatives:
    """One with all that has a reason to be changed on the way."""
    made = EmailMultiAlternatives(
        "Grüße", TEXT, "reports@example.org", ["noc@example.org"], headers={"List-Id": "<a.b.c>"}
    )
    made.attach_alternative("<p>Grüße</p>  \n", "text/html")
    made.attach("a.zip", bytes(range(256)), "application/zip")
    return made


def two_parts(raw: bytes) -> tuple[bytes, bytes]:
    """The bytes of both parts, found as RFC 2046 says."""
    boundary = re.search(rb'boundary="(=_[0-9a-f]+)"', raw)
    assert boundary is not None
    pieces = raw.split(b"\r\n--" + boundary[1])
    return pieces[1].removeprefix(b"\r\n"), pieces[2].removeprefix(b"\r\n")


def armour(part: bytes) -> bytes:
    return part.partition(b"\r\n\r\n")[2]


def said(part: Message) -> str:
    """The plain text in it, decoded."""
    found = next(each for each in part.walk() if each.get_content_type() == "text/plain")
    content = found.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().replace("\r\n", "\n")


def test_the_bytes_that_are_signed_are_the_bytes_that_are_sent(service: Tsk) -> None:
    raw = mime.signed(message().message(), service.signer()).as_bytes(linesep="\r\n")
    content, signature = two_parts(raw)
    assert keys.is_signed_by(content, armour(signature), service)
    assert not keys.is_signed_by(content + b" ", armour(signature), service)


def test_nothing_on_the_way_has_a_reason_to_change_it(service: Tsk) -> None:
    raw = mime.signed(message().message(), service.signer()).as_bytes(linesep="\r\n")
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    content, _ = two_parts(raw)
    assert not re.search(rb"[ \t]\r\n", content)
    assert not re.search(rb"^From ", content, re.MULTILINE)
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_who_reads_a_signed_mail_finds_all_that_was_in_it(service: Tsk) -> None:
    made = mime.signed(message().message(), service.signer())
    read = email.message_from_bytes(made.as_bytes())
    assert read.get_content_type() == "multipart/signed"
    assert read.get_param("micalg") == "pgp-sha512"
    assert read.get_param("protocol") == "application/pgp-signature"
    assert (read["List-Id"], read["To"]) == ("<a.b.c>", "noc@example.org")
    assert len(read.get_all("MIME-Version", [])) == len(read.get_all("Subject", [])) == 1
    assert said(read) == TEXT
    file = next(each for each in read.walk() if each.get_filename() == "a.zip")
    assert file.get_payload(decode=True) == bytes(range(256))


def test_an_encrypted_mail_holds_the_signed_one_and_shows_nothing_of_it(service: Tsk) -> None:
    ada = keys.key("ada@example.org")
    made = mime.encrypted(message().message(), ada.extract_certificate(), service.signer())
    raw = made.as_bytes(linesep="\r\n")
    assert b"Tocsin" not in raw
    assert b"a.zip" not in raw
    read = email.message_from_bytes(raw)
    assert read.get_content_type() == "multipart/encrypted"
    assert read.get_param("protocol") == "application/pgp-encrypted"
    version, sealed = two_parts(raw)
    assert armour(version) == b"Version: 1\r\n"
    opened = decrypt(
        armour(sealed), decryptor=ada.decryptor(), store=lambda _: [service.extract_certificate()]
    )
    assert len(opened.valid_sigs) == 1
    assert opened.bytes is not None
    assert said(email.message_from_bytes(opened.bytes)) == TEXT


@dataclass
class GnuPG:
    """GnuPG with a home of its own."""

    home: Path

    def run(self, *arguments: str, said: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run it; what it prints."""
        command = ["gpg", "--homedir", str(self.home), "--batch", "--no-tty", "--status-fd", "2"]
        return subprocess.run([*command, *arguments], input=said, capture_output=True, check=False)

    def key(self, address: str, algorithm: str) -> bytes:
        """A new key, without a password; its public part."""
        made = self.run(*_opened_with(""), "--quick-gen-key", address, algorithm, "default", "1y")
        assert made.returncode == 0, made.stderr
        return self.run("--export", address).stdout

    def secret_key(self, address: str, password: str) -> bytes:
        """A new key with a password; all of it, armoured."""
        opened = _opened_with(password)
        self.run(*opened, "--quick-gen-key", address, "future-default", "default", "1y")
        return self.run(*opened, "--armor", "--export-secret-keys", address).stdout


def _opened_with(password: str) -> tuple[str, ...]:
    return ("--pinentry-mode", "loopback", "--passphrase", password)


@pytest.fixture(scope="module")
def gnupg() -> Iterator[GnuPG]:
    """GnuPG, if it is installed."""
    if shutil.which("gpg") is None:
        pytest.skip("GnuPG is not installed (Debian: gnupg)")
    # Its agent listens on a socket below, whose path may not be long.
    with tempfile.TemporaryDirectory(prefix="gpg") as folder:
        yield GnuPG(Path(folder))
        subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], check=False)


def test_gnupg_verifies_what_is_signed(service: Tsk, gnupg: GnuPG, tmp_path: Path) -> None:
    gnupg.run("--import", said=keys.public(service))
    raw = mime.signed(message().message(), service.signer()).as_bytes(linesep="\r\n")
    content, signature = two_parts(raw)
    (tmp_path / "signature.asc").write_bytes(armour(signature))
    (tmp_path / "content").write_bytes(content)
    done = gnupg.run("--verify", str(tmp_path / "signature.asc"), str(tmp_path / "content"))
    assert b"GOODSIG" in done.stderr
    (tmp_path / "content").write_bytes(content.replace(b"Tocsin", b"Tocsim"))
    done = gnupg.run("--verify", str(tmp_path / "signature.asc"), str(tmp_path / "content"))
    assert b"BADSIG" in done.stderr


@pytest.mark.parametrize("algorithm", ["default", "future-default"])
def test_gnupg_decrypts_what_is_encrypted(service: Tsk, gnupg: GnuPG, algorithm: str) -> None:
    public = gnupg.key(f"{algorithm}@example.org", algorithm)
    gnupg.run("--import", said=keys.public(service))
    made = mime.encrypted(message().message(), Cert.from_bytes(public), service.signer())
    _, sealed = two_parts(made.as_bytes(linesep="\r\n"))
    done = gnupg.run("--decrypt", said=armour(sealed))
    assert b"GOODSIG" in done.stderr, done.stderr
    assert said(email.message_from_bytes(done.stdout)) == TEXT
