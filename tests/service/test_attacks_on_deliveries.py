"""What is kept back is had by no road: mails to strangers, questions, lists of days, trends."""

from __future__ import annotations

import shutil
from typing import cast

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from tests.fakes.small_home import DAY, event
from tests.service.commands import called
from tests.service.objecting_world import World
from tests.service.test_letters_to_strangers import ABUSE, on_file, policy

from tocsin.service import clock
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.taking import notice_nights

WHO = ("--owner", "Ada", "--reason", "The sinkhole answered for a crawler.")


def take(world: World) -> None:
    """Take, look over and plan what is there."""
    notice_nights(clock.now())
    world.desk.work()


def letters() -> list[EmailMultiAlternatives]:
    """Letters to strangers that were sent so far."""
    send_due(clock.now)
    found = [each for each in mail.outbox if "Seen in networks" in each.subject]
    return cast("list[EmailMultiAlternatives]", found)


def files_of(message: EmailMultiAlternatives) -> str:
    """What is in the files that came with it."""
    parts = [each for each in message.message().walk() if each.get_filename()]
    return "".join(cast("bytes", each.get_payload(decode=True)).decode() for each in parts)


@pytest.fixture
def strangers(world: World) -> World:
    """A contact that nobody asked for, and two rows of its network by two sensors."""
    on_file(("198.51.100.0/24", ABUSE, "XB"))
    policy()
    world.small.collect_events(
        [event(1, "198.51.100.9", sensor="s1"), event(2, "198.51.100.10", sensor="s2")]
    )
    world.night()
    take(world)
    return world


def test_a_stranger_is_not_sent_rows_that_were_recalled(strangers: World) -> None:
    called(strangers, "recall", "--sensor", "s1", "--day", str(DAY), *WHO)
    (letter,) = letters()
    text = files_of(letter)
    assert "198.51.100.10" in text
    assert "198.51.100.9" not in text


def test_a_stranger_is_sent_nothing_if_all_was_recalled(strangers: World) -> None:
    called(strangers, "recall", "--source", "sensors", "--day", str(DAY), *WHO)
    assert letters() == []


def test_of_a_cut_report_whose_rows_are_not_kept_it_is_said_that_it_is_gone(world: World) -> None:
    first = given_out(world)
    called(world, "recall", "--sensor", "s1", "--day", str(DAY), *WHO)
    path = first.partition("http://testserver")[2].split(maxsplit=1)[0]
    assert Client().get(path).status_code == 200
    shutil.rmtree(world.small.home.lake / "published")
    assert Client().get(path).status_code == 410


def given_out(world: World) -> str:
    """A night of two sensors, mailed to one person; the text of the mail."""
    world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1, sensor="s1"), event(2, "192.0.2.11", sensor="s2")])
    world.night()
    take(world)
    send_due(clock.now)
    (found,) = [each for each in mail.outbox if "Report: " in each.subject]
    return str(found.body)
