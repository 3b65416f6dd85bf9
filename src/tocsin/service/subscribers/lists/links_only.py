"""Recipients behind a gateway that refuses files: their messages go with links alone."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.write import write
from tocsin.service.subscribers.models import Recipient
from tocsin.service.subscribers.recipients.health_letters import reachable_contacts

_ACTOR = Actor.system("bounces")


@transaction.atomic
def send_links_only(recipient: Recipient, said: str, now: dt.datetime) -> bool:
    """Send a recipient no files any more, and tell its admins; False if it is so already.

    said: what the gateway said, harmless.
    """
    recipient = _locked(recipient)
    if recipient.links_only:
        return False
    _set(recipient, _ACTOR, now, links_only=True, note=said)
    organisation = recipient.list.organisation
    for contact in reachable_contacts(organisation):
        key = f"recipient_links_only {recipient.pk} {now.isoformat()} {contact.pk}"
        context = {
            "name": contact.full_name,
            "organisation": organisation.name,
            "slug": organisation.slug,
            "list": str(recipient.list),
            "recipient": recipient.address,
            "said": said,
        }
        write(
            "recipient_links_only",
            contact.address,
            key,
            context,
            now,
            organisation=organisation.pk,
            language=recipient.list.language,
        )
    return True


@transaction.atomic
def attach_again(recipient: Recipient, actor: Actor, now: dt.datetime) -> None:
    """Send files again, as the list prefers; UsageError if they are sent."""
    recipient = _locked(recipient)
    if not recipient.links_only:
        raise UsageError(
            f"{recipient.address} is sent files already", where=str(recipient.list), todo="nothing"
        )
    _set(recipient, actor, now, links_only=False)


def _locked(recipient: Recipient) -> Recipient:
    rows = Recipient.objects.select_for_update(of=("self",))
    return rows.select_related("list__organisation").get(pk=recipient.pk)


def _set(
    recipient: Recipient, actor: Actor, now: dt.datetime, *, links_only: bool, note: str = ""
) -> None:
    recipient.links_only = links_only
    recipient.save(update_fields=["links_only"])
    record(
        actor,
        "recipient.links_only" if links_only else "recipient.attached_again",
        Subject("recipient", str(recipient.pk), str(recipient)),
        now,
        organisation=recipient.list.organisation_id,
        before={"links_only": not links_only},
        after={"links_only": links_only},
        note=note,
    )
