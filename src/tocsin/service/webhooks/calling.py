"""Making a call: signed, to no private address, again and again until it is taken or given up."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from tocsin.model.errors import TransientError
from tocsin.service import clock, installation
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.models import Recall, RecalledReport, Report
from tocsin.service.delivery.recalled import recalled_of
from tocsin.service.delivery.shown import KEPT_BACK
from tocsin.service.delivery.standing import Share, Standing, is_valid
from tocsin.service.delivery.theirs import standing_of
from tocsin.service.letters.write import write
from tocsin.service.subscribers.changes.telling import admins_of
from tocsin.service.subscribers.models import MailingList
from tocsin.service.texts import harmless
from tocsin.service.verification.guarded_http import GuardedHttp
from tocsin.service.verification.registry import RegistryUnreachable
from tocsin.service.webhooks.announcing import is_told
from tocsin.service.webhooks.hooks import set_state
from tocsin.service.webhooks.models import Call, HookCall, HookState, Webhook
from tocsin.service.webhooks.signing import headers
from tocsin.service.work.worker import Payload, Work

OFF_AFTER = dt.timedelta(days=5)
"""A web-hook that has failed for so long is put off."""

_SECONDS = 10.0
_MOST_BYTES = 64 << 10
_MOST_EVENTS = 10_000
"""Events that a call about a recall names."""

_NO_ANSWER = "no answer: "
_SYSTEM = Actor.system("web-hooks")


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a call: its state, and in words."""

    state: Call
    said: str


def _outer(payload: Payload) -> Done:
    call = _call(payload)
    if call.state != Call.WAITING:
        return Done(Call(call.state), call.said)
    body = _body(call, clock.now())
    if body is None:
        return Done(Call.DROPPED, "it may not be told any more")
    if _is_silent(call):
        raise _not_taken("waits for an earlier call, which got no answer")
    return _post(call, body)


def _is_silent(call: HookCall) -> bool:
    """Whether an earlier call got no answer: one at a time is enough to see whether there is one.

    Each takes its seconds, and other work waits behind it.
    """
    earlier = HookCall.objects.filter(
        webhook=call.webhook_id, state=Call.WAITING, pk__lt=call.pk, said__startswith=_NO_ANSWER
    )
    return earlier.exists()


def _post(call: HookCall, body: bytes) -> Done:
    http = GuardedHttp(
        loopback_allowed=installation.configuration().proof.loopback_allowed,
        seconds=_SECONDS,
        most_bytes=_MOST_BYTES,
    )
    said = headers(call.webhook, call.key, body, clock.now())
    try:
        answer = http.send(call.webhook.url, body, said)
    except RegistryUnreachable as error:
        raise _not_taken(f"{_NO_ANSWER}{error.what}") from error
    if not 200 <= answer.status < 300:
        raise _not_taken(f"answered with status {answer.status}")
    return Done(Call.SENT, f"status {answer.status}")


def _body(call: HookCall, now: dt.datetime) -> bytes | None:
    """What is told; None if it is not to be told any more."""
    hook = call.webhook
    if hook.state != HookState.ACTIVE:
        return None
    said: dict[str, object] = {"event": "test", "organisation": hook.organisation.slug}
    if call.report is not None:
        found = _standing(call.report, hook, now)
        if found is None:
            return None
        said |= {"event": "report", "report": _report(call.report, *found)}
        if call.recall is not None:
            taken_back = _recall(call.report, call.recall, found[1])
            if taken_back is None:
                return None
            said |= {"event": "recall", "recall": taken_back}
    return json.dumps(said, separators=(",", ":")).encode()


def _standing(
    report: Report, hook: Webhook, now: dt.datetime
) -> tuple[MailingList, Standing] | None:
    lists = MailingList.objects.filter(pk=report.list, organisation=hook.organisation_id)
    mailing_list = lists.select_related("organisation").first()
    if report.outcome in KEPT_BACK or mailing_list is None or not is_valid(mailing_list, now):
        return None
    if not is_told(mailing_list):
        return None
    standing = standing_of([report], {report.list: mailing_list}, now).get(report.pk)
    return (mailing_list, standing) if standing is not None else None


