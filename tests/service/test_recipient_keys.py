"""How a recipient's OpenPGP key comes to be used, and how it goes: who may, and who is told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pysequoia import Tsk
from tests.service import openpgp_keys as keys
from tests.service.desk import Desk, links_in
from tests.service.subscribed import Subscribed, member_of, subscribed

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.changes.feed import make_change
from tocsin.service.subscribers.models import (
    Organisation,
    Recipient,
    RecipientKey,
    RecipientKeyState,
)
from tocsin.service.subscribers.recipients.keys import (
    KEY,
    ask_for_key,
    is_usable,
    keys_now,
    remove_key,
    set_key,
)
from tocsin.service.subscribers.recipients.keys_daily import LOOKING_AFTER

ADMIN = Actor.person("admin@example.org")
NOC, QUEUE = "noc@example.org", "queue@example.net"
ONE_DAY = dt.timedelta(days=1)


def put(recipient: Recipient, secret: Tsk, **more: bool) -> None:
    """An admin puts the public part on file."""
    make_change(
        recipient.list.organisation,
        ADMIN,
        lambda: [set_key(recipient, keys.public(secret), ADMIN, clock.now(), **more)],
        clock.now(),
    )


def now_of(recipient: Recipient) -> str | None:
    """The fingerprint of the key that holds now."""
    address = (recipient.list.organisation_id, recipient.address)
    found = keys_now([address], clock.now()).get(address)
    return found.fingerprint if found is not None else None


def fingerprint(secret: Tsk) -> str:
    return secret.extract_certificate().fingerprint.upper()


def evening() -> None:
    payload = {"day": clock.now().date().isoformat()}
    LOOKING_AFTER.inner(payload, LOOKING_AFTER.outer(payload), clock.now())


def texts(desk: Desk, address: str) -> list[str]:
    return [str(each.subject) for each in desk.letters_to(address)]


def given_by_link(path: str, said: bytes) -> int:
    """Upload by a link; the status of the answer."""
    file = SimpleUploadedFile("key.asc", said)
    return Client().post(path, {"file": file}).status_code


@pytest.fixture
def alpha(desk: Desk) -> Subscribed:
    """An organisation in whose domain `noc` is."""
    del desk
    return subscribed()


def test_a_key_of_the_address_is_used_at_once_and_all_are_told(
    desk: Desk, alpha: Subscribed
) -> None:
    noc, secret = alpha.recipient(NOC), keys.key(NOC)
    put(noc, secret)
    assert now_of(noc) == fingerprint(secret)
    assert "[Tocsin] Encryption of your reports has been changed" in texts(desk, NOC)
    told = str(desk.letters_to("admin@example.org")[-1].body)
    assert f"mail to {NOC} is encrypted with the OpenPGP key" in told
    line = AuditLine.objects.get(verb="recipient_key.set")
    assert line.after is not None
    assert line.after["fingerprint"] == fingerprint(secret)
    assert "PGP" not in str(line.after)


def test_the_same_key_again_changes_nothing(alpha: Subscribed) -> None:
    noc, secret = alpha.recipient(NOC), keys.key(NOC)
    put(noc, secret)
    put(noc, secret)
    assert RecipientKey.objects.count() == 1


def test_a_key_of_another_address_is_used_only_if_the_admin_means_it(alpha: Subscribed) -> None:
    noc, secret = alpha.recipient(NOC), keys.key("team@example.org")
    with pytest.raises(UsageError, match=r"the key of team@example\.org, not of noc@example\.org"):
        put(noc, secret)
    assert now_of(noc) is None
    put(noc, secret, other_address=True)
    assert now_of(noc) == fingerprint(secret)


def test_outside_of_its_domains_a_key_waits_and_the_old_one_holds_until_then(
    desk: Desk, alpha: Subscribed
) -> None:
    queue, first, second = alpha.recipient(QUEUE), keys.key(QUEUE), keys.key(QUEUE)
    put(queue, first)
    assert now_of(queue) is None
    desk.pass_time(3 * ONE_DAY)
    assert now_of(queue) == fingerprint(first)
    put(queue, second)
    assert now_of(queue) == fingerprint(first)
    desk.pass_time(3 * ONE_DAY)
    assert now_of(queue) == fingerprint(second)
    evening()
    states = RecipientKey.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [RecipientKeyState.REPLACED, RecipientKeyState.ACTIVE]


def test_one_that_waits_goes_when_another_comes(alpha: Subscribed) -> None:
    queue = alpha.recipient(QUEUE)
    put(queue, keys.key(QUEUE))
    put(queue, keys.key(QUEUE))
    states = RecipientKey.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [RecipientKeyState.REPLACED, RecipientKeyState.ACTIVE]


def test_an_address_gives_its_first_key_by_a_link(desk: Desk, alpha: Subscribed) -> None:
    noc, secret = alpha.recipient(NOC), keys.key(NOC)
    ask_for_key(noc, ADMIN, clock.now())
    path = desk.link_to(NOC)
    assert Client().get(path).status_code == 200
    assert now_of(noc) is None
    assert given_by_link(path, b"rubbish") == 422
    assert given_by_link(path, keys.public(secret)) == 200
    assert now_of(noc) == fingerprint(secret)
    assert "by noc@example.org" in str(desk.letters_to("admin@example.org")[-1].body)


def test_the_link_never_puts_another_key_in_the_place_of_one_on_file(
    desk: Desk, alpha: Subscribed
) -> None:
    """Whoever reads a mailbox has the link, and shall not read the reports by it."""
    noc, secret, other = alpha.recipient(NOC), keys.key(NOC), keys.key(NOC)
    ask_for_key(noc, ADMIN, clock.now())
    path = desk.link_to(NOC)
    put(noc, secret)
    assert given_by_link(path, keys.public(other)) == 422
    RecipientKey.objects.update(state=RecipientKeyState.UNUSABLE)
    assert given_by_link(path, keys.public(other)) == 422
    assert now_of(noc) == fingerprint(secret)


def test_by_the_link_a_key_on_file_is_made_valid_again(desk: Desk, alpha: Subscribed) -> None:
    noc, secret = alpha.recipient(NOC), keys.key(NOC)
    put(noc, secret)
    ask_for_key(noc, ADMIN, clock.now())
    path = desk.link_to(NOC)
    RecipientKey.objects.update(expires_at=clock.now() - ONE_DAY)
    assert given_by_link(path, keys.public(secret)) == 200
    key = keys_now([(noc.list.organisation_id, NOC)], clock.now()).popitem()[1]
    assert is_usable(key, clock.now())


def test_a_revocation_stops_the_key_and_is_not_forgotten(desk: Desk, alpha: Subscribed) -> None:
    noc, secret = alpha.recipient(NOC), keys.key(NOC)
    put(noc, secret)
    ask_for_key(noc, ADMIN, clock.now())
    path = desk.link_to(NOC)
    assert given_by_link(path, keys.revoked(secret)) == 200
    assert RecipientKey.objects.get().state == RecipientKeyState.UNUSABLE
    assert given_by_link(path, keys.public(secret)) == 422
    with pytest.raises(UsageError, match="revoked"):
        put(noc, secret)
    assert RecipientKey.objects.get().state == RecipientKeyState.UNUSABLE


def test_an_admin_takes_a_key_off_and_all_are_told(desk: Desk, alpha: Subscribed) -> None:
    noc = alpha.recipient(NOC)
    put(noc, keys.key(NOC))
    browser = desk.signed_in(alpha.account)
    path = f"/organisations/alpha/recipients/{noc.pk}/key/remove"
    assert browser.post(path).status_code == 302
    assert now_of(noc) is None
    assert "is not encrypted" in str(desk.letters_to(NOC)[-1].body)
    assert "is not encrypted" in str(desk.letters_to("admin@example.org")[-1].body)
    make_change(
        noc.list.organisation, ADMIN, lambda: [remove_key(noc, ADMIN, clock.now())], clock.now()
    )
    assert AuditLine.objects.filter(verb="recipient_key.removed").count() == 1


def test_who_objects_gets_the_key_before_back(desk: Desk, alpha: Subscribed) -> None:
    noc, good, bad = alpha.recipient(NOC), keys.key(NOC), keys.key(NOC)
    put(noc, good)
    put(noc, bad)
    path = next(
        each for each in links_in(desk.letters_to("admin@example.org")[-1]) if "not-us" in each
    )
    Client().post(path)
    assert now_of(noc) == fingerprint(good)


def test_the_page_shows_keys_takes_them_and_asks_for_them(desk: Desk, alpha: Subscribed) -> None:
    noc, secret = alpha.recipient(NOC), keys.key(NOC)
    browser, below = desk.signed_in(alpha.account), f"/organisations/alpha/recipients/{noc.pk}"
    browser.post(f"{below}/key/ask")
    assert "[Tocsin] Your OpenPGP key" in texts(desk, NOC)
    said = keys.public(secret).decode()
    assert browser.post(f"{below}/key", {"text": said}).status_code == 302
    page = browser.get("/organisations/alpha/recipients").content.decode()
    assert RecipientKey.objects.get().grouped in page
    assert "in use" in page
    member = desk.signed_in(member_of(alpha))
    page = member.get("/organisations/alpha/recipients").content.decode()
    assert RecipientKey.objects.get().grouped in page
    assert "Remove the OpenPGP key" not in page
    assert member.post(f"{below}/key/remove").status_code == 404


def test_a_secret_key_is_refused_on_the_page_and_nowhere_kept(
    desk: Desk, alpha: Subscribed
) -> None:
    noc, secret = alpha.recipient(NOC), keys.key(NOC)
    browser, below = desk.signed_in(alpha.account), f"/organisations/alpha/recipients/{noc.pk}"
    answer = browser.post(f"{below}/key", {"text": str(secret)}, follow=True)
    assert "SECRET key" in answer.content.decode()
    assert "PRIVATE" not in answer.content.decode()
    assert not RecipientKey.objects.exists()


def test_too_large_a_file_is_not_read_to_its_end(desk: Desk, alpha: Subscribed) -> None:
    noc = alpha.recipient(NOC)
    browser, below = desk.signed_in(alpha.account), f"/organisations/alpha/recipients/{noc.pk}"
    for size, words in ((200 << 10, "larger than 128 KiB"), (5 << 20, "no key in this")):
        file = SimpleUploadedFile("key.asc", b"x" * size)
        answer = browser.post(f"{below}/key", {"file": file}, follow=True)
        assert words in answer.content.decode()


def test_nothing_is_changed_for_an_organisation_that_stands_still(
    desk: Desk, alpha: Subscribed
) -> None:
    noc = alpha.recipient(NOC)
    ask_for_key(noc, ADMIN, clock.now())
    path = desk.link_to(NOC)
    Organisation.objects.update(state="frozen")
    assert given_by_link(path, keys.public(keys.key(NOC))) == 422
    assert not RecipientKey.objects.exists()


def test_who_has_left_has_no_use_for_the_link(desk: Desk, alpha: Subscribed) -> None:
    noc = alpha.recipient(NOC)
    ask_for_key(noc, ADMIN, clock.now())
    path = desk.link_to(NOC)
    assert f"/l/{KEY}/" in path
    Recipient.objects.update(round=1)
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize(("days", "letters"), [(15, 0), (14, 1), (3, 1), (1, 1)])
def test_a_key_that_ends_soon_is_told_before_the_night(
    desk: Desk, alpha: Subscribed, days: int, letters: int
) -> None:
    noc, secret = alpha.recipient(NOC), keys.key(NOC, 10_000 * ONE_DAY)
    put(noc, secret)
    real = RecipientKey.objects.get().expires_at
    assert real is not None
    desk.clock.move_to(real - days * ONE_DAY)
    evening()
    evening()
    told = [each for each in texts(desk, NOC) if "Your OpenPGP key ends" in each]
    assert len(told) == letters


def test_of_a_key_that_is_over_its_owner_and_the_admins_are_told_once(
    desk: Desk, alpha: Subscribed
) -> None:
    noc, secret = alpha.recipient(NOC), keys.key(NOC, 10_000 * ONE_DAY)
    put(noc, secret)
    end = RecipientKey.objects.get().expires_at
    assert end is not None
    desk.clock.move_to(end + ONE_DAY)
    evening()
    evening()
    key = RecipientKey.objects.get()
    assert key.state == RecipientKeyState.UNUSABLE
    assert "expired" in key.reason
    for address in (NOC, "admin@example.org"):
        told = [each for each in texts(desk, address) if "cannot be used any more" in each]
        assert len(told) == 1
    (to_admin,) = (
        each
        for each in desk.letters_to("admin@example.org")
        if "cannot be used" in str(each.subject)
    )
    assert f"/l/{KEY}/" not in str(to_admin.body)
