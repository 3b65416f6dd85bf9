"""Making what a comparison found: of one organisation, in the transaction of the whole import."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.service import installation
from tocsin.service.accounts.models import User
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.exchange.compare import Change, Outcome, Part
from tocsin.service.subscribers.exchange.forms import (
    PREFERENCES,
    ListForm,
    OrganisationForm,
)
from tocsin.service.subscribers.models import (
    Contact,
    ContactState,
    ListNetwork,
    MailingList,
    Network,
    NetworkState,
    Organisation,
    Proof,
    ProofMethod,
    Recipient,
    RecipientKind,
)
from tocsin.service.subscribers.recipients import state_of, waiting_time
from tocsin.service.subscribers.snapshot_due import snapshot_is_due
from tocsin.service.subscribers.values import NetworkValue

_WRITES = (Outcome.ADDED, Outcome.CHANGED)
_MOST_IN_AUDIT = 500


@dataclass(slots=True)
class Bringing:
    """An import under way: what it is from, who makes it, when."""

    source: str
    actor: Actor
    now: dt.datetime
    unconfirmed: list[int] = field(default_factory=list)
    """Numbers of recipients that are persons and have not agreed."""


def apply_changes(
    said: OrganisationForm, changes: Sequence[Change], bringing: Bringing
) -> Organisation | None:
    """Make the changes of one organisation, with an audit line; None if there are none."""
    written = [each for each in changes if each.outcome in _WRITES]
    if not written:
        return None
    organisation = _organisation(said, written, bringing)
    by_part: dict[Part, list[Change]] = defaultdict(list)
    for each in written:
        by_part[each.part].append(each)
    _contacts(organisation, by_part[Part.CONTACT], bringing)
    _networks(organisation, said, by_part[Part.NETWORK], bringing)
    _lists(organisation, by_part[Part.LIST], bringing)
    _recipients(organisation, by_part[Part.RECIPIENT], bringing)
    _note(organisation, written, bringing)
    snapshot_is_due(bringing.now)
    return organisation


def _organisation(
    said: OrganisationForm, written: Sequence[Change], bringing: Bringing
) -> Organisation:
    change = next((each for each in written if each.part is Part.ORGANISATION), None)
    if change is not None and change.outcome is Outcome.ADDED:
        return Organisation.objects.create(
            slug=said.slug,
            name=said.name,
            kind=said.kind.value,
            country=said.country,
            mail_domains=list(said.mail_domains),
            notes=said.notes,
            founded_at=bringing.now,
        )
    organisation = Organisation.objects.select_for_update().get(slug=said.slug)
    if change is not None and change.becomes is not None:
        _set(organisation, change.becomes)
        organisation.save(update_fields=list(change.becomes))
    return organisation


def _set(row: object, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)


def _contacts(organisation: Organisation, changes: Sequence[Change], bringing: Bringing) -> None:
    new = [each.contact for each in changes if each.contact is not None]
    accounts = _accounts([each.address for each in new])
    Contact.objects.bulk_create(
        Contact(
            organisation=organisation,
            address=each.address,
            full_name=each.full_name or each.address.partition("@")[0],
            phone=each.phone,
            role=each.role,
            # Nobody gets in by that: to sign in takes a code that is mailed to the address.
            state=ContactState.ACTIVE,
            account=accounts[each.address],
            since=bringing.now,
        )
        for each in new
    )
    for change in changes:
        if change.outcome is Outcome.CHANGED and change.becomes is not None:
            organisation.contacts.filter(address=change.name).update(**change.becomes)


def _accounts(addresses: list[str]) -> dict[str, User]:
    known = {each.email: each for each in User.objects.filter(email__in=addresses)}
    for address in addresses:
        if address not in known:
            known[address] = User.objects.create_user(address)
    return known


def _networks(
    organisation: Organisation,
    said: OrganisationForm,
    changes: Sequence[Change],
    bringing: Bringing,
) -> None:
    forms = {str(each.network): each for each in said.networks}
    networks = Network.objects.bulk_create(
        Network(
            organisation=organisation,
            **Network.columns_of(each.network.network),
            label=each.network.label,
            valid_from=bringing.now,
        )
        for each in changes
        if each.network is not None
    )
    days = installation.configuration().proof.imported_days
    Proof.objects.bulk_create(
        Proof(
            network=network,
            method=ProofMethod.IMPORTED,
            evidence={"source": bringing.source, "by": bringing.actor.name},
            note=f"brought in from {bringing.source}; to be proven before it ends",
            made_at=bringing.now,
            ends_at=bringing.now + dt.timedelta(days=days),
        )
        for network in networks
    )
    for change in changes:
        if change.outcome is Outcome.CHANGED and change.becomes is not None:
            of = forms[change.name].network
            rows = organisation.networks.filter(kind=of.kind.value, value=of.value)
            rows.exclude(state=NetworkState.ENDED).update(**change.becomes)


def _lists(organisation: Organisation, changes: Sequence[Change], bringing: Bringing) -> None:
    for change in changes:
        form = change.list
        if form is None:
            continue
        named: dict[str, Any] = {"name": form.name, "filter": form.filter.value}
        if change.outcome is Outcome.ADDED:
            mailing_list = MailingList.objects.create(
                organisation=organisation, **named, **_preferences(form), valid_from=bringing.now
            )
        else:
            mailing_list = organisation.lists.select_for_update().get(**named)
        if change.outcome is Outcome.CHANGED and change.becomes is not None:
            values = {name: each for name, each in change.becomes.items() if name != "networks"}
            _set(mailing_list, values)
            mailing_list.save()
        if not form.all_networks:
            _name_networks(organisation, mailing_list, form.networks)


def _preferences(form: ListForm) -> dict[str, Any]:
    values = {name: getattr(form, name) for name in PREFERENCES}
    return {**values, "except_types": list(form.except_types)}


def _name_networks(
    organisation: Organisation, mailing_list: MailingList, wanted: Sequence[NetworkValue]
) -> None:
    rows = organisation.networks.exclude(state=NetworkState.ENDED)
    chosen = [each for each in rows if each.network in set(wanted)]
    ListNetwork.objects.filter(list=mailing_list).exclude(network__in=chosen).delete()
    named = set(ListNetwork.objects.filter(list=mailing_list).values_list("network_id", flat=True))
    ListNetwork.objects.bulk_create(
        ListNetwork(list=mailing_list, network=each) for each in chosen if each.pk not in named
    )


def _recipients(organisation: Organisation, changes: Sequence[Change], bringing: Bringing) -> None:
    if not changes:
        return
    lists = {(each.name, each.filter): each for each in organisation.lists.all()}
    made = []
    for change in changes:
        if change.list is None or change.recipient is None:
            continue
        is_role = change.recipient.kind == RecipientKind.ROLE
        wait = waiting_time(organisation, change.recipient.address)
        made.append(
            Recipient(
                list=lists[change.list.key],
                address=change.recipient.address,
                kind=change.recipient.kind,
                state=state_of(agreed=is_role, wait=wait),
                active_from=bringing.now + wait,
                vouched_by=bringing.actor.name if is_role else "",
                since=bringing.now,
            )
        )
    for each in Recipient.objects.bulk_create(made):
        if each.kind == RecipientKind.PERSON:
            bringing.unconfirmed.append(each.pk)


def _note(organisation: Organisation, written: Sequence[Change], bringing: Bringing) -> None:
    was = {str(each): _plain(each.was) for each in written if each.was}
    becomes = {str(each): _plain(each.becomes) for each in written if each.becomes}
    added = [str(each) for each in written if each.outcome is Outcome.ADDED]
    record(
        bringing.actor,
        "organisation.imported",
        Subject("organisation", str(organisation.pk), organisation.name),
        bringing.now,
        organisation=organisation.pk,
        before=was or None,
        after={"added": added[:_MOST_IN_AUDIT], "added_in_all": len(added), "changed": becomes},
        note=f"brought in from {bringing.source}",
    )


def _plain(values: Mapping[str, object] | None) -> dict[str, object]:
    return {
        name: [str(each) for each in value] if isinstance(value, tuple) else value
        for name, value in (values or {}).items()
    }
