"""Which calls a night makes: one for each report that may go out, and each web-hook."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from tocsin.service.delivery.models import Outcome, Report
from tocsin.service.subscribers.models import ListMode, MailingList
from tocsin.service.webhooks.hooks import POST
from tocsin.service.webhooks.models import HookCall, HookState, Webhook
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
                _announce(hook, report, now)


def _announce(hook: Webhook, report: Report, now: dt.datetime) -> None:
    key = f"report {report.pk} {hook.pk}"
    call, _ = HookCall.objects.get_or_create(
        key=key, defaults={"webhook": hook, "report": report, "made_at": now}
    )
    enqueue(POST, key, {"call": call.pk}, now)
