"""DKIM: the header is, to the byte, the library's; only its key is worked by another one."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import dkim
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.configuration.service import MailPlace
from tocsin.model.errors import ConfigurationError
from tocsin.service.delivery.connection import Sign
from tocsin.service.delivery.signing import signature_of

DOMAIN = "reports.example.org"
OWN = rsa.generate_private_key(65537, 2048)
PUBLIC = base64.b64encode(
    OWN.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
)


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = OWN,
    form: serialization.PrivateFormat = serialization.PrivateFormat.TraditionalOpenSSL,
    password: str = "",
) -> bytes:
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        lock = serialization.BestAvailableEncryption(password.encode())
    return key.private_bytes(serialization.Encoding.PEM, form, lock)


def signing(path: Path, said: bytes) -> Sign:
    path.write_bytes(said)
    sign = signature_of(MailPlace(domain=DOMAIN, dkim_key=str(path), dkim_selector="s1"))
    assert sign is not None
    return sign


@pytest.fixture(scope="module")
def sign(tmp_path_factory: pytest.TempPathFactory) -> Sign:
    """What signs with that key."""
    return signing(tmp_path_factory.mktemp("dkim") / "key.pem", pem())


def verified(message: bytes) -> bool:
    record = b"v=DKIM1; k=rsa; p=" + PUBLIC
    return bool(dkim.verify(message, dnsfunc=lambda name, timeout=5: record))


_BLANK = st.text(" \t", max_size=3).map(str.encode)
_WORD = st.binary(min_size=1, max_size=8).map(lambda found: re.sub(rb"[\s\0:]", b"\xe4", found))
_SPACE = st.sampled_from([b" ", b"\t  ", b"\r\n ", b"\r\n\t\t"])
_VALUE = st.lists(st.tuples(_WORD, _SPACE), min_size=1, max_size=4).map(
    lambda found: b"".join(word + space for word, space in found[:-1]) + found[-1][0]
)
_NAMES = (b"Subject", b"To", b"List-Id", b"List-Unsubscribe", b"X-Other", b"Date", b"dAtE")
_HEADERS = st.lists(st.tuples(st.sampled_from(_NAMES), _BLANK, _VALUE), max_size=5)
_LINE = st.builds(
    lambda words, blank: b" ".join(words) + blank, st.lists(_WORD, max_size=3), _BLANK
)
_BODY = st.builds(
    lambda lines, end: b"\r\n".join(lines) + end,
    st.lists(_LINE, max_size=5),
    st.sampled_from([b"", b"\r\n", b"\r\n\r\n", b" \r\n\t\r\n"]),
)


def _raw(headers: list[tuple[bytes, bytes, bytes]], body: bytes) -> bytes:
    lines = [b"From: Reports <reports@example.org>"]
    lines += [name + b":" + blank + value for name, blank, value in headers]
    return b"\r\n".join([*lines, b"", body])


@settings(deadline=None)
@given(headers=_HEADERS, body=_BODY)
def test_it_is_the_librarys_own_signature_to_the_byte_and_verifies(
    sign: Sign, headers: list[tuple[bytes, bytes, bytes]], body: bytes
) -> None:
    raw = _raw(headers, body)
    found = re.findall(rb"^([A-Za-z-]+):", raw.partition(b"\r\n\r\n")[0], re.MULTILINE)
    present = {each.lower() for each in found} - {b"x-other"}
    with time_machine.travel(1_800_000_000, tick=False):
        signed = sign(raw)
        whole = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
        header = signed.removesuffix(whole)
        listed = re.search(rb"h=([a-z:\s-]+);", header)
        assert listed is not None
        names = re.split(rb"[\s:]+", listed[1])
        own = dkim.sign(
            whole,
            b"s1",
            DOMAIN.encode(),
            pem(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=names,
        )
        assert verified(signed)
    assert header == own
    assert set(names) == present


@settings(deadline=None)
@given(headers=_HEADERS, body=_BODY, blanks=_BLANK)
def test_what_servers_do_to_blanks_on_the_way_breaks_nothing_and_a_changed_word_does(
    sign: Sign, headers: list[tuple[bytes, bytes, bytes]], body: bytes, blanks: bytes
) -> None:
    signed = sign(_raw(headers, b"first\r\n" + body))
    head, _, rest = signed.partition(b"\r\n\r\n")
    refolded = head.replace(b"\r\n ", b"\r\n\t ")
    kept = rest.replace(b"\r\n", blanks + b"\r\n") + blanks + b"\r\n\r\n"
    assert verified(refolded + b"\r\n\r\n" + kept)
    assert not verified(head + b"\r\n\r\n" + rest.replace(b"first", b"second", 1))
    assert not verified(signed.replace(b"From: Reports", b"From: Bank", 1))


@pytest.mark.parametrize(
    "said",
    [
        pem(form=serialization.PrivateFormat.PKCS8),
        pem().replace(b"\n", b"\r\n"),
        b"This is the key.\n" + pem(),
    ],
)
def test_any_file_with_an_rsa_key_does(tmp_path: Path, said: bytes) -> None:
    assert verified(signing(tmp_path / "key.pem", said)(_raw([], b"text\r\n")))


@pytest.mark.parametrize(
    "said",
    [
        b"rubbish",
        pem(password="hunter2"),
        pem(ec.generate_private_key(ec.SECP256R1())),
    ],
)
def test_what_is_no_open_rsa_key_is_told(tmp_path: Path, said: bytes) -> None:
    with pytest.raises(ConfigurationError, match="no DKIM key can be read") as error:
        signing(tmp_path / "key.pem", said)
    assert error.value.where == "mail.dkim_key"
