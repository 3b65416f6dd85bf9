"""Keys of the API: made and revoked by admins, told to all of them, their secrets shown once."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings
from django.utils import timezone
from tests.fakes.small_home import SmallHome
from tests.service.api_client import Program, made_key, program
from tests.service.desk import Desk
from tests.service.founded import admin_of, founded

from tocsin.model.errors import UsageError
from tocsin.service import installation, keyring
from tocsin.service.api import keys
from tocsin.service.api.models import ApiKey
from tocsin.service.audit.models import AuditLine
from tocsin.service.subscribers.models import Organisation, OrganisationState

KEYS = "/organisations/alpha/keys"
FORM = {"name": "poller", "which": "all", "expires": "", "sources": ""}


@pytest.fixture
def alpha(desk: Desk) -> Organisation:
    return founded("alpha", "AS64496", "192.0.2.0/24")


def _made_in(page: str) -> Program:
    found = dict(re.findall(r'id="made-(key|secret)">([^<]+)<', page))
    return Program(found["key"], found["secret"])


def _make(desk: Desk, alpha: Organisation, **said: Any) -> str:
    browser = desk.signed_in(admin_of(alpha))
    return str(browser.post(f"{KEYS}/make", {**FORM, **said}).content.decode())


def test_an_admin_makes_a_key_that_works_and_sees_its_secret_once(
    desk: Desk, alpha: Organisation
) -> None:
    made = _made_in(_make(desk, alpha))
    assert (len(made.key), len(made.secret)) == (24, 43)
    assert made.get("test/ping") == {"pong": "2026-11-23 09:00:00Z"}
    page = desk.signed_in(admin_of(alpha)).get(KEYS).content.decode()
    assert made.key in page
    assert made.secret not in page


def test_the_secret_is_nowhere_in_the_database_nor_in_the_audit(
    desk: Desk, alpha: Organisation
) -> None:
    made = _made_in(_make(desk, alpha))
    desk.work()
    rows = [*ApiKey.objects.values(), *AuditLine.objects.values()]
    assert made.key in str(rows)
    assert made.secret not in str(rows)
    assert all(made.secret not in str(each.body) for each in mail.outbox)


def test_sending_the_form_twice_makes_one_key(desk: Desk, alpha: Organisation) -> None:
    _make(desk, alpha)
    assert "called poller already" in _make(desk, alpha)
    assert ApiKey.objects.count() == 1


def test_every_admin_is_told_and_not_us_takes_the_key_back(desk: Desk, alpha: Organisation) -> None:
    made = _made_in(_make(desk, alpha))
    letter = desk.letters_to("admin@alpha.example.org")[-1]
    assert "API key poller" in str(letter.body)
    desk.signed_in(admin_of(alpha)).post(desk.link_to("admin@alpha.example.org"))
    assert ApiKey.objects.get().revoked_at is not None
    alpha.refresh_from_db()
    assert alpha.state == OrganisationState.FROZEN
    assert made.error("test/ping")[0] == 401


def test_a_revoked_key_opens_nothing_and_its_name_is_free(desk: Desk, alpha: Organisation) -> None:
    made = _made_in(_make(desk, alpha))
    number = ApiKey.objects.get().pk
    desk.signed_in(admin_of(alpha)).post(f"{KEYS}/{number}/revoke")
    assert made.error("test/ping")[0] == 401
    assert "made-secret" in _make(desk, alpha)


def test_staff_see_keys_and_revoke_them_and_make_none(desk: Desk, alpha: Organisation) -> None:
    made = _made_in(_make(desk, alpha))
    browser = desk.signed_in(desk.reviewer())
    page = browser.get(KEYS).content.decode()
    assert made.key in page
    assert "Make the key" not in page
    assert browser.post(f"{KEYS}/make", FORM).status_code == 404
    Organisation.objects.update(state=OrganisationState.FROZEN)
    browser.post(f"{KEYS}/{ApiKey.objects.get().pk}/revoke")
    assert ApiKey.objects.get().revoked_at is not None


def test_an_expired_key_opens_nothing(desk: Desk, alpha: Organisation) -> None:
    made = _made_in(_make(desk, alpha, expires="2026-11-23"))
    assert made.post("test/ping").status_code == 200
    desk.pass_time(dt.timedelta(hours=15))
    assert made.error("test/ping")[0] == 401


def test_a_key_of_a_frozen_organisation_opens_nothing(desk: Desk, alpha: Organisation) -> None:
    made = program(made_key(alpha))
    Organisation.objects.update(state=OrganisationState.FROZEN)
    assert made.error("test/ping")[0] == 401


def test_a_key_with_sources_is_refused_from_elsewhere(desk: Desk, alpha: Organisation) -> None:
    made = _made_in(_make(desk, alpha, sources="192.0.2.0/24\n2001:db8::/32"))
    assert made.error("test/ping")[0] == 403
    made.client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert made.post("test/ping").status_code == 200
    made.client.defaults["REMOTE_ADDR"] = "2001:db8::1"
    assert made.post("test/ping").status_code == 200


def test_the_day_of_its_last_use_is_kept(desk: Desk, alpha: Organisation) -> None:
    made = program(made_key(alpha))
    assert ApiKey.objects.get().last_used is None
    made.get("test/ping")
    assert ApiKey.objects.get().last_used == timezone.now().date()


def test_a_new_secret_of_the_installation_breaks_no_key(desk: Desk, tmp_path: Any) -> None:
    with override_settings(TOCSIN_HOME=SmallHome.make(tmp_path).home):
        installation.home().service.mkdir(exist_ok=True)
        old = program(made_key(founded("alpha", "AS64496")))
        keyring.rotate()
        new = program(made_key(Organisation.objects.get(), "new"))
        assert old.post("test/ping").status_code == 200
        assert new.post("test/ping").status_code == 200
        assert ApiKey.objects.get(name="new").secret_number == 2


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": ""}, "required"),
        ({"which": "chosen"}, "Choose at least one"),
        ({"which": "chosen", "lists": "999"}, "not one of the available choices"),
        ({"sources": "192.0.2.0/24 nonsense"}, "nonsense"),
        ({"expires": "2026-11-22"}, "over already"),
        ({"expires": "9999-12-31"}, "too far off"),
    ],
)
def test_what_cannot_be_is_told(
    desk: Desk, alpha: Organisation, said: dict[str, str], words: str
) -> None:
    assert words in _make(desk, alpha, **said)
    assert not ApiKey.objects.exists()


def test_lists_of_others_cannot_be_named(desk: Desk, alpha: Organisation) -> None:
    beta = founded("beta", "AS64497")
    foreign = frozenset(beta.lists.values_list("pk", flat=True))
    with pytest.raises(UsageError, match="lists of the organisation"):
        made_key(alpha, lists=foreign)


def test_keys_are_not_without_end(desk: Desk, alpha: Organisation) -> None:
    for number in range(keys.MOST_KEYS):
        ApiKey.objects.create(
            organisation=alpha, key_id=f"{number}", name=f"{number}", secret_number=1,
            made_at=timezone.now(),
        )  # fmt: skip
    with pytest.raises(UsageError, match="50 keys"):
        made_key(alpha)
