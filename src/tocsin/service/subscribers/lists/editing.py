"""Making, changing and ending the mailing lists of an organisation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.model.errors import UsageError
from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.changes.steps import Did, Step
from tocsin.service.subscribers.changes.telling import note_change
from tocsin.service.subscribers.lists.ending import end_now
from tocsin.service.subscribers.lists.rules import OnFile, WantedList, problems_of
from tocsin.service.subscribers.models import (
    ContactState,
    ListMode,
    ListNetwork,
    MailingList,
    Network,
    NetworkState,
    Organisation,
    OrganisationState,
    Recipient,
    RecipientState,
)
from tocsin.service.subscribers.models.mailing_list import in_order
from tocsin.service.subscribers.recipients.dead_addresses import dead_among
from tocsin.service.subscribers.recipients.membership import sent_to
from tocsin.service.subscribers.values import FILTERS

_COLUMNS = (
    "name", "least_severity", "format", "compressed", "delivery", "delta", "language", "mode",
    "redirect_to", "proof_of_life",
)  # fmt: skip

_LONGEST_BEGINNING = 58
"""Of the slug; the rest of the 64 letters of a name is for the name of the list."""

_KINDS = {filter_.value: kind.value for kind, filter_ in FILTERS.items()}


def catalogue_of_home() -> Catalogue:
    """The report types that there are."""
    return home_catalogue(installation.home())


def on_file(organisation: Organisation, kind: FilterKind, besides: int = 0) -> OnFile:
    """What a list of that filter may refer to; `besides`: the list itself, if there is one."""
    networks = Network.objects.filter(
        organisation=organisation, kind=_KINDS[kind.value], state=NetworkState.ACTIVE
    )
    names = MailingList.objects.filter(filter=kind.value).exclude(pk=besides)
    itself = organisation.lists.filter(pk=besides).first()
    types = catalogue_of_home().report_types.values()
    return OnFile(
        filter=kind,
        networks={each.pk: str(each.network) for each in networks},
        types=frozenset({each.id for each in types} | {a for each in types for a in each.aliases}),
        testers=_testers(organisation),
        taken=frozenset(names.values_list("name", flat=True)),
        begins=organisation.slug[:_LONGEST_BEGINNING],
        name=itself.name if itself is not None else "",
    )


def _testers(organisation: Organisation) -> frozenset[str]:
    """Who may get everything of a redirected list: contacts, and recipients who have confirmed.

    Not one that waits: all that is redirected would come to it before its time.
    """
    contacts = organisation.contacts.filter(state=ContactState.ACTIVE)
    confirmed = Recipient.objects.filter(
        list__organisation=organisation,
        state=RecipientState.ACTIVE,
        confirmed_at__isnull=False,
    )
    return frozenset(
        [
            *contacts.values_list("address", flat=True),
            *confirmed.values_list("address", flat=True),
        ]
    )


@transaction.atomic
def make_list(
    organisation: Organisation,
    kind: FilterKind,
    wanted: WantedList,
    actor: Actor,
    now: dt.datetime,
) -> MailingList:
    """Make a list; UsageError with everything that is wrong."""
    organisation = _changeable(organisation)
    _check(wanted, on_file(organisation, kind), f"new list of {organisation}")
    made = MailingList(organisation=organisation, filter=kind.value, valid_from=now)
    _fill(made, wanted)
    _note(made, "list.made", actor, now, None, {"filter": kind.value, **said_of(made)})
    line = f"list {made} made ({made.get_mode_display()})"
    note_change(organisation, actor.name, [Step(Did.LIST_MADE, made.pk, line)], now)
    return made


@transaction.atomic
def change_list(
    mailing_list: MailingList, wanted: WantedList, actor: Actor, now: dt.datetime
) -> bool:
    """Change a list, renaming it as well: its id stays. False if nothing changes.

    UsageError with everything that is wrong, or if the list has ended.
    """
    organisation = _changeable(mailing_list.organisation)
    found = _current(mailing_list, now)
    kind = FilterKind(found.filter)
    _check(wanted, on_file(organisation, kind, found.pk), str(found))
    before, stored = said_of(found), stored_of(found)
    _fill(found, wanted)
    after = said_of(found)
    changed = {name: value for name, value in after.items() if value != before[name]}
    if not changed:
        return False
    was = {name: before[name] for name in changed}
    _note(found, "list.changed", actor, now, was, changed)
    if "mode" in changed or "redirect_to" in changed:
        # A line of its own: it says from when on mail went out, and to whom.
        parts = ("mode", "redirect_to")
        _note(
            found,
            "list.mode",
            actor,
            now,
            {name: before[name] for name in parts},
            {name: after[name] for name in parts},
        )
    words = [
        f"{name.replace('_', ' ')}: {_shown(was[name])} -> {_shown(changed[name])}"
        for name in changed
    ]
    line = f"list {found} changed: {'; '.join(words)}"
    step = Step(Did.LIST_CHANGED, found.pk, line, {name: stored[name] for name in changed})
    note_change(organisation, actor.name, [step], now)
    return True


@transaction.atomic
def end_list(mailing_list: MailingList, actor: Actor, now: dt.datetime) -> bool:
    """End a list: it gets nothing from now on. False if it has ended already."""
    organisation = _changeable(mailing_list.organisation)
    if not end_now(mailing_list, actor, now):
        return False
    line = f"list {mailing_list} ended: it gets no more reports"
    note_change(organisation, actor.name, [Step(Did.LIST_ENDED, mailing_list.pk, line)], now)
    return True


def stored_of(mailing_list: MailingList) -> dict[str, Any]:
    """A list's preferences as a step keeps them, to be put back: networks by their numbers."""
    chosen = sorted(mailing_list.networks.values_list("pk", flat=True))
    return {
        **{name: getattr(mailing_list, name) for name in _COLUMNS},
        "networks": None if mailing_list.all_networks else chosen,
        "except_types": list(mailing_list.except_types),
        "extra_columns": list(mailing_list.extra_columns),
    }


