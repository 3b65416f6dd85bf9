"""A night that was sent, to take rows of it back."""

from __future__ import annotations

import datetime as dt
from typing import cast

from django.core import mail
from django.core.mail import EmailMultiAlternatives
from tests.fakes.small_home import DAY, event
from tests.service.commands import called
from tests.service.objecting_world import World

from tocsin.service import clock
from tocsin.service.delivery.brake.correcting import GRACE
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.taking import notice_nights

WHO = ("--owner", "Ada", "--reason", "The sinkhole answered for a crawler.")


def sent_night(world: World, *recipients: str) -> World:
    """Two rows of sensor s1, one of s2, sent to these recipients of `alpha`."""
    for address in recipients:
        world.alpha.recipient(address)
    world.small.collect_events(
        [
            event(1, sensor="s1"),
            event(2, "192.0.2.11", sensor="s1"),
            event(3, "192.0.2.12", sensor="s2"),
        ]
    )
    world.night()
    take(world)
    send_due(clock.now)
    return world


def take(world: World) -> None:
    """Let the service take what nights there are, and look them over."""
    notice_nights(clock.now())
    world.desk.work()


def recall(world: World, *what: str, day: dt.date = DAY) -> int:
    """Take back, of a day; the number of the recall. What sensor s1 said, unless it is said."""
    said = called(world, "recall", *(what or ("--sensor", "s1")), "--date", str(day), *WHO)
    return int(said["recall"])


def corrections(world: World) -> list[EmailMultiAlternatives]:
    """Let them be made and sent; all that were."""
    world.desk.pass_time(GRACE)
    world.desk.work()
    send_due(clock.now)
    found = [each for each in mail.outbox if "Correction" in each.subject]
    return cast("list[EmailMultiAlternatives]", found)


def told(world: World) -> list[str]:
    """To whom they were sent."""
    return sorted(each.to[0] for each in corrections(world))
