"""How an objection to reported rows becomes a case."""

from __future__ import annotations

import datetime as dt

from tocsin.service.subscribers.asking import Arrival
from tocsin.service.subscribers.models import Case, Contact
from tocsin.service.subscribers.objection_value import Objection


def open_cases(
    contact: Contact, objection: Objection, arrival: Arrival, now: dt.datetime
) -> list[Case]:
    """Make a case of each subject of an objection that a contact on file raises."""
    raise NotImplementedError
