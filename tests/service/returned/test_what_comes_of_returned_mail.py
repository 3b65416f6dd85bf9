"""What a message that comes back changes: for its address, its list, and who is told."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from tests.service.returned.postbox import Postbox
from tests.service.returned.samples import CORPUS, Ours, filled, sample

from tocsin.configuration.service import MailPlace
from tocsin.service import clock, installation
from tocsin.service.audit.models import AuditLine
from tocsin.service.delivery.bounces.refusals import notice_refusals
from tocsin.service.delivery.envelope import delivery_of, return_path
from tocsin.service.delivery.models import Delivery, DeliveryState, Returned
from tocsin.service.delivery.sending import send_due
from tocsin.service.letters.models import Letter
from tocsin.service.letters.write import write
from tocsin.service.mailbox.addresses import Ours as OurAddresses
from tocsin.service.mailbox.counts import count_messages
from tocsin.service.mailbox.models import MessageState
from tocsin.service.subscribers.models import AddressHealth, Recipient
from tocsin.service.subscribers.recipients.address_health import heard_from
from tocsin.service.subscribers.recipients.membership import confirm_recipient, sent_to

DAY = dt.timedelta(days=1)
SENDER, STAFF = "reports@tocsin.example.org", "staff@tocsin.example.org"
GONE = "no_address_definite-postfix"


def living(postbox: Postbox) -> list[str]:
    return [each.address for each in sent_to(postbox.world.alpha.list, clock.now())]


def again(postbox: Postbox, days: int = 1, address: str = "noc@example.org") -> Delivery:
    """Time passes, and one more message goes to an address."""
    postbox.world.desk.pass_time(days * DAY)
    last = postbox.delivery(address)
    last.pk, last.key = None, f"again {clock.now()} {address}"
    last.message_id = last.message_id.replace("<tocsin.", f"<tocsin.{clock.now():%d%H}", 1)[:200]
    last.made_at = last.ended_at = clock.now()
    last.state = DeliveryState.SENT
    last.save()
    return last


def test_beyond_doubt_once_is_enough_and_who_it_concerns_is_told_once(postbox: Postbox) -> None:
    message = postbox.bring(GONE)
    assert (message.state, message.reason) == (MessageState.TAKEN, "returned")
    assert message.organisation == postbox.world.alpha.organisation.pk
    assert postbox.health() == "dead"
    assert living(postbox) == ["desk@example.org"]
    subject = "Mail to noc@example.org does not arrive"
    for address in ("admin@example.org", "desk@example.org"):
        assert [subject in each for each in postbox.subjects_to(address)] == [True]
    assert postbox.subjects_to("noc@example.org") == []
    postbox.bring(GONE, again(postbox))
    assert len(postbox.subjects_to("admin@example.org")) == 1
    verbs = set(AuditLine.objects.values_list("verb", flat=True))
    assert {"address.dead", "recipient.unreachable", "message.taken"} <= verbs


def test_a_dead_address_is_sent_nothing_that_waits_and_gets_no_new_plan(postbox: Postbox) -> None:
    waiting = again(postbox)
    Delivery.objects.filter(pk=waiting.pk).update(state=DeliveryState.WAITING)
    postbox.bring(GONE, Delivery.objects.exclude(pk=waiting.pk).get(address="noc@example.org"))
    before = len(mail.outbox)
    send_due(clock.now)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == (DeliveryState.DROPPED, "address_dead")
    assert len(mail.outbox) == before


def test_one_delivery_counts_once_however_often_it_comes_back(postbox: Postbox) -> None:
    first = postbox.bring("no_address-exim_dsn")
    second = postbox.bring("no_address-domino")
    assert [first.reason, second.reason] == ["returned", "returned_again"]
    assert postbox.health() == "soft_failing"
    assert Returned.objects.count() == 1
    assert postbox.bring("no_address-exim_dsn", again(postbox)).reason == "returned"
    assert postbox.health() == "dead"


def test_what_is_forged_changes_nothing(postbox: Postbox) -> None:
    number = postbox.delivery().pk
    forged = f"bounces+{number}=AAAAAAAAAAAA@tocsin.example.org"
    other_than_refused = ("not_ours", "automatic", "challenge", "returned_unclear")
    for path in CORPUS:
        raw = filled(path, Ours(forged, f"<tocsin.{'0' * 32}@tocsin.example.org>"))
        message = postbox.deliver(raw, forged)
        assert (message.state, message.reason) == (MessageState.REFUSED, "no_proof"), path
        message = postbox.deliver(raw, "bounces@tocsin.example.org")
        assert message.reason in other_than_refused, path
        assert not Returned.objects.exists(), path
        assert not AddressHealth.objects.exists(), path
        assert not Letter.objects.exists(), path


def test_nothing_that_comes_back_is_answered_and_the_sums_agree(postbox: Postbox) -> None:
    delivery = postbox.delivery()
    for path in CORPUS:
        postbox.deliver(filled(path, postbox.ours(delivery)), return_path(delivery.pk))
    counts = count_messages()
    assert counts.total == len(CORPUS) == sum(counts.of(each) for each in MessageState)
    assert counts.of(MessageState.WAITING) == 0
    told = {to for each in mail.outbox for to in each.to}
    assert told <= {"noc@example.org", "desk@example.org", "admin@example.org"}
    assert Returned.objects.count() == 2


def test_a_warning_counts_for_nothing(postbox: Postbox) -> None:
    for name in ("unreachable-postfix_warning", "unreachable-exim_warning", "unreachable-gmail"):
        assert postbox.bring(name).reason == "returned_delayed"
    assert postbox.health() == "healthy"


def test_one_of_a_team_who_is_gone_does_not_take_the_reports_of_the_team(postbox: Postbox) -> None:
    delivery = postbox.delivery()
    ours = postbox.ours(delivery)
    behind = Ours(ours.return_path, ours.message_id, "max@example.org")
    message = postbox.deliver(sample(GONE, behind), return_path(delivery.pk))
    assert (message.state, message.reason) == (MessageState.IGNORED, "returned_behind")
    assert postbox.health() == "healthy"


def test_a_full_mailbox_on_five_days_over_a_week_is_given_up(postbox: Postbox) -> None:
    delivery = postbox.delivery()
    for days in (1, 2, 2, 1):
        assert postbox.bring("full-postfix_dovecot", delivery).reason == "returned"
        assert postbox.health() == "soft_failing"
        delivery = again(postbox, days)
    assert living(postbox) == ["noc@example.org", "desk@example.org"]
    delivery = again(postbox, 1)
    postbox.bring("full-postfix_dovecot", delivery)
    assert postbox.health() == "dead"
    found = AddressHealth.objects.get()
    assert (found.cause, found.soft_days) == ("full", 5)


def test_a_message_that_does_not_come_back_for_six_days_has_arrived(postbox: Postbox) -> None:
    postbox.bring("full-gmail")
    again(postbox)
    postbox.world.desk.pass_time(6 * DAY)
    postbox.world.desk.work()
    assert postbox.health() == "soft_failing"
    postbox.world.desk.pass_time(2 * DAY)
    postbox.world.desk.work()
    assert postbox.health() == "healthy"


def test_the_last_one_that_is_reached_dies_and_staff_are_told(
    postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = MailPlace(staff=STAFF)
    changed = installation.configuration().model_copy(update={"mail": place})
    monkeypatch.setattr("django.conf.settings.TOCSIN_CONFIGURATION", changed)
    postbox.bring(GONE)
    assert postbox.subjects_to(STAFF) == []
    postbox.bring(GONE, postbox.delivery("desk@example.org"))
    (subject,) = postbox.subjects_to(STAFF)
    assert "The list alpha-asn reaches nobody" in subject
    assert "NOBODY gets its reports now" in str(postbox.letter_to("admin@example.org").body)
    assert "admin@example.org" in str(postbox.letter_to(STAFF).body)


def test_what_is_refused_at_once_counts_as_what_comes_back(postbox: Postbox) -> None:
    delivery = postbox.delivery()
    delivery.state, delivery.reason = DeliveryState.FAILED, "refused"
    delivery.reply = "550 5.1.1 <noc@example.org>: no such user"
    delivery.save()
    assert notice_refusals(clock.now()) == 1
    assert notice_refusals(clock.now()) == 0
    assert postbox.health() == "dead"
    assert postbox.bring(GONE).reason == "returned_again"


def test_what_nobody_answered_is_no_fault_of_the_address(postbox: Postbox) -> None:
    Delivery.objects.update(
        state=DeliveryState.FAILED, reason="given_up", reply="[Errno 111] Connection refused"
    )
    assert notice_refusals(clock.now()) == 0


def test_a_gateway_that_refuses_files_is_sent_links_from_then_on(postbox: Postbox) -> None:
    message = postbox.bring("content-postfix_mime")
    assert message.reason == "returned"
    assert Recipient.objects.get(address="noc@example.org").links_only
    assert not Recipient.objects.get(address="desk@example.org").links_only
    assert postbox.health() == "healthy"
    assert "gets links instead of files" in postbox.subjects_to("admin@example.org")[0]
    waiting = again(postbox)
    Delivery.objects.filter(pk=waiting.pk).update(state=DeliveryState.WAITING)
    send_due(clock.now)
    sent = [each for each in mail.outbox if each.to == ["noc@example.org"]][-1]
    assert sent.attachments == []
    postbox.bring("content-gmail", waiting)
    assert postbox.health() == "soft_failing"
    assert AddressHealth.objects.get().cause == "policy"


def test_a_letter_that_comes_back_counts_by_its_identifier(postbox: Postbox) -> None:
    organisation = postbox.world.alpha.organisation
    now, address = clock.now(), "new@example.org"
    letter = write("contact_confirm", address, "a", {}, now, organisation=organisation.pk)
    postbox.world.desk.work()
    about = Ours(SENDER, letter.message_id, address)
    message = postbox.deliver(sample("no_address_definite-gmail", about), SENDER)
    assert (message.state, message.reason) == (MessageState.TAKEN, "returned")
    assert postbox.health(address) == "dead"
    strange = Ours(SENDER, f"<tocsin.{'0' * 32}@tocsin.example.org>")
    message = postbox.deliver(sample(GONE, strange), SENDER)
    assert (message.state, message.reason) == (MessageState.IGNORED, "bounce")


def test_who_confirms_anew_is_sent_to_again(postbox: Postbox) -> None:
    postbox.bring(GONE)
    noc = Recipient.objects.get(address="noc@example.org")
    noc.state = "unconfirmed"
    noc.save()
    postbox.world.desk.pass_time(DAY)
    assert confirm_recipient(noc, clock.now())
    assert postbox.health() == "healthy"
    assert "noc@example.org" in living(postbox)


def test_what_was_sent_before_it_was_forgiven_does_not_count_any_more(postbox: Postbox) -> None:
    late = again(postbox)
    postbox.bring(GONE, Delivery.objects.exclude(pk=late.pk).get(address="noc@example.org"))
    postbox.world.desk.pass_time(DAY)
    assert heard_from("noc@example.org", clock.now())
    assert postbox.bring(GONE, late).reason == "returned"
    assert postbox.health() == "healthy"


def test_the_return_path_of_a_message_is_an_address_of_ours(postbox: Postbox) -> None:
    path = return_path(postbox.delivery().pk)
    ours = OurAddresses(installation.configuration().mail)
    assert path in ours
    assert path.upper() in ours
    assert delivery_of(path.lower()) == postbox.delivery().pk
    for strange in ("reports+1@tocsin.example.org", "bounces+1@example.org", "x", ""):
        assert strange not in ours
