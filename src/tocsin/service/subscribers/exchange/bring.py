"""Bringing subscribers in: first what would change, then, as a step of its own, the change."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q

from tocsin.configuration.service import ProofRules
from tocsin.model.errors import Problem
from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.exchange.apply import Bringing, apply_changes
from tocsin.service.subscribers.exchange.compare import (
    Change,
    Outcome,
    Part,
    Surroundings,
    compare,
)
from tocsin.service.subscribers.exchange.current import forms_of
from tocsin.service.subscribers.exchange.forms import OrganisationForm, Said
from tocsin.service.subscribers.in_batches import in_batches
from tocsin.service.subscribers.models import (
    MailingList,
    Network,
    NetworkState,
    Proof,
    ProofMethod,
    ProofState,
    Recipient,
    RecipientState,
)
from tocsin.service.subscribers.recipients.membership import ask_to_confirm
from tocsin.service.subscribers.values import NetworkValue
from tocsin.service.verification.plausible import implausible

_BATCH = 100
_MOST_VALUES = 400
MOST_SHOWN = 200
"""Changes and problems that are told one by one; all are counted."""


@dataclass(slots=True)
class Difference:
    """What an import changes, or has changed. shown: with the organisation and line of each."""

    organisations: int = 0
    counts: Counter[tuple[Outcome, str]] = field(default_factory=Counter)
    refused: int = 0
    invited: int = 0
    shown: list[tuple[str, int, Change]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lists_given: dict[tuple[str, str], str] = field(default_factory=dict)
    """Names of lists, with filter, that the file itself has given so far, and to whom."""

    def total(self, outcome: Outcome) -> int:
        """How many things, of whatever kind, ended so."""
        return sum(count for (each, _), count in self.counts.items() if each is outcome)

    def figures(self) -> dict[str, int]:
        """All counts by their words."""
        totals = {outcome.value: self.total(outcome) for outcome in Outcome}
        return {
            "organisations": self.organisations,
            **totals,
            "refused": self.refused,
            "invited": self.invited,
        }


def differences(read: Iterable[Said | Problem], now: dt.datetime) -> Difference:
    """What an import would change; nothing is written."""
    done = Difference()
    for batch in in_batches(_organisations(read, done), _BATCH):
        _compare_batch(batch, done, now)
    return done


@transaction.atomic
def bring_in(
    read: Iterable[Said | Problem],
    source: str,
    actor: Actor,
    now: dt.datetime,
    *,
    invite: bool = False,
) -> Difference:
    """Make the change, all of it or nothing. Again changes nothing.

    No letter is written, unless `invite`: then persons who are new recipients are asked to agree.
    """
    done = Difference()
    bringing = Bringing(source, actor, now)
    for batch in in_batches(_organisations(read, done), _BATCH):
        compared = _compare_batch(batch, done, now)
        apply_changes(((said.form, changes) for said, changes in compared), bringing)
    if invite:
        done.invited = _invite(bringing)
    if done.total(Outcome.ADDED) + done.total(Outcome.CHANGED):
        subject = Subject("import", source[:64], source)
        record(actor, "subscribers.imported", subject, now, after=done.figures())
    return done


def _organisations(read: Iterable[Said | Problem], done: Difference) -> Iterator[Said]:
    for each in read:
        if isinstance(each, Problem):
            done.refused += 1
            if len(done.problems) < MOST_SHOWN:
                done.problems.append(each)
        else:
            done.organisations += 1
            yield each


def _compare_batch(
    batch: Sequence[Said], done: Difference, now: dt.datetime
) -> list[tuple[Said, tuple[Change, ...]]]:
    current = forms_of(each.form.slug for each in batch)
    proven = _proven({network.network for said in batch for network in said.form.networks}, now)
    lists = {**_lists_on_file(batch), **done.lists_given}
    rules = installation.configuration().proof
    compared = []
    for said in batch:
        around = _around(said.form, proven, lists, rules)
        changes = compare(current.get(said.form.slug), said.form, around)
        for change in changes:
            if change.part is Part.LIST and change.outcome is Outcome.ADDED and change.list:
                # A list that an organisation before it in the same file is given is taken as well.
                lists[change.list.key] = done.lists_given[change.list.key] = said.form.slug
        _count(said, changes, done)
        compared.append((said, changes))
    return compared


def _count(said: Said, changes: Iterable[Change], done: Difference) -> None:
    for change in changes:
        done.counts[change.outcome, change.part.value] += 1
        if change.outcome is not Outcome.UNCHANGED and len(done.shown) < MOST_SHOWN:
            done.shown.append((said.form.slug, said.line, change))


def _around(
    form: OrganisationForm,
    proven: dict[NetworkValue, set[str]],
    lists: dict[tuple[str, str], str],
    rules: ProofRules,
) -> Surroundings:
    values = [each.network for each in form.networks]
    elsewhere = frozenset(
        each for each in values if any(slug != form.slug for slug in proven.get(each, ()))
    )
    names = frozenset(
        each.key for each in form.lists if lists.get(each.key, form.slug) != form.slug
    )
    reasons = {each: why for each in values if (why := implausible(each, rules))}
    return Surroundings(elsewhere, names, reasons)


def _proven(values: set[NetworkValue], now: dt.datetime) -> dict[NetworkValue, set[str]]:
    """Who has proven which of the networks otherwise than by an import, by slug."""
    proofs = Proof.objects.filter(state=ProofState.VALID, ends_at__gt=now).exclude(
        method=ProofMethod.IMPORTED
    )
    found: dict[NetworkValue, set[str]] = {}
    for part in in_batches(sorted(values), _MOST_VALUES):
        by_kind: dict[str, list[str]] = {}
        for each in part:
            by_kind.setdefault(each.kind.value, []).append(each.value)
        wanted = Q(pk__in=())
        for kind, texts in by_kind.items():
            wanted |= Q(kind=kind, value__in=texts)
        rows = Network.objects.filter(wanted, state=NetworkState.ACTIVE, proofs__in=proofs)
        for row in rows.select_related("organisation"):
            found.setdefault(row.network, set()).add(row.organisation.slug)
    return found


def _lists_on_file(batch: Sequence[Said]) -> dict[tuple[str, str], str]:
    names = {each.name for said in batch for each in said.form.lists}
    found = {}
    for part in in_batches(sorted(names), _MOST_VALUES):
        rows = MailingList.objects.filter(name__in=part)
        found.update(
            {
                (n, f): slug
                for n, f, slug in rows.values_list("name", "filter", "organisation__slug")
            }
        )
    return found


def _invite(bringing: Bringing) -> int:
    invited = 0
    for part in in_batches(bringing.unconfirmed, _MOST_VALUES):
        waiting = Recipient.objects.filter(pk__in=part, state=RecipientState.UNCONFIRMED)
        for recipient in waiting.select_related("list__organisation"):
            ask_to_confirm(recipient, bringing.now)
            invited += 1
    return invited
