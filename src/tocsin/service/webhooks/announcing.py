"""Which calls are made: one for each report that may go out and each web-hook, and for a recall."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from tocsin.service.delivery.models import Outcome, Recall, RecalledReport, Report
from tocsin.service.subscribers.models import ListMode, MailingList
from tocsin.service.webhooks.hooks import POST
from tocsin.service.webhooks.models import Call, HookCall, HookState, Webhook
from tocsin.service.work.queue import enqueue

TOLD = (Outcome.PLANNED, Outcome.NOBODY)
"""Looked over and let go. A list without recipients may have a program that is told: the report is
theirs by portal and API as any other. Of no other end is there anything to be had or sent."""


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
    for mailing_list, reports in let_go:
        if not is_told(mailing_list):
            continue
        for hook in hooks.get(mailing_list.organisation_id, ()):
            for report in reports:
                key = f"report {report.pk} {hook.pk}"
                _call(key, now, webhook=hook, report=report)


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
    calls = 0
    for each in told.select_related("webhook", "report").order_by("pk"):
        key = f"recall {recall.pk} {each.report_id} {each.webhook_id}"
        _call(key, now, webhook=each.webhook, report=each.report, recall=recall)
        calls += 1
    return calls


def _call(key: str, now: dt.datetime, **fields: Webhook | Report | Recall | None) -> None:
    call, _ = HookCall.objects.get_or_create(key=key, defaults={**fields, "made_at": now})
    enqueue(POST, key, {"call": call.pk}, now)
