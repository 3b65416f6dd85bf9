"""How people are told which part a hold is about: lists by their names, all else as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tocsin.service.delivery.brake.part import PartKind
from tocsin.service.delivery.models import Hold
from tocsin.service.subscribers.models import MailingList


def names_of(holds: Iterable[Hold]) -> Mapping[int, str]:
    """The name of each hold's part, by the hold's number; all lists are asked for at once."""
    holds = list(holds)
    numbers = [int(each.name) for each in holds if each.kind == PartKind.LIST]
    lists = {str(each.pk): str(each) for each in MailingList.objects.filter(pk__in=numbers)}
    return {
        each.pk: lists.get(each.name, each.name) if each.kind == PartKind.LIST else each.name
        for each in holds
    }
