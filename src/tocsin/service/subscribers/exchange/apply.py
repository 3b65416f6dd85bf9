"""Making what a comparison found, some organisations at a time, in the import's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.service import installation
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor, Subject, line, record_many
from tocsin.service.subscribers.exchange.accounts import accounts_of
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
from tocsin.service.subscribers.recipients.membership import state_of, waiting_time
from tocsin.service.subscribers.snapshots.due import snapshot_is_due
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


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be written of one organisation."""

    said: OrganisationForm
    organisation: Organisation
    written: tuple[Change, ...]

    def of(self, part: Part) -> Iterator[Change]:
        """The changes of one part."""
        return (each for each in self.written if each.part is part)


def apply_changes(
    compared: Iterable[tuple[OrganisationForm, Sequence[Change]]], bringing: Bringing
) -> None:
    """Make the changes of some organisations, an audit line for each that has any.

    Part by part, not organisation by organisation: each part is a statement or two for all.
    """
    written = [
        (said, tuple(each for each in changes if each.outcome in _WRITES))
        for said, changes in compared
    ]
    written = [(said, changes) for said, changes in written if changes]
    organisations = _organisations(written, bringing)
    works = [_Work(said, organisations[said.slug], changes) for said, changes in written]
    _contacts(works, bringing)
    _networks(works, bringing)
    _recipients(works, _lists(works, bringing), bringing)
    record_many([_line(each, bringing) for each in works])
    if works:
        snapshot_is_due(bringing.now)


def _organisations(
    written: Iterable[tuple[OrganisationForm, Sequence[Change]]], bringing: Bringing
) -> dict[str, Organisation]:
    own = {
        said.slug: (said, next((each for each in changes if each.part is Part.ORGANISATION), None))
        for said, changes in written
    }
    new = {slug for slug, (_, each) in own.items() if each and each.outcome is Outcome.ADDED}
    made = Organisation.objects.bulk_create(
        _organisation(said, bringing) for slug, (said, _) in own.items() if slug in new
    )
    known = Organisation.objects.select_for_update().filter(slug__in=own.keys() - new)
    for organisation in known.order_by("pk"):
        change = own[organisation.slug][1]
        if change is not None and change.becomes is not None:
            _set(organisation, change.becomes)
            organisation.save(update_fields=list(change.becomes))
        made.append(organisation)
    return {each.slug: each for each in made}


def _organisation(said: OrganisationForm, bringing: Bringing) -> Organisation:
    return Organisation(
        slug=said.slug,
        name=said.name,
        kind=said.kind.value,
        country=said.country,
        mail_domains=list(said.mail_domains),
        notes=said.notes,
        founded_at=bringing.now,
    )


def _set(row: object, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)


def _contacts(works: Sequence[_Work], bringing: Bringing) -> None:
    changes = [(work, each) for work in works for each in work.of(Part.CONTACT)]
    new = [(work, each.contact) for work, each in changes if each.contact is not None]
    accounts = accounts_of(form.address for _, form in new)
    Contact.objects.bulk_create(
        Contact(
            organisation=work.organisation,
            address=form.address,
            full_name=form.full_name or form.address.partition("@")[0],
            phone=form.phone,
            role=form.role,
            # Nobody gets in by that: to sign in takes a code that is mailed to the address.
            state=ContactState.ACTIVE,
            account=accounts[form.address],
            since=bringing.now,
        )
        for work, form in new
    )
    for work, change in changes:
        if change.outcome is Outcome.CHANGED and change.becomes is not None:
            work.organisation.contacts.filter(address=change.name).update(**change.becomes)


def _networks(works: Sequence[_Work], bringing: Bringing) -> None:
    changes = [(work, each) for work in works for each in work.of(Part.NETWORK)]
    networks = Network.objects.bulk_create(
        Network(
            organisation=work.organisation,
            **Network.columns_of(each.network.network),
            label=each.network.label,
            valid_from=bringing.now,
        )
        for work, each in changes
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
    for work, change in changes:
        if change.outcome is Outcome.CHANGED and change.becomes is not None:
            forms = {str(each.network): each.network for each in work.said.networks}
            of = forms[change.name]
            rows = work.organisation.networks.filter(kind=of.kind.value, value=of.value)
            rows.exclude(state=NetworkState.ENDED).update(**change.becomes)


_Lists = dict[tuple[int, str, str], MailingList]
"""By organisation, name and filter."""


def _lists(works: Sequence[_Work], bringing: Bringing) -> _Lists:
    """Make and change lists; all that the organisations have then."""
    changes = [
        (work, each, each.list) for work in works for each in work.of(Part.LIST) if each.list
    ]
    numbers = [work.organisation.pk for work in works]
    known = MailingList.objects.select_for_update().filter(organisation__in=numbers)
    on_file = list(known.order_by("pk"))
    made = MailingList.objects.bulk_create(
        MailingList(
            organisation=work.organisation,
            name=form.name,
            filter=form.filter.value,
            **_preferences(form),
            valid_from=bringing.now,
        )
        for work, each, form in changes
        if each.outcome is Outcome.ADDED
    )
    lists = {(each.organisation_id, each.name, each.filter): each for each in (*on_file, *made)}
    for work, change, form in changes:
        mailing_list = lists[work.organisation.pk, form.name, form.filter.value]
        if change.outcome is Outcome.CHANGED and change.becomes is not None:
            values = {name: each for name, each in change.becomes.items() if name != "networks"}
            _set(mailing_list, values)
            mailing_list.save()
        if not form.all_networks:
            _name_networks(work.organisation, mailing_list, form.networks)
    return lists


def _preferences(form: ListForm) -> dict[str, Any]:
    values = {name: getattr(form, name) for name in PREFERENCES}
    return {
        **values,
        "except_types": list(form.except_types),
        "extra_columns": list(form.extra_columns),
    }


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


def _recipients(works: Sequence[_Work], lists: _Lists, bringing: Bringing) -> None:
    made = []
    for work in works:
        for change in work.of(Part.RECIPIENT):
            if change.list is None or change.recipient is None:
                continue
            is_role = change.recipient.kind == RecipientKind.ROLE
            wait = waiting_time(work.organisation, change.recipient.address)
            made.append(
                Recipient(
                    list=lists[work.organisation.pk, change.list.name, change.list.filter.value],
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


def _line(work: _Work, bringing: Bringing) -> AuditLine:
    was = {str(each): _plain(each.was) for each in work.written if each.was}
    becomes = {str(each): _plain(each.becomes) for each in work.written if each.becomes}
    added = [str(each) for each in work.written if each.outcome is Outcome.ADDED]
    return line(
        bringing.actor,
        "organisation.imported",
        Subject("organisation", str(work.organisation.pk), work.organisation.name),
        bringing.now,
        organisation=work.organisation.pk,
        before=was or None,
        after={"added": added[:_MOST_IN_AUDIT], "added_in_all": len(added), "changed": becomes},
        note=f"brought in from {bringing.source}",
    )


def _plain(values: Mapping[str, object] | None) -> dict[str, object]:
    return {
        name: [str(each) for each in value] if isinstance(value, tuple) else value
        for name, value in (values or {}).items()
    }
