"""What the night withholds, on the word of a person: the cases that are in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set
from typing import Any

from tocsin.catalogue.entries import Catalogue
from tocsin.service.subscribers.models import Case, CaseState


def said_suppressions(lists: Set[int], catalogue: Catalogue) -> list[dict[str, Any]]:
    """In the form of the lists file, for those of the lists that are in it, by number."""
    cases = Case.objects.filter(state=CaseState.IN_FORCE).prefetch_related("lists").order_by("pk")
    said = []
    for case in cases.iterator(2_000):
        theirs = sorted({each.pk for each in case.lists.all()} & lists)
        gone = case.report_type and catalogue.report_type(case.report_type) is None
        if theirs and not gone:
            said.append(_suppression(case, theirs))
    return said


def _suppression(case: Case, lists: list[int]) -> dict[str, Any]:
    moment = "until" if case.kind == "false_positive" else "before"
    said: dict[str, Any] = {
        "id": suppression_id(case.pk),
        "lists": lists,
        "address": case.address,
        "kind": case.kind,
        moment: _moment(case.moment),
        "reason": printable(case.reason),
    }
    optional = {"report_type": case.report_type, "rule": case.rule, "port": case.port}
    return said | {name: value for name, value in optional.items() if value not in ("", None)}


def suppression_id(case: int) -> str:
    """Under which id a run counts what a case has hidden."""
    return f"case-{case}"


def printable(text: str) -> str:
    """One line of characters that the lists file takes."""
    if text.isprintable():
        return " ".join(text.split())
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
