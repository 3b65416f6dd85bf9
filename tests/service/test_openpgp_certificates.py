"""Which keys may be uploaded, and what is said of those that may not."""

from __future__ import annotations

import datetime as dt

import pytest
from pysequoia import Cert, Profile, Tsk, encrypt
from pysequoia.packet import PacketPile, Tag
from tests.service import openpgp_keys as keys

from tocsin.model.errors import UsageError
from tocsin.service.delivery.openpgp.certificate import MOST_BYTES, read_certificate

NOW = dt.datetime.now(dt.UTC)
ONE_DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def ada() -> Tsk:
    """A key that is good for ten days."""
    return keys.key("Ada@example.org", 10 * ONE_DAY)


def test_a_good_key_is_told_by_its_fingerprint_addresses_and_end(ada: Tsk) -> None:
    found = read_certificate(keys.public(ada), NOW)
    assert found.fingerprint == ada.extract_certificate().fingerprint.upper()
    assert found.addresses == {"ada@example.org"}
    assert found.names == ("Somebody <Ada@example.org>",)
    assert found.expires_at is not None
    # NOW is when the tests were gathered, which may be long before this one is run.
    assert abs(found.expires_at - NOW - 10 * ONE_DAY) < dt.timedelta(hours=1)


def test_armoured_or_not_is_the_same(ada: Tsk) -> None:
    raw = bytes(ada.extract_certificate())
    assert read_certificate(raw, NOW) == read_certificate(keys.public(ada), NOW)


def test_what_is_kept_can_be_encrypted_to_and_read_again(ada: Tsk) -> None:
    found = read_certificate(keys.public(ada), NOW)
    assert read_certificate(found.armour.encode(), NOW) == found
    assert encrypt(b"x", recipients=[Cert.from_bytes(found.armour.encode())])


def test_a_key_of_the_newer_kind_is_good_too() -> None:
    newer = Tsk.generate("Bob <bob@example.org>", profile=Profile.RFC9580)
    assert read_certificate(keys.public(newer), NOW).addresses == {"bob@example.org"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"", "no OpenPGP key"),
        (b"hello", "no OpenPGP key"),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxxxx\n", "no OpenPGP key"),
        (b"\x00" * (MOST_BYTES + 1), "larger than 128 KiB"),
    ],
)
def test_what_is_no_key_is_refused_in_plain_words(said: bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        read_certificate(said, NOW)
    assert "backtrace" not in refused.value.message()


def test_a_secret_key_is_refused_with_a_warning_and_not_repeated(ada: Tsk) -> None:
    for said in (str(ada).encode(), bytes(ada)):
        with pytest.raises(UsageError, match="SECRET key"):
            read_certificate(said, NOW)


def test_two_keys_at_once_are_refused(ada: Tsk) -> None:
    other = keys.key("bob@example.org").extract_certificate()
    with pytest.raises(UsageError, match="not exactly one"):
        read_certificate(bytes(ada.extract_certificate()) + bytes(other), NOW)


def test_a_key_is_refused_once_it_is_over(ada: Tsk) -> None:
    with pytest.raises(UsageError, match="expired"):
        read_certificate(keys.public(ada), NOW + 11 * ONE_DAY)


def test_a_revoked_key_is_refused(ada: Tsk) -> None:
    with pytest.raises(UsageError, match="revoked"):
        read_certificate(keys.revoked(ada), NOW)


def test_a_key_without_a_part_for_encryption_is_refused(ada: Tsk) -> None:
    with pytest.raises(UsageError, match="no valid part for encryption"):
        read_certificate(keys.without_encryption(ada).encode(), NOW)


def test_what_others_signed_is_not_kept(ada: Tsk) -> None:
    """A key can be flooded with signatures of strangers."""
    packets = list(PacketPile.from_bytes(bytes(ada.extract_certificate())))
    others = list(PacketPile.from_bytes(bytes(keys.key("eve@example.org").extract_certificate())))
    strange = next(each for each in others if each.tag == Tag.Signature)
    at = next(at for at, each in enumerate(packets) if each.tag == Tag.UserID) + 1
    flooded = b"".join(map(bytes, [*packets[:at], *[strange] * 50, *packets[at:]]))
    kept = read_certificate(flooded, NOW)
    assert kept.armour == read_certificate(keys.public(ada), NOW).armour
