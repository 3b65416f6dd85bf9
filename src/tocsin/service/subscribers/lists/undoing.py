"""Taking back what a change did to a mailing list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.changes.steps import Step
from tocsin.service.subscribers.lists.ending import end_now
from tocsin.service.subscribers.models import ListNetwork, MailingList


def end(step: Step, actor: Actor, now: dt.datetime) -> None:
    """A list that was made ends; one that has ended stays so."""
    end_now(_locked(step), actor, now)


def go_on(step: Step, actor: Actor, now: dt.datetime) -> None:
    """A list that was ended gets reports again."""
    found = _locked(step)
    if found.valid_to is not None:
        before = {"valid_to": found.valid_to.isoformat()}
        found.valid_to = None
        found.save(update_fields=["valid_to"])
        _note(found, "list.put_back", actor, now, before, {"valid_to": None})


def put_back(step: Step, actor: Actor, now: dt.datetime) -> None:
    """Its preferences are as they were before; a name that another list has by now is not taken."""
    found = _locked(step)
    wanted = dict(step.before)
    if "name" in wanted and _is_taken(found, wanted["name"]):
        del wanted["name"]
    before = {name: _value(found, name) for name in wanted}
    if before == wanted:
        return
    if "networks" in wanted:
        _choose(found, wanted["networks"])
    for name in wanted.keys() - {"networks"}:
        setattr(found, name, wanted[name])
    found.save()
    _note(found, "list.put_back", actor, now, before, wanted)


def _choose(found: MailingList, numbers: list[int] | None) -> None:
    """Name these networks of its organisation; None: all of them."""
    found.all_networks = numbers is None
    ListNetwork.objects.filter(list=found).delete()
    theirs = found.organisation.networks.filter(pk__in=numbers or ())
    ListNetwork.objects.bulk_create(ListNetwork(list=found, network=each) for each in theirs)


def _value(found: MailingList, name: str) -> object:
    if name != "networks":
        return getattr(found, name)
    if found.all_networks:
        return None
    return sorted(found.networks.values_list("pk", flat=True))


def _is_taken(found: MailingList, name: str) -> bool:
    others = MailingList.objects.filter(filter=found.filter, name=name)
    return others.exclude(pk=found.pk).exists()


def _locked(step: Step) -> MailingList:
    return MailingList.objects.select_for_update().get(pk=step.row)


def _note(
    found: MailingList,
    verb: str,
    actor: Actor,
    now: dt.datetime,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    record(
        actor,
        verb,
        Subject("mailinglist", str(found.pk), str(found)),
        now,
        organisation=found.organisation_id,
        before=before,
        after=after,
    )
