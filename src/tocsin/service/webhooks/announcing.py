"""Which calls are made: one for each report that may go out and each web-hook, and for a recall."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from tocsin.service.delivery.models import Outcome, Recall, RecalledReport, Report
from tocsin.service.subscribers.models import ListMode, MailingList
from tocsin.service.webhooks.hooks import POST
from tocsin.service.webhooks.models import Call, HookCall, HookState, Webhook
from tocsin.service.work.queue import enqueue_many

TOLD = (Outcome.PLANNED, Outcome.NOBODY)
"""Looked over and let go. A list without recipients may have a program that is told: the report is
theirs by portal and API as any other. Of no other end is there anything to be had or sent."""

_AT_ONCE = 500


def is_told(mailing_list: MailingList) -> bool:
    """Whether programs are told of a list: not while all of it goes to nobody, or to one tester."""
    return mailing_list.mode == ListMode.LIVE


def announce(let_go: Sequence[tuple[MailingList, Sequence[Report]]], now: dt.datetime) -> None:
    """Ask for the calls about reports of lists. In the caller's transaction; again does nothing."""
    organisations = {each.organisation_id for each, _ in let_go}
    hooks: dict[int, list[Webhook]] = defaultdict(list)
    active = Webhook.objects.filter(organisation__in=organisations, state=HookState.ACTIVE)
    for hook in active:
        hooks[hook.organisation_id].append(hook)
    calls = [
        HookCall(key=f"report {report.pk} {hook.pk}", webhook=hook, report=report, made_at=now)
        for mailing_list, reports in let_go
        if is_told(mailing_list)
        for hook in hooks.get(mailing_list.organisation_id, ())
        for report in reports
    ]
    _ask_for(calls, now)


def announce_recall(recall: Recall, now: dt.datetime) -> int:
    """Ask for calls about a recall, to web-hooks that were told of its reports; how many.

    In the caller's transaction; again does nothing.
    """
    told = HookCall.objects.filter(
        report__in=RecalledReport.objects.filter(recall=recall).values("report"),
        recall=None,
        state=Call.SENT,
        webhook__state=HookState.ACTIVE,
    )
    calls = [
        HookCall(
            key=f"recall {recall.pk} {report} {hook}",
            webhook_id=hook,
            report_id=report,
            recall=recall,
            made_at=now,
        )
        for report, hook in told.order_by("pk").values_list("report", "webhook")
    ]
    _ask_for(calls, now)
    return len(calls)


def _ask_for(calls: Sequence[HookCall], now: dt.datetime) -> None:
    for begin in range(0, len(calls), _AT_ONCE):
        some = calls[begin : begin + _AT_ONCE]
        HookCall.objects.bulk_create(some, ignore_conflicts=True)
        told = HookCall.objects.filter(key__in=[each.key for each in some]).order_by("pk")
        enqueue_many(POST, {key: {"call": pk} for pk, key in told.values_list("pk", "key")}, now)
