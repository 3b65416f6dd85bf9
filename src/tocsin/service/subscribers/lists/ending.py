"""The end of a mailing list, whoever ends it and for whatever reason."""

from __future__ import annotations

import datetime as dt

from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import MailingList


def end_now(mailing_list: MailingList, actor: Actor, now: dt.datetime) -> bool:
    """It gets nothing from now on. False if it has ended already. In the caller's transaction."""
    found = MailingList.objects.select_for_update().get(pk=mailing_list.pk)
    if found.valid_to is not None and found.valid_to <= now:
        return False
    found.valid_to = now
    found.save(update_fields=["valid_to"])
    record(
        actor,
        "list.ended",
        Subject("mailinglist", str(found.pk), str(found)),
        now,
        organisation=found.organisation_id,
        after={"valid_to": now.isoformat()},
    )
    return True
