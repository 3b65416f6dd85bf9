"""The message that nothing was seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from tocsin.service import installation
from tocsin.service.delivery.compose.plain_text import plain_text
from tocsin.service.delivery.compose.with_pictures import MessageWithPictures
from tocsin.service.delivery.models import Delivery


def proof_of_life(delivery: Delivery, unsubscribe: Mapping[str, str]) -> MessageWithPictures:
    """The message of a delivery whose facts are those of a span."""
    mailing_list = delivery.list
    assert mailing_list is not None  # noqa: S101 - looked at before
    context = {
        "service": installation.configuration().service.name,
        "list": str(mailing_list),
        "name": mailing_list.name,
        "often": mailing_list.proof_of_life,
        "leave": unsubscribe.get("List-Unsubscribe", "").strip("<>"),
        **delivery.facts,
        **{each: dt.date.fromisoformat(delivery.facts[each]) for each in ("first", "last")},
    }
    return plain_text(delivery, "proof", context, unsubscribe)