def wanted_of(mailing_list: MailingList) -> WantedList:
    """A list as it is, as what somebody may want."""
    chosen = frozenset(mailing_list.networks.values_list("pk", flat=True))
    return WantedList(
        **{name: getattr(mailing_list, name) for name in _COLUMNS},
        networks=None if mailing_list.all_networks else chosen,
        except_types=frozenset(mailing_list.except_types),
        extra_columns=frozenset(mailing_list.extra_columns),
    )


def said_of(mailing_list: MailingList) -> dict[str, Any]:
    """A list's preferences as the audit keeps them."""
    chosen = [str(each.network) for each in mailing_list.networks.all()]
    return {
        **{name: getattr(mailing_list, name) for name in _COLUMNS},
        "networks": "all" if mailing_list.all_networks else chosen,
        "except_types": list(mailing_list.except_types),
        "extra_columns": list(mailing_list.extra_columns),
    }


def current_lists(organisation: Organisation, now: dt.datetime) -> list[MailingList]:
    """The lists of an organisation that have not ended."""
    return [each for each in organisation.lists.all() if not each.valid_to or each.valid_to > now]


def addressees(mailing_list: MailingList, now: dt.datetime) -> list[str]:
    """Whom a report of the list would go to if it were live; the tester if it is redirected.

    Nobody if the tester is neither a contact nor a recipient any more, or cannot be reached.
    """
    if mailing_list.mode == ListMode.REDIRECT:
        tester = mailing_list.redirect_to
        known = tester in _testers(mailing_list.organisation)
        return [tester] if known and not dead_among([tester]) else []
    return [each.address for each in sent_to(mailing_list, now)]


def _changeable(organisation: Organisation) -> Organisation:
    found = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if found.state != OrganisationState.ACTIVE:
        raise UsageError(
            f"{found} is {found.get_state_display()}: nothing can be changed",
            where=str(found),
            todo="wait until our staff have looked at it, or write to them",
        )
    return found


def _current(mailing_list: MailingList, now: dt.datetime) -> MailingList:
    found = MailingList.objects.select_for_update().get(pk=mailing_list.pk)
    if found.valid_to is not None and found.valid_to <= now:
        raise UsageError("this list has ended", where=str(found), todo="make a new one")
    return found


def _check(wanted: WantedList, known: OnFile, where: str) -> None:
    problems = problems_of(wanted, known)
    if problems:
        raise UsageError(
            " ".join(problems.values()), where=where, todo="change these, and send it again"
        )


def _fill(mailing_list: MailingList, wanted: WantedList) -> None:
    """Put the preferences in, and save; rows that name networks only change where they differ."""
    for name in _COLUMNS:
        setattr(mailing_list, name, getattr(wanted, name))
    if wanted.mode != ListMode.REDIRECT:
        mailing_list.redirect_to = ""
    mailing_list.except_types = sorted(wanted.except_types)
    mailing_list.extra_columns = in_order(wanted.extra_columns)
    mailing_list.all_networks = wanted.networks is None
    mailing_list.save()
    keys = wanted.networks or frozenset()
    ListNetwork.objects.filter(list=mailing_list).exclude(network__in=keys).delete()
    for key in sorted(keys):
        ListNetwork.objects.get_or_create(list=mailing_list, network_id=key)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "none"


def _note(
    mailing_list: MailingList,
    verb: str,
    actor: Actor,
    now: dt.datetime,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    record(
        actor,
        verb,
        Subject("mailinglist", str(mailing_list.pk), str(mailing_list)),
        now,
        organisation=mailing_list.organisation_id,
        before=before,
        after=after,
    )
