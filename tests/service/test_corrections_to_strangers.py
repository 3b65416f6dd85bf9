"""Taking rows back from contacts that nobody asked for: by the road on which they got them."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.fakes.small_home import DAY, event
from tests.service.commands import called
from tests.service.objecting_world import World
from tests.service.sent_night import WHO, corrections, recall, take, told
from tests.service.test_letters_to_strangers import ABUSE, on_file, policy, sent

from tocsin.service import clock, installation
from tocsin.service.delivery.models import Delivery, DeliveryKind, DeliveryState
from tocsin.service.subscribers.models import AbuseContact

_LETTER = """\
Good day,

{service} has told abuse@example.net of events that were wrong. We take back
1 event of these reports:

  {file}: 1 row

Why: The sinkhole answered for a crawler.

The links to these reports do not show them any more. All other rows stand. If you have opened
tickets, blocked addresses or written to customers for one of these events, please undo that; if
you have done nothing with them, you need do nothing now.

The files that come with this message hold the rows, with the id of the event before each.

The events:

  {event}

You have not asked for our messages: abuse@example.net is on file
(abuse contact in the registry, by its bulk file) as the contact for:

  198.51.100.0/24

If you want to be told nothing any more: {out}

--
{service}, http://testserver
Recall: {number}
"""


@pytest.fixture
def told_before(world: World) -> World:
    """A contact with a row of sensor s1 and one of s2, which it was sent."""
    on_file(("198.51.100.0/24", ABUSE, "XB"))
    policy()
    world.small.collect_events(
        [event(1, "198.51.100.9", sensor="s1"), event(2, "198.51.100.10", sensor="s2")]
    )
    world.night()
    take(world)
    assert len(sent()) == 1
    return world


def _why() -> str:
    return Delivery.objects.get(kind=DeliveryKind.CORRECTION).reason


def test_a_contact_that_was_told_is_told_what_is_taken_back(told_before: World) -> None:
    number = recall(told_before)
    (message,) = corrections(told_before)
    assert message.to == [ABUSE]
    (name, content, _) = message.attachments[0]
    assert name.endswith("-recalled.csv")
    assert "198.51.100.9" in str(content)
    assert "198.51.100.10" not in str(content)
    text = str(message.body)
    out = next(word for word in text.split() if "/contact-opt-out/" in word)
    assert message.extra_headers["List-Unsubscribe"] == f"<{out}>"
    file = name.removesuffix("-recalled.csv") + ".csv"
    event_id = text.partition("The events:")[2].split()[0]
    service = installation.configuration().service.name
    wanted = _LETTER.format(service=service, file=file, event=event_id, out=out, number=number)
    assert [each.rstrip() for each in text.splitlines()] == wanted.splitlines()
    assert told(told_before) == [ABUSE]


def test_who_has_opted_out_meanwhile_is_sent_nothing_more(told_before: World) -> None:
    AbuseContact.objects.update(opted_out_at=clock.now())
    recall(told_before)
    assert told(told_before) == []
    assert _why() == "contact_gone"


def test_who_is_told_nothing_any_more_by_policy_is_sent_nothing(told_before: World) -> None:
    policy(notify=False)
    recall(told_before)
    assert told(told_before) == []
    assert _why() == "nothing_left"


def test_a_contact_that_is_on_file_no_more_is_sent_nothing(told_before: World) -> None:
    AbuseContact.objects.all().delete()
    recall(told_before)
    assert told(told_before) == []
    assert _why() == "contact_gone"


def test_a_contact_that_was_brought_in_anew_is_told(told_before: World) -> None:
    AbuseContact.objects.all().delete()
    on_file(("198.51.100.0/24", ABUSE, "XB"))
    recall(told_before)
    assert told(told_before) == [ABUSE]


def test_a_second_correction_waits_for_the_next_day_and_takes_no_letter_s_place(
    told_before: World,
) -> None:
    recall(told_before)
    recall(told_before, "--sensor", "s2")
    assert told(told_before) == [ABUSE]
    later = Delivery.objects.get(kind=DeliveryKind.CORRECTION, state=DeliveryState.WAITING)
    assert later.due_at == dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    told_before.desk.pass_time(dt.timedelta(days=1))
    assert told(told_before) == [ABUSE, ABUSE]
    told_before.small.collect_events([event(86_402, "198.51.100.11")], now=clock.now())
    told_before.night(DAY + dt.timedelta(days=1))
    take(told_before)
    assert len(sent()) == 2


def test_who_got_a_copy_gets_a_copy_of_the_correction(world: World) -> None:
    on_file(("198.51.100.0/24", ABUSE, "XB"))
    policy(cc="cert@example.com")
    world.small.collect_events([event(1, "198.51.100.9", sensor="s1")])
    world.night()
    take(world)
    assert len(sent()) == 2
    recall(world)
    assert told(world) == [ABUSE, "cert@example.com"]
    (copy,) = [each for each in corrections(world) if each.to == ["cert@example.com"]]
    assert f"This is a copy. The message went to {ABUSE}" in str(copy.body)
    assert "contact-opt-out" not in str(copy.message())


def test_an_address_that_is_on_file_for_many_networks_is_told_once(told_before: World) -> None:
    on_file(("198.51.100.0/24", ABUSE, "XB"), ("AS64498", ABUSE, "XB"))
    day = DAY + dt.timedelta(days=1)
    told_before.desk.pass_time(dt.timedelta(days=1))
    told_before.small.collect_events([event(86_401, "203.0.113.9", sensor="s1")], now=clock.now())
    told_before.night(day)
    take(told_before)
    assert len(sent()) == 2
    other = AbuseContact.objects.get(value="64498")
    Delivery.objects.filter(day=day).update(contact=other)
    called(told_before, "recall", "--sensor", "s1", "--from", str(DAY), "--to", str(day), *WHO)
    (message,) = corrections(told_before)
    assert "2 events taken back" in message.subject
    assert len(message.attachments) == 2
