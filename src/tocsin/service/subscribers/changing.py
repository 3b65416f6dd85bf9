"""How a change of a feed comes in, is checked against what is on file, and is confirmed."""

from __future__ import annotations

import datetime as dt

from tocsin.service.subscribers.asking import Arrival
from tocsin.service.subscribers.change_value import WantedChange
from tocsin.service.subscribers.models import Contact, Request


def open_change(
    contact: Contact, change: WantedChange, arrival: Arrival, now: dt.datetime
) -> Request:
    """Take in a change that a contact on file asks for."""
    raise NotImplementedError
