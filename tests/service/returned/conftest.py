"""A night that is sent, and what comes back of it."""

from __future__ import annotations

import pytest
from django.core import mail
from tests.fakes.small_home import event
from tests.service.objecting_world import World
from tests.service.returned.postbox import Postbox

from tocsin.service import clock
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.taking import notice_nights


@pytest.fixture
def postbox(world: World) -> Postbox:
    """`alpha` with the recipients noc@ and desk@, whose night has been sent."""
    for address in ("noc@example.org", "desk@example.org"):
        world.alpha.recipient(address)
    world.small.collect_events([event(1)])
    world.night()
    notice_nights(clock.now())
    world.desk.work()
    send_due(clock.now)
    assert len([each for each in mail.outbox if "Report: " in each.subject]) == 2
    return Postbox(world)
