"""Complaints: a person leaves, for others the admins are told; what is none changes nothing."""

from __future__ import annotations

import datetime as dt

from tests.service.returned.postbox import Postbox
from tests.service.returned.samples import Ours, sample

from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.delivery.models import Delivery, Returned, ReturnedKind
from tocsin.service.letters.models import Letter
from tocsin.service.letters.write import write
from tocsin.service.mailbox.models import MessageState
from tocsin.service.subscribers.models import Recipient, RecipientKind, RecipientState

SENDER = "reports@tocsin.example.org"
ABUSE = "abuse-provider"


def state(address: str = "noc@example.org") -> str:
    return Recipient.objects.get(address=address).state


def test_a_person_who_complains_has_left_and_the_admins_are_told(postbox: Postbox) -> None:
    message = postbox.bring(ABUSE)
    assert (message.state, message.reason) == (MessageState.TAKEN, "complaint")
    assert message.organisation == postbox.world.alpha.organisation.pk
    assert state() == RecipientState.LEFT
    assert state("desk@example.org") == RecipientState.ACTIVE
    letter = postbox.letter_to("admin@example.org")
    assert "noc@example.org has complained of a mail of ours" in letter.subject
    assert "it has left the list" in str(letter.body)
    assert {"recipient.left", "recipient.complained"} <= set(
        AuditLine.objects.values_list("verb", flat=True)
    )
    assert postbox.health() == "healthy"


def test_it_counts_once_and_the_admins_are_told_once_a_week(postbox: Postbox) -> None:
    Recipient.objects.update(kind=RecipientKind.ROLE)
    assert postbox.bring(ABUSE).reason == "complaint"
    assert postbox.bring("abuse-headers_only").reason == "returned_again"
    second = postbox.delivery()
    second.pk, second.key, second.message_id = None, "another", "<tocsin.another@example.org>"
    second.save()
    assert postbox.bring(ABUSE, second).reason == "complaint"
    assert state() == RecipientState.ACTIVE
    (subject,) = postbox.subjects_to("admin@example.org")
    assert "has complained" in subject
    assert "not the address of a person" in str(postbox.letter_to("admin@example.org").body)
    assert Returned.objects.filter(kind=ReturnedKind.COMPLAINT).count() == 2


def test_the_last_one_stays_and_the_admins_are_told_what_to_do(postbox: Postbox) -> None:
    Recipient.objects.filter(address="desk@example.org").update(state=RecipientState.REMOVED)
    postbox.bring(ABUSE)
    assert state() == RecipientState.ACTIVE
    subjects = postbox.subjects_to("admin@example.org")
    assert any("wants to leave" in each for each in subjects)
    assert any("has complained" in each for each in subjects)


def test_a_complaint_to_the_sender_is_known_by_what_it_holds(postbox: Postbox) -> None:
    delivery = postbox.delivery()
    for name in ("abuse-redacted", "abuse-headers_only"):
        Returned.objects.all().delete()
        ours = Ours(SENDER, delivery.message_id, delivery.address)
        assert postbox.deliver(sample(name, ours), SENDER).reason == "complaint"
    assert state() == RecipientState.LEFT


def test_a_forged_complaint_takes_nobody_off(postbox: Postbox) -> None:
    forged = Ours(SENDER, f"<tocsin.{'0' * 32}@tocsin.example.org>", "noc@example.org")
    message = postbox.deliver(sample(ABUSE, forged), SENDER)
    assert (message.state, message.reason) == (MessageState.IGNORED, "bounce")
    assert state() == RecipientState.ACTIVE
    assert not Returned.objects.exists()


def test_what_is_no_complaint_changes_nothing(postbox: Postbox) -> None:
    for name in ("not-spam-provider", "auth-failure-dmarc"):
        message = postbox.bring(name)
        assert (message.state, message.reason) == (MessageState.IGNORED, "no_complaint")
    assert state() == RecipientState.ACTIVE


def test_of_what_was_sent_before_they_agreed_anew_nothing_follows(postbox: Postbox) -> None:
    Delivery.objects.update(ended_at=clock.now())
    postbox.world.desk.pass_time(dt.timedelta(days=2))
    Recipient.objects.update(since=clock.now())
    assert postbox.bring(ABUSE).reason == "complaint"
    assert state() == RecipientState.ACTIVE


def test_a_complaint_of_a_letter_is_for_staff_to_look_at(postbox: Postbox) -> None:
    letter = write("mail_wrong_address", "ada@example.net", "a letter", {}, clock.now())
    ours = Ours(SENDER, letter.message_id, "ada@example.net")
    assert postbox.deliver(sample(ABUSE, ours), SENDER).reason == "complaint"
    assert Returned.objects.get().letter == letter.pk
    assert Letter.objects.filter(recipient="ada@example.net").count() == 1
