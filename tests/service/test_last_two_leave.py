"""Of the last two on a list one only can leave, however fast they are."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from tests.service.desk import Desk
from tests.service.subscribed import subscribed

from tocsin.service import clock
from tocsin.service.subscribers.models import Recipient
from tocsin.service.subscribers.recipients.membership import leave, sent_to


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="the tests' SQLite lies in memory and has one writer"
)
@pytest.mark.django_db(transaction=True)
def test_somebody_stays_when_the_last_two_leave_at_once(desk: Desk) -> None:
    each = subscribed()
    two = [each.recipient("one@example.org"), each.recipient("two@example.org")]
    together, now = Barrier(len(two)), clock.now()

    def go(recipient: Recipient) -> bool:
        together.wait(timeout=30)
        try:
            return leave(recipient, now)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(two)) as threads:
        left = list(threads.map(go, two))
    assert sorted(left) == [False, True]
    assert len(sent_to(each.list, now + dt.timedelta(days=1))) == 1
