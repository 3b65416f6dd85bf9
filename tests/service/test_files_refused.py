"""A gateway that refuses the files of one message gets no file of the next ones either."""

from __future__ import annotations

import pytest
from tests.fakes.small_home import event
from tests.service.objecting_world import World

from tocsin.service import clock
from tocsin.service.delivery import outbox
from tocsin.service.delivery.models import Delivery, DeliveryForm, DeliveryState
from tocsin.service.delivery.outbox import Result
from tocsin.service.delivery.taking import notice_nights


@pytest.fixture
def delivery(world: World) -> Delivery:
    """A message that is on its way."""
    world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1)])
    world.night()
    notice_nights(clock.now())
    world.desk.work()
    (found,) = outbox.take("lease", 10, clock.now())
    return found


def test_the_recipient_gets_links_only_from_then_on(delivery: Delivery) -> None:
    reply = "554 5.7.1 Attachment type not allowed"
    refused = Result(
        delivery.pk, DeliveryState.WAITING, "files_refused", reply, form=DeliveryForm.LINK
    )
    outbox.settle("lease", [refused], clock.now())
    delivery.refresh_from_db()
    assert delivery.form == DeliveryForm.LINK
    assert delivery.recipient is not None
    delivery.recipient.refresh_from_db()
    assert delivery.recipient.links_only
