"""What is on file for an organisation, as the value that a change is checked against."""

from __future__ import annotations

from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.service.subscribers.changes.check import ContactOnFile, ListOnFile, OnFile
from tocsin.service.subscribers.models import (
    Claim,
    ContactState,
    MailingList,
    NetworkState,
    Organisation,
    RecipientState,
    RequestState,
)
from tocsin.service.subscribers.recipients.membership import SENT_TO
from tocsin.service.subscribers.values import NetworkKind, NetworkValue

_GONE = (RecipientState.LEFT, RecipientState.REMOVED)


def on_file(organisation: Organisation) -> OnFile:
    """Networks that have not ended, frozen ones too; lists that are valid; people."""
    networks = organisation.networks.exclude(state=NetworkState.ENDED)
    contacts = organisation.contacts.exclude(state=ContactState.REMOVED)
    lists = organisation.lists.filter(valid_to=None).prefetch_related("recipients").order_by("pk")
    return OnFile(
        networks=frozenset(each.network for each in networks),
        asked=_asked(organisation),
        lists=tuple(_list(each) for each in lists),
        contacts=tuple(
            ContactOnFile(each.address, each.full_name, each.is_admin) for each in contacts
        ),
    )


def _asked(organisation: Organisation) -> dict[NetworkValue, int]:
    claims = Claim.objects.filter(
        request__organisation=organisation,
        request__state__in=(RequestState.PROVING, RequestState.REVIEW),
    ).exclude(state="refused")
    said = claims.values_list("kind", "value", "request_id")
    return {NetworkValue(NetworkKind(kind), value): number for kind, value, number in said}


def _list(mailing_list: MailingList) -> ListOnFile:
    recipients = list(mailing_list.recipients.all())
    return ListOnFile(
        number=mailing_list.pk,
        name=mailing_list.name,
        filter=FilterKind(mailing_list.filter),
        all_networks=mailing_list.all_networks,
        recipients=frozenset(each.address for each in recipients if each.state not in _GONE),
        sent_to=frozenset(each.address for each in recipients if each.state in SENT_TO),
    )
