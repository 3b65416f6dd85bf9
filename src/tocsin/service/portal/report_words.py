"""What became of a report, in words for those whose it is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tocsin.service.delivery.models import Delivery, DeliveryKind, DeliveryState, Outcome, Report

_ENDS: Mapping[str, str] = {
    Outcome.SHADOW: "Made and shown, not sent: the list was in shadow.",
    Outcome.NOBODY: "Not sent: the list had no recipient.",
    Outcome.INVALID: "Not sent: the list or its networks were not valid.",
    Outcome.LATER: "Not mailed: this day was made more than once, and is mailed once.",
}
_NOT_KNOWN = "Mailed; to how many is not kept any more."

Ends = Mapping[int, Counter[str]]
"""How many messages with a report are in which state, by its key; corrections do not count."""


def ends_of(reports: Sequence[Report]) -> Ends:
    """What became of the messages with these reports; one query."""
    wanted = frozenset(each.pk for each in reports if each.outcome == Outcome.PLANNED)
    if not wanted:
        return {}
    rows = Delivery.objects.filter(
        list__in={each.list for each in reports},
        day__in={each.day for each in reports},
        kind__in=[DeliveryKind.REPORT, DeliveryKind.DIGEST],
    )
    return _counted(wanted, rows.values_list("reports", "state"))


def _counted(wanted: frozenset[int], rows: Iterable[tuple[list[int], str]]) -> Ends:
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for numbers, state in rows:
        for number in wanted.intersection(numbers):
            found[number][state] += 1
    return found


def in_words(report: Report, ends: Ends) -> str:
    """One or two sentences."""
    if report.outcome != Outcome.PLANNED:
        return _ENDS.get(report.outcome, "")
    counted = ends.get(report.pk)
    return _of_messages(counted) if counted else _NOT_KNOWN


def _of_messages(counted: Mapping[str, int]) -> str:
    waiting = counted.get(DeliveryState.WAITING, 0) + counted.get(DeliveryState.SENDING, 0)
    said = (
        ("Mailed to {}.", counted.get(DeliveryState.SENT, 0)),
        ("Waits to be mailed to {}.", waiting),
        ("Refused by the mail server of {}.", counted.get(DeliveryState.FAILED, 0)),
        ("Not mailed to {} who left in between.", counted.get(DeliveryState.DROPPED, 0)),
    )
    return " ".join(text.format(_addresses(count)) for text, count in said if count)


def _addresses(count: int) -> str:
    return "one address" if count == 1 else f"{count} addresses"
