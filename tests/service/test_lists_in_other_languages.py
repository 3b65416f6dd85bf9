"""Whoever is written to because of a list is written to in its language."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.core import mail
from tests.service import openpgp_keys as keys
from tests.service.desk import Desk
from tests.service.on_file import put_list
from tests.service.subscribed import LONG_AGO, Subscribed, subscribed

from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.service import clock
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.compose.body import Stranger
from tocsin.service.delivery.compose.correction import Correction, correction
from tocsin.service.delivery.compose.proof_of_life import proof_of_life
from tocsin.service.delivery.files import Preference
from tocsin.service.delivery.models import Delivery, DeliveryKind, Recall
from tocsin.service.delivery.openpgp.notice import notice_of
from tocsin.service.delivery.recalled import Recalled
from tocsin.service.letters.models import Letter
from tocsin.service.subscribers.lists.known_types import TypeInView, compare
from tocsin.service.subscribers.lists.links_only import send_links_only
from tocsin.service.subscribers.models import (
    AddressHealth,
    MailingList,
    Recipient,
    RecipientKey,
    RecipientState,
)
from tocsin.service.subscribers.models.address_health import Cause, Health
from tocsin.service.subscribers.recipients.health_letters import tell_of_death
from tocsin.service.subscribers.recipients.keys import ask_for_key, remove_key, set_key
from tocsin.service.subscribers.recipients.keys_daily import LOOKING_AFTER
from tocsin.service.subscribers.recipients.membership import ask_to_confirm, leave

ADMIN = Actor.person("admin@example.org")
NOC, OLD = "noc@example.org", "old@example.org"
KNOWN, NEW = (TypeInView(each, each, "DDoS", "high") for each in ("known", "new"))
DAY = {"day": "2026-11-23"}


@pytest.fixture
def noc(desk: Desk) -> Recipient:
    """Who gets a list in French."""
    del desk
    found = subscribed().recipient(NOC)
    found.list.language = "fr"
    found.list.save()
    return found


def told(name: str) -> Letter:
    return Letter.objects.filter(text=name).order_by("-pk")[0]


def said(name: str, desk: Desk) -> str:
    """Subject and body of the newest letter of a text."""
    letter = told(name)
    desk.work()
    found = [each for each in mail.outbox if each.extra_headers["Message-ID"] == letter.message_id]
    return f"{found[-1].subject}\n{found[-1].body}"


def test_recipients_are_asked_in_the_language_of_their_list(desk: Desk, noc: Recipient) -> None:
    Recipient.objects.update(state=RecipientState.UNCONFIRMED)
    ask_to_confirm(noc, clock.now())
    assert "souhaite que des rapports" in said("recipient_confirm", desk)
    Recipient.objects.update(state=RecipientState.ACTIVE)
    noc.refresh_from_db()
    ask_for_key(noc, ADMIN, clock.now())
    assert "Votre clé OpenPGP\n" in said("recipient_key_ask", desk)


def test_all_are_told_of_keys_in_it(desk: Desk, noc: Recipient) -> None:
    secret = keys.key(NOC, dt.timedelta(days=10_000))
    set_key(noc, keys.public(secret), ADMIN, clock.now())
    set_up = said("recipient_key_told", desk)
    assert f"les courriels à {NOC} sont chiffrés avec la clé OpenPGP" in set_up
    assert "La clé nomme :" in set_up
    end = RecipientKey.objects.get().expires_at
    assert end is not None
    desk.clock.move_to(end - dt.timedelta(days=2))
    LOOKING_AFTER.inner(DAY, None, clock.now())
    assert f"Elle expire le {end:%d/%m/%Y %H:%M} UTC." in said("recipient_key_ends", desk)
    desk.clock.move_to(end + dt.timedelta(days=1))
    LOOKING_AFTER.inner(DAY, None, clock.now())
    for name in ("recipient_key_unusable", "recipient_key_unusable_told"):
        assert f"(expirée le {end:%d/%m/%Y %H:%M} UTC)" in said(name, desk)
    remove_key(noc, ADMIN, clock.now())
    assert "ne sont pas chiffrés" in said("recipient_key_told", desk)


def test_those_who_are_told_of_others_are_told_in_it(desk: Desk, noc: Recipient) -> None:
    leave(noc, clock.now())
    assert f"{NOC} souhaite quitter la liste alpha-asn" in said("recipient_wants_out", desk)
    send_links_only(noc, "552 no", clock.now())
    assert "Bonjour Ada Admin," in said("recipient_links_only", desk)
    Recipient.objects.create(
        list=noc.list,
        address=OLD,
        kind="role",
        state="active",
        since=LONG_AGO,
        active_from=LONG_AGO,
    )
    dead = AddressHealth.objects.create(
        address=OLD, state=Health.DEAD, cause=Cause.FULL, since=clock.now()
    )
    tell_of_death(dead, clock.now())
    assert "(la boîte aux lettres est pleine)" in said("address_dead_others", desk)


def announced(desk: Desk) -> str:
    compare(DAY, [KNOWN], clock.now())
    compare(DAY, [KNOWN, NEW], clock.now())
    return said("new_types", desk)


def test_admins_hear_of_new_kinds_in_the_language_of_all_their_lists(
    desk: Desk, noc: Recipient
) -> None:
    del noc
    text = announced(desk)
    assert "Un nouveau type de rapport à partir du 30/11/2026" in text
    assert "gravité : élevée" in text


def test_with_lists_in_several_languages_they_hear_of_it_in_english(
    desk: Desk, noc: Recipient
) -> None:
    other = put_list(noc.list.organisation, FilterKind.CIDR, LONG_AGO)
    MailingList.objects.filter(pk=other.pk).update(language="de")
    assert "severity: high" in announced(desk)


def _delivery(each: Subscribed, **fields: object) -> Delivery:
    each.list.language = "de"
    return Delivery(pk=1, list=each.list, address=NOC, message_id="<1@x>", **fields)


def test_a_proof_of_life_a_correction_and_a_notice_are_in_it(desk: Desk) -> None:
    del desk
    alpha = subscribed()
    span = {"first": "2026-11-16", "last": "2026-11-22"}
    facts = {**span, "days": 7, "nights": 7, "types": 1, "rows": 9}
    proof = proof_of_life(_delivery(alpha, kind=DeliveryKind.PROOF, facts=facts), {})
    assert proof.subject.endswith("Nichts beobachtet: 2026-11-16 bis 2026-11-22")
    assert "9 Datensätze (1 Art)" in proof.body
    day = dt.date(2026, 11, 22)
    recall = Recall(pk=7, first_day=day, last_day=day, reason="S1")
    delivery = _delivery(alpha, kind=DeliveryKind.CORRECTION, recall=recall)
    recalled = [Recalled("a.csv", 1, 1, ("0" * 32,), is_kept=False)]
    said = Correction(recalled, Preference("csv", compressed=True), {})
    message = correction(delivery, said)
    assert message.subject.endswith("Korrektur: 1 Ereignis zurückgenommen, 2026-11-22")
    assert "  a.csv: 1 Zeile\n" in message.body
    assert "als wir Zeilen aufbewahren" in message.body
    stranger = Stranger("abuse@example.net", "x", ("AS64496",), 0, "", language="fr")
    contact = replace(said, stranger=stranger)
    told = correction(Delivery(pk=1, address=NOC, message_id="<1@x>", recall=recall), contact)
    assert "Nous retirons\n1 événement de ces rapports :" in told.body
    assert "vom 22.11.2026" in str(notice_of(message, day, "de").body)