def _report(report: Report, mailing_list: MailingList, standing: Standing) -> dict[str, object]:
    address = installation.configuration().service.address
    whole = standing.share is Share.WHOLE
    return {
        "id": report.file,
        "day": report.day.isoformat(),
        "type": report.report_type,
        "list": str(mailing_list),
        "delayed": report.delayed,
        "rows": report.rows if whole else None,
        "bytes": report.bytes if standing.is_as_made else None,
        "sha256": report.sha256 if standing.is_as_made else None,
        "url": f"{address}/api/v1/reports/{report.file}",
    }


def _recall(report: Report, recall: Recall, standing: Standing) -> dict[str, object] | None:
    """Which events are taken back; None if none of them is the list's any more."""
    count = RecalledReport.objects.get(recall=recall, report=report).rows
    found = recalled_of(report, standing, recall, count)
    if found is None:
        return None
    return {
        "number": recall.pk,
        "reason": recall.reason,
        "rows": found.rows,
        "events": found.events[:_MOST_EVENTS],
        "more": max(0, found.rows - _MOST_EVENTS),
    }


def _inner(payload: Payload, done: Done, now: dt.datetime) -> None:
    call = _locked(payload)
    if call.state != Call.WAITING:
        return
    _end(call, done.state, done.said, now)
    if done.state == Call.SENT:
        Webhook.objects.filter(pk=call.webhook_id).update(failing_since=None)


def _postponed(payload: Payload, error: str, now: dt.datetime) -> None:
    call = _locked(payload)
    if call.state != Call.WAITING:
        return
    call.failures += 1
    call.said = harmless(error, 300)
    call.save(update_fields=["failures", "said"])
    _has_failed(call, now)


def _given_up(payload: Payload, error: str, now: dt.datetime) -> None:
    call = _locked(payload)
    if call.state != Call.WAITING:
        return
    call.failures += 1
    _end(call, Call.FAILED, error, now)
    _has_failed(call, now)


def _has_failed(call: HookCall, now: dt.datetime) -> None:
    """Remember since when it fails; put it off when that is too long, and tell its admins."""
    hook = Webhook.objects.select_for_update().get(pk=call.webhook_id)
    if hook.failing_since is None:
        hook.failing_since = now
        hook.save(update_fields=["failing_since"])
    if hook.state != HookState.ACTIVE or now - hook.failing_since < OFF_AFTER:
        return
    since = hook.failing_since
    set_state(hook, HookState.OFF, "webhook.off", _SYSTEM, now)
    for contact in admins_of(hook.organisation):
        write(
            "webhook_off",
            contact.address,
            f"webhook_off {hook.pk} {since.isoformat()} {contact.pk}",
            {
                "name": contact.full_name,
                "organisation": hook.organisation.name,
                "url": hook.url,
                "since": f"{since:%Y-%m-%d %H:%M} UTC",
                "said": call.said,
                "portal": f"{installation.configuration().service.address}"
                f"/organisations/{hook.organisation.slug}/webhooks",
            },
            now,
            organisation=hook.organisation_id,
        )


def _end(call: HookCall, state: Call, said: str, now: dt.datetime) -> None:
    call.state, call.said, call.ended_at = state, harmless(said, 300), now
    call.save(update_fields=["state", "said", "ended_at", "failures"])


def _call(payload: Payload) -> HookCall:
    rows = HookCall.objects.select_related("webhook__organisation", "report__night", "recall")
    return rows.get(pk=payload["call"])


def _locked(payload: Payload) -> HookCall:
    return HookCall.objects.select_for_update().get(pk=payload["call"])


def _not_taken(what: str) -> TransientError:
    # Its words are what the page shows: the place stands beside them.
    return TransientError(what)


POSTING = Work(_outer, _inner, _postponed, _given_up)
